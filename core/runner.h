/* runner.h - one pipeline, run once to its end. */
#ifndef CORE_RUNNER_H
#define CORE_RUNNER_H

#include <stdbool.h>
#include <stdint.h>

#include "pipeline.h"
#include "registry.h"
#include "stop.h"

struct inbox_feed;
struct run_report;
struct doubt_reasons;

struct runner_settings {
    const char *state_dir;
    struct registry *registry;
    uint64_t limit;      /* records at most; 0: all */
    bool repeat;         /* order again what was ordered, however long ago */
    bool retry_rejected; /* and what was refused */
    bool now;            /* ask about every order, however lately it was asked about */
    bool yes;            /* spend without asking */
    bool store_changed;  /* another store than before is meant */
    bool json;           /* NDJSON on stdout */
    bool quiet;
    bool progress;
    const char *source_name;   /* of what is read, where the source gives none; NULL: none */
    bool commit_once;          /* only at the end; not where money is spent */
    bool service;              /* of a service: it isn't news that there was nothing to do */
    bool *stores_said;         /* which stores it writes to; set with that. NULL: each run says it */
    struct stop *stop;         /* how it is told to end */
    struct run_report *report; /* for others to watch; NULL: nobody does */
    /* What was said of orders in doubt by the runs before this one; NULL: this one says no reasons. */
    struct doubt_reasons *reasons;
    struct inbox_feed *feed; /* in place of a source that people send to; NULL: there is none */
};

/* The exit code; or a negative failure (before anything was sent) whose message is in `error`. */
int runner_run(const struct pipeline *pipeline, const struct runner_settings *settings, sluice_error *error);

/* What that run would order, skip, refuse and cost, on standard output. Sends nothing that costs money
 * (dry_run.h, for the rest of the process), begins no run, changes no ledger. */
int runner_plan(const struct pipeline *pipeline, const struct runner_settings *settings, sluice_error *error);

#endif
