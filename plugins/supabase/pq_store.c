/* `store check` and `store init` over libpq. */
#include <stdlib.h>

#include "digest.h"
#include "inspect.h"
#include "options.h"
#include "pq_sink.h"
#include "script.h"
#include "table.h"
#include "way.h"

int32_t pq_store_script(void *instance, sluice_text *script, sluice_error *error) {
    struct pq_parts parts = pq_sink_parts(instance);
    sql_clear(parts.script);
    script_write(parts.script, parts.table);
    if (parts.script->failed)
        return parts.connection->host->fail(error, SLUICE_E_IO, "out of memory");
    *script = (sluice_text){parts.script->text, parts.script->length};
    return 0;
}

static int32_t store_check(void *instance, sluice_error *error) {
    struct pq_parts parts = pq_sink_parts(instance);
    struct sql history = {0};
    int failed = connection_open(parts.connection, error);
    script_history_name(&history, parts.table);
    if (!failed && history.failed)
        failed = parts.connection->host->fail(error, SLUICE_E_IO, "out of memory");
    if (!failed)
        failed = inspect_orders(parts.connection, parts.table, history.text, error);
    sql_free(&history);
    return failed;
}

/* The script is a transaction of its own: after a failure the connection is given up with it. */
static int32_t store_init(void *instance, sluice_error *error) {
    struct pq_parts parts = pq_sink_parts(instance);
    sluice_text script;
    char *table = table_name(parts.table);
    int failed = table ? connection_open(parts.connection, error)
                       : parts.connection->host->fail(error, SLUICE_E_IO, "out of memory");
    if (!failed)
        failed = inspect_twins(parts.connection, table, error);
    if (!failed)
        failed = pq_store_script(instance, &script, error);
    if (!failed)
        failed = connection_run(parts.connection, script.ptr, error);
    if (failed)
        connection_close(parts.connection);
    free(table);
    return failed;
}

/* Of either way in: it needs no database. */
static int32_t store_script(void *instance, sluice_text *script, sluice_error *error) {
    return ((struct way *)instance)->script(instance, script, error);
}

static int32_t store_digest(void *instance, sluice_texts names, uint64_t *rows, uint64_t *sum,
                            sluice_error *error) {
    struct pq_parts parts = pq_sink_parts(instance);
    struct table table = {.name = table_name(parts.table)};
    int failed = table.name ? connection_open(parts.connection, error)
                            : parts.connection->host->fail(error, SLUICE_E_IO, "out of memory");
    if (!failed)
        failed = digest_table(parts.connection, &table, names, rows, sum, error);
    table_free(&table);
    free(table.name);
    return failed;
}

const sluice_store store_callbacks = {
    .size = sizeof(sluice_store),
    .check = store_check,
    .init = store_init,
    .script = store_script,
    .digest = store_digest,
};
