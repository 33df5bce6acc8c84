/* service.h - several pipelines in one process, each run when its trigger says so.
 *
 * One thread waits for times, signals and the ends of runs, and starts each run in a thread of its own. What
 * happens to one pipeline never reaches another. */
#ifndef CORE_SERVICE_H
#define CORE_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "listen.h"
#include "registry.h"
#include "vars.h"

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
};

/* Until SIGTERM or SIGINT: 0 when everything has ended by then, 75 when something hadn't. Wrong files: the
 * exit code, after they were complained about. Or a negative failure with its message in `error`. */
int service_run(const struct service_settings *settings, sluice_error *error);

#endif
