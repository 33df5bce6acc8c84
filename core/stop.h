/* stop.h - how a run is told to end: take in no more, wait for what is in flight.
 *
 * A process has one set of signals and perhaps several runs. So no run handles a signal: a command does, and
 * tells its runs through one of these. */
#ifndef CORE_STOP_H
#define CORE_STOP_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "error.h"

struct stop {
    atomic_bool wanted; /* any thread may look: give up pauses and attempts */
    int fd;             /* readable: stop_heard wants to be called; -1: never */
    bool signals;
};

/* Of the only run of a process: SIGINT, SIGTERM and SIGHUP. Until stop_arm they do what they do to any
 * program; those that the caller had ignored stay ignored. */
void stop_on_signals(struct stop *stop);
/* Of one run among several: whoever handles the signals calls stop_wish. */
int stop_on_wish(struct stop *stop, sluice_error *error);
void stop_wish(struct stop *stop); /* any thread */

/* The run is about to start its threads, which must not get the signals. */
int stop_arm(struct stop *stop, sluice_error *error);
/* Take note of what made `fd` readable. The second signal ends the process at once, with 128 + its number. */
void stop_heard(struct stop *stop);
void stop_close(struct stop *stop);

/* Those of the three that weren't ignored when the program began. */
sigset_t stop_signals(void);

#endif
