#include "aside.h"

#include <stdio.h>
#include <string.h>

#include "header.h"

enum { FILES_MOST = 100 };

/* DIR/NAME-2.csv for DIR/NAME.csv; empty: too long. `out` has room for PATH_MAX. */
static sluice_text name_number(const char *path, unsigned number, char *out) {
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    if (!dot || dot == path || (slash && dot <= slash + 1))
        dot = path + strlen(path);
    int n = snprintf(out, PATH_MAX, "%.*s-%u%s", (int)(dot - path), path, number, dot);
    return (sluice_text){out, n > 0 && n < PATH_MAX ? (uint64_t)n : 0};
}

static int32_t turn_to(struct target *target, sluice_text path, sluice_error *error) {
    const sluice_host *host = target->host;
    sluice_self *self = target->self;
    enum target_mode mode = target->mode;
    target_close(target);
    int32_t rc = target_init(target, host, self, path, mode, error);
    return rc ? rc : target_open(target, error);
}

int32_t aside_open(struct target *target, const char *first, const char *what, struct tail *tail,
                   struct layout *layout, struct writer *writer, sluice_error *error) {
    char path[PATH_MAX];
    int32_t rc = SLUICE_E_CONFIG;
    for (unsigned number = 2; rc == SLUICE_E_CONFIG && number < FILES_MOST; number++) {
        tail_free(tail);
        rc = turn_to(target, name_number(first, number, path), error);
        if (rc == 0)
            rc = tail_load(tail, target, writer->delimiter, error);
        if (rc == 0 && target->length > 0)
            rc = header_check(target, layout, writer, error);
    }
    if (rc == 0)
        target->host->log(target->self, SLUICE_LOG_WARN,
                          "%s: its columns are not those of the %s now; they go to %s", first, what,
                          target->path);
    return rc;
}
