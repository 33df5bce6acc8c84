#include "runner_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "run_stores.h"
#include "text.h"

void runner_say_stores(const struct runner *runner) {
    bool *said = runner->settings->stores_said;
    if (!said || !*said)
        run_stores_say(&runner->run);
    if (said)
        *said = true;
}

/* The stores of a pipeline as the ledger remembers them: a line each, in alphabetical order. */
enum { STORES_MOST = 16384 };

/* Those of this run. */
static void write_stores(const struct run *run, char *out, size_t room) {
    const char *names[PIPELINE_LIST_MOST];
    size_t count = run_stores(run, names), used = 0;
    out[0] = 0;
    for (size_t i = 0; i < count && used < room; i++)
        used += (size_t)snprintf(out + used, room - used, "%s%s", i ? "\n" : "", names[i]);
}

static bool has_line(const char *lines, const char *line, size_t length) {
    for (const char *at = lines; *at; at += strcspn(at, "\n"), at += *at == '\n')
        if (strcspn(at, "\n") == length && memcmp(at, line, length) == 0)
            return true;
    return false;
}

/* The first of `before` that isn't among `now`; NULL: all are. */
static const char *missing(const char *before, const char *now, size_t *length) {
    for (const char *at = before; *at; at += *length, at += *at == '\n') {
        *length = strcspn(at, "\n");
        if (!has_line(now, at, *length))
            return at;
    }
    return NULL;
}

/* NULL: no memory. */
static char *setting_name(const struct runner *runner) {
    char *name;
    return asprintf(&name, "store of %s", runner->pipeline->name) < 0 ? NULL : name;
}

/* One more store is no other store: the orders go on being kept where they were. */
int runner_check_store(struct runner *runner, sluice_error *error) {
    char *name = setting_name(runner), *before = malloc(STORES_MOST), *now = malloc(STORES_MOST);
    const char *gone = NULL, *pipeline = runner->pipeline->name;
    size_t length = 0;
    int failed = name && before && now ? ledger_setting(runner->ledger, name, before, STORES_MOST, error)
                                       : fail_memory(error);
    if (!failed) {
        write_stores(&runner->run, now, STORES_MOST);
        gone = missing(before, now, &length);
    }
    if (gone && runner->settings->store_changed)
        log_line(SLUICE_LOG_WARN, pipeline,
                 "%.*s is no longer written; orders that were placed before are there, and aren't ordered or "
                 "stored again: 'sluice store copy FROM TO' takes them into another store",
                 (int)length, gone);
    else if (gone)
        failed = fail(error, SLUICE_E_CONFIG,
                      "the orders of '%s' have been kept in %.*s, and this run would write %s instead, where "
                      "those aren't; name the old one again, or add --store-changed if this is meant",
                      pipeline, (int)length, gone, *now ? now : "no store");
    free(name);
    free(before);
    free(now);
    return failed;
}

/* Once the run is on its way, so that one that came to nothing leaves no trace. */
int runner_remember_store(struct runner *runner, sluice_error *error) {
    char *name = setting_name(runner), *now = malloc(STORES_MOST);
    int failed = name && now ? ledger_begin(runner->ledger, error) : fail_memory(error);
    if (!failed) {
        write_stores(&runner->run, now, STORES_MOST);
        failed = ledger_set(runner->ledger, name, now, error);
        if (failed)
            ledger_rollback(runner->ledger);
        else
            failed = ledger_commit(runner->ledger, error);
    }
    free(name);
    free(now);
    return failed;
}
