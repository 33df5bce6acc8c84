/* service.h - several pipelines in one process, each run when its trigger says so.
 *
 * One thread waits for times, signals and the ends of runs, and starts each run in a thread of its own. What
 * happens to one pipeline never reaches another. */
#ifndef CORE_SERVICE_H
#define CORE_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include <sluice/query.h>

#include "listen.h"
#include "registry.h"
#include "vars.h"

struct clerk;
struct job;
struct pipeline;
struct service_look;
struct ticker;

/* For whom a clerk works. All of it lives longer than the clerk. */
struct clerk_post {
    void *user; /* of the settings */
    const struct pipeline *pipeline;
    const char *state_dir;
    struct ticker *ticker; /* is told when something is done */
    struct job *job;
    void (*look)(struct job *job, struct service_look *out);
};

/* Who answers what a push source asks beyond its own jobs, and does what it wants done: one for each pipeline
 * of that kind, from before it listens until nobody asks any more. */
struct service_clerk {
    int (*open)(const struct clerk_post *post, struct clerk **out, sluice_error *error);
    int (*query)(struct clerk *clerk, const sluice_query *asked, sluice_each_row *each, void *user,
                 sluice_error *error);
    int (*act)(struct clerk *clerk, const sluice_act *asked, sluice_acted *out, sluice_error *error);
    void (*stop)(struct clerk *clerk); /* whatever waits gives up */
    void (*close)(struct clerk *clerk);
};

struct service_settings {
    const char *const *files;
    size_t file_count;
    /* The variables as they are now; read anew at each reload. */
    int (*read_vars)(void *user, struct vars *out, sluice_error *error);
    void *user;
    struct registry *registry;
    const char *state_dir;
    const struct listen_address *listen; /* NULL: nowhere */
    int64_t drain_ms;                    /* at the end, calls in flight are waited for so long */
    bool yes, quiet, color;
    const struct service_clerk *clerk;
};

/* Until SIGTERM or SIGINT: 0 when everything has ended by then, 75 when something hadn't. Wrong files: the
 * exit code, after they were complained about. Or a negative failure with its message in `error`. */
int service_run(const struct service_settings *settings, sluice_error *error);

#endif
