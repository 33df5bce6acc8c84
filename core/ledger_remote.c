#include "ledger_remote.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lease.h"
#include "pg_bytes.h"
#include "text.h"
#include "utf8.h"

/* ---- queries ------------------------------------------------------------------------------- */

static struct query *make(enum ledger_statement which) {
    struct query *query = calloc(1, sizeof *query);
    if (query)
        query->which = which;
    return query;
}

int remote_statement(struct remote *remote, enum ledger_statement which, struct query **out,
                     sluice_error *error) {
    struct query **slot = &remote->kept[which];
    if (!*slot && (*slot = make(which)))
        (*slot)->command.sql = remote_statements[which].sql;
    *out = *slot;
    return *slot ? 0 : fail_memory(error);
}

int remote_query(struct remote *remote, const char *sql, struct query **out, sluice_error *error) {
    struct query *query = make(STATEMENT_COUNT);
    (void)remote;
    if (query && (query->sql = strdup(sql))) {
        query->command.sql = query->sql;
        *out = query;
        return 0;
    }
    free(query);
    return fail_memory(error);
}

static void free_blobs(struct query *query) {
    for (unsigned i = 0; i < query->blob_count; i++)
        free(query->blobs[i]);
    query->blob_count = 0;
}

static void clear_values(struct query *query) {
    for (int i = 0; i < query->command.count; i++) {
        free(query->copies[i]);
        query->copies[i] = NULL;
        query->command.values[i] = NULL;
        query->command.binary[i] = 0;
    }
    query->command.count = 0;
}

void remote_reset(struct remote *remote, struct query *query) {
    free_blobs(query);
    if (query->result && !query->shared)
        remote->link.pq->PQclear(query->result);
    query->result = NULL;
    query->shared = query->stepped = false;
    query->columns = NULL;
    clear_values(query);
}

void remote_query_end(struct remote *remote, struct query *query) {
    if (!query)
        return;
    remote_reset(remote, query);
    free(query->sql);
    free(query);
}

/* ---- values -------------------------------------------------------------------------------- */

static void put(struct query *query, int at, const char *value, size_t size, bool binary) {
    struct pg_command *command = &query->command;
    if (command->count < at)
        command->count = at;
    command->values[at - 1] = value;
    command->lengths[at - 1] = (int)size;
    command->binary[at - 1] = binary;
}

void remote_bind_int(struct query *query, int at, int64_t value) {
    char *number = query->numbers[at - 1];
    put(query, at, number, (size_t)snprintf(number, sizeof query->numbers[0], "%" PRId64, value), false);
}

/* Postgres keeps only text that is text: what a provider sent may be anything. */
static void make_text(char *text, size_t length) {
    size_t at = 0;
    for (size_t i = 0; i < length; i++)
        if (!text[i])
            text[i] = ' ';
    while ((at += utf8_valid_prefix((sluice_text){text + at, length - at})) < length)
        text[at++] = '?';
}

void remote_bind(struct query *query, int at, sluice_text value, bool binary) {
    char *copy = value.ptr ? malloc(value.len + 1) : NULL;
    if (value.ptr && !copy)
        abort(); /* an outcome that can't be written: the ledger says "sending" to the next run */
    if (copy) {
        memcpy(copy, value.ptr, value.len);
        copy[value.len] = 0;
        if (!binary)
            make_text(copy, value.len);
    }
    free(query->copies[at - 1]);
    query->copies[at - 1] = copy;
    put(query, at, copy, value.len, binary);
}

static int column(const struct query *query, int at) {
    return query->columns ? query->columns[at] : at;
}

bool remote_column_null(struct remote *remote, struct query *query, int at) {
    return !query->result || remote->link.pq->PQgetisnull(query->result, query->row, column(query, at));
}

int64_t remote_column_int(struct remote *remote, struct query *query, int at) {
    return pg_link_int(&remote->link, query->result, query->row, column(query, at));
}

const char *remote_column_string(struct remote *remote, struct query *query, int at) {
    return remote_column_null(remote, query, at)
               ? NULL
               : remote->link.pq->PQgetvalue(query->result, query->row, column(query, at));
}

const void *remote_column_blob(struct remote *remote, struct query *query, int at, size_t *size) {
    const char *text = remote_column_string(remote, query, at);
    *size = 0;
    if (!text || query->blob_count == sizeof query->blobs / sizeof *query->blobs)
        return NULL;
    uint8_t *bytes = malloc(strlen(text) + 1);
    if (!bytes)
        abort(); /* a record that seems empty would be delivered as such */
    *size = pg_bytes_read(text, bytes);
    query->blobs[query->blob_count++] = bytes;
    return bytes;
}

/* ---- asking -------------------------------------------------------------------------------- */

