/* sandbox.h - a local server that speaks a provider's protocol: the sandbox component of a plugin, hosted
 * on loopback by libmicrohttpd, with faults and books.
 *
 * One thread does everything, so the component is never entered twice at once; replies that have to wait
 * are suspended connections. Any number of sandboxes may run in a process. */
#ifndef CORE_SANDBOX_H
#define CORE_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sluice/plugin.h>

#include "error.h"
#include "fault.h"
#include "money.h"
#include "stand_in.h"

struct sandbox;

struct sandbox_settings {
    const sluice_component *type; /* of kind SLUICE_SANDBOX */
    const void *config;           /* its options; valid until sandbox_stop */
    const char *provider;         /* the plugin's name */
    bool ipv6;                    /* ::1 instead of 127.0.0.1 */
    uint16_t port;                /* 0: any that is free */
    int64_t latency_ms;           /* from a request to its reply */
    const struct fault *faults;   /* copied; in order of precedence */
    size_t fault_count;
    const char *state_path; /* NULL: the books end with the sandbox */
};

struct sandbox_counts {
    uint64_t requests;
    uint64_t charges;
    uint64_t identifiers;  /* pairs of identifier and service that were charged */
    uint64_t most_charges; /* for one of them; more than 1: somebody paid twice */
    uint64_t repeated;     /* how many of them were charged more than once */
    money amount;
};

/* Returns when it can be reached. */
int sandbox_start(const struct sandbox_settings *settings, struct sandbox **out, sluice_error *error);
/* Without a socket and a thread: only sandbox_ask reaches it. `latency_ms` and what makes it slow change
 * nothing. */
int sandbox_open(const struct sandbox_settings *settings, struct sandbox **out, sluice_error *error);
/* What it would reply, and how the connection would end. Texts in `arena`. Any thread. */
void sandbox_ask(struct sandbox *sandbox, const struct http_request *request, sluice_arena *arena,
                 struct stand_in_reply *out);
const char *sandbox_url(const struct sandbox *sandbox); /* "http://127.0.0.1:PORT" */
/* Readable once the sandbox has ended by itself, because its books can't be kept. */
int sandbox_failed_fd(const struct sandbox *sandbox);
void sandbox_count(struct sandbox *sandbox, struct sandbox_counts *out);
/* The same, and each fault with what it struck, as one line of JSON; malloc'd; NULL: no memory. */
char *sandbox_json(struct sandbox *sandbox);
/* Faults that never struck, by index from 0; NULL: no more. */
const char *sandbox_idle_fault(struct sandbox *sandbox, size_t index);
/* End it and free it. The failure, if there was one, that had ended it before. */
int sandbox_stop(struct sandbox *sandbox, sluice_error *error);

#endif