/* Within a transaction a connection that was lost isn't made anew: what was written before is gone. */
static int ask(struct remote *remote, struct query *query, sluice_error *error) {
    int failed = remote->open ? 0 : pg_link_connect(&remote->link, REMOTE_CONNECT_MS, error);
    if (!failed)
        failed = pg_link_ask(&remote->link, &query->command, &query->result, error);
    if (failed)
        return failed;
    query->end = query->result ? remote->link.pq->PQntuples(query->result) : 0;
    if (remote->open && query->which < STATEMENT_COUNT &&
        remote_statements[query->which].kind == REMOTE_AGAIN)
        remote_remember(remote, query);
    return 0;
}

static int write_later(struct remote *remote, struct query *query, const char *sql, sluice_error *error) {
    struct pg_command command = query->command;
    command.sql = sql;
    query->end = 0;
    return pg_link_send(&remote->link, &command, NULL, error);
}

/* A new order: when it was asked beforehand whether the key has one, nobody needs to wait for the answer. Its
 * parameters 1 and 16 are key and generation. */
static int add_order(struct remote *remote, struct query *query, sluice_error *error) {
    int known =
        remote_ahead_knows(remote, query->command.values[0], strtoll(query->command.values[15], NULL, 10));
    remote->changed = known == 0;
    if (known > 0)
        return 0;
    if (known == 0)
        return write_later(remote, query, remote_statements[query->which].sure, error);
    int failed = ask(remote, query, error);
    remote->changed = failed ? 0 : query->end;
    query->row = query->end; /* nobody wants to read it */
    return failed;
}

static int start(struct remote *remote, struct query *query, sluice_error *error) {
    enum ledger_statement which = query->which;
    enum remote_kind kind = which < STATEMENT_COUNT ? remote_statements[which].kind : REMOTE_ASK;
    struct remote_memo *memo = NULL;
    query->stepped = true;
    query->row = query->end = 0;
    remote->changed = 1;
    if (which == STATEMENT_ORDER_ADD)
        return add_order(remote, query, error);
    remote_wrote(remote, query);
    if (kind == REMOTE_WRITE)
        return write_later(remote, query, query->command.sql, error);
    if (remote_ahead_answer(remote, query))
        return 0;
    if (kind == REMOTE_AGAIN && (memo = remote_recall(remote, query))) {
        query->result = memo->result;
        query->shared = true;
        query->end = remote->link.pq->PQntuples(query->result);
        return 0;
    }
    return ask(remote, query, error);
}

int remote_step(struct remote *remote, struct query *query, sluice_error *error) {
    int failed = 0;
    if (query->stepped)
        query->row++;
    else
        failed = start(remote, query, error);
    free_blobs(query);
    if (!failed && query->row < query->end) {
        if (query->row == 0)
            remote->last_id = remote_column_int(remote, query, 0);
        return 1;
    }
    remote_reset(remote, query);
    return failed;
}

/* A statement that says which row it has changed; none: somebody else has what it wants. Parameter 5 of the
 * one that places an order is its order id. */
int remote_execute_unique(struct remote *remote, struct query *query, sluice_error *error) {
    int failed;
    if (query->which == STATEMENT_ORDER_PLACE && remote_ahead_free_id(remote, query->command.values[4])) {
        remote_wrote(remote, query);
        failed = write_later(remote, query, remote_statements[query->which].sure, error);
        remote_reset(remote, query);
        return failed;
    }
    failed = ask(remote, query, error);
    bool taken = !failed && !query->end;
    if (!failed && !taken)
        remote_wrote(remote, query);
    remote_reset(remote, query);
    return failed ? failed : taken;
}

/* ---- opening ------------------------------------------------------------------------------- */

int remote_open(struct ledger *ledger, const struct ledger_site *site, bool writable, struct remote **out,
                sluice_error *error) {
    struct remote *remote = calloc(1, sizeof *remote);
    if (!remote || !(remote->uri = strdup(site->uri))) {
        free(remote);
        return fail_memory(error);
    }
    remote->ledger = ledger;
    remote->lease_ms = site->lease_ms ? site->lease_ms : LEASE_MS;
    *out = remote;
    int failed = pg_link_init(&remote->link, remote->uri, error);
    if (site->answer_ms)
        remote->link.answer_ms = site->answer_ms;
    if (!failed)
        failed = pg_link_connect(&remote->link, REMOTE_CONNECT_MS, error);
    if (!failed)
        failed = remote_check_schema(remote, writable, error);
    return failed ? failed : remote_check_age(remote, error);
}

void remote_close(struct remote *remote) {
    if (!remote)
        return;
    remote_run_ended(remote);
    remote_rollback(remote);
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        remote_query_end(remote, remote->kept[i]);
    remote_ahead_free(remote);
    for (size_t i = 0; i < REMOTE_MEMOS; i++)
        free(remote->memos[i].texts);
    if (remote->link.pq)
        pg_link_close(&remote->link);
    explicit_bzero(remote->uri, strlen(remote->uri));
    free(remote->uri);
    free(remote);
}
