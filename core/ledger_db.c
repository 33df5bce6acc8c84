#include "ledger_db.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger_remote.h"
#include "text.h"

/* SQLite's own type of a query. */
static sqlite3_stmt *statement_of(struct query *query) {
    return (sqlite3_stmt *)query;
}

static int prepare(struct ledger *ledger, const char *sql, unsigned flags, struct query **out,
                   sluice_error *error) {
    sqlite3_stmt *statement = NULL;
    int code = ledger->sqlite->sqlite3_prepare_v3(ledger->db, sql, -1, flags, &statement, NULL);
    *out = (struct query *)statement;
    return code ? ledger_fail(ledger, code, error) : 0;
}

int ledger_statement(struct ledger *ledger, enum ledger_statement which, const char *sql, struct query **out,
                     sluice_error *error) {
    struct query **slot = &ledger->statements[which];
    if (ledger->remote)
        return remote_statement(ledger->remote, which, out, error);
    int failed = *slot ? 0 : prepare(ledger, sql, SQLITE_PREPARE_PERSISTENT, slot, error);
    *out = *slot;
    return failed;
}

int ledger_query(struct ledger *ledger, const char *sql, struct query **out, sluice_error *error) {
    return ledger->remote ? remote_query(ledger->remote, sql, out, error)
                          : prepare(ledger, sql, 0, out, error);
}

void ledger_query_end(struct ledger *ledger, struct query *query) {
    if (ledger->remote)
        remote_query_end(ledger->remote, query);
    else
        ledger->sqlite->sqlite3_finalize(statement_of(query));
}

/* A bind that failed is told by the step. */
static int step(struct ledger *ledger, struct query *query) {
    int code = ledger->bound ? ledger->bound : ledger->sqlite->sqlite3_step(statement_of(query));
    ledger->bound = 0;
    return code;
}

void ledger_reset(struct ledger *ledger, struct query *query) {
    if (ledger->remote)
        remote_reset(ledger->remote, query);
    else
        ledger->sqlite->sqlite3_reset(statement_of(query));
}

int ledger_step(struct ledger *ledger, struct query *query, sluice_error *error) {
    if (ledger->remote)
        return remote_step(ledger->remote, query, error);
    int code = step(ledger, query);
    if (code == SQLITE_ROW)
        return 1;
    int failed = code == SQLITE_DONE ? 0 : ledger_fail(ledger, code, error);
    ledger_reset(ledger, query);
    return failed;
}

int ledger_execute(struct ledger *ledger, struct query *query, sluice_error *error) {
    int result = ledger_step(ledger, query, error);
    if (result == 1)
        ledger_reset(ledger, query);
    return result < 0 ? result : 0;
}

int ledger_execute_unique(struct ledger *ledger, struct query *query, sluice_error *error) {
    if (ledger->remote)
        return remote_execute_unique(ledger->remote, query, error);
    int code = step(ledger, query);
    bool taken = code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY;
    int failed = taken || code == SQLITE_DONE ? 0 : ledger_fail(ledger, code, error);
    ledger_reset(ledger, query);
    return failed ? failed : taken;
}

int ledger_changed(struct ledger *ledger) {
    return ledger->remote ? ledger->remote->changed : ledger->sqlite->sqlite3_changes(ledger->db);
}

int64_t ledger_last_id(struct ledger *ledger) {
    return ledger->remote ? ledger->remote->last_id : ledger->sqlite->sqlite3_last_insert_rowid(ledger->db);
}

/* Live runs by number and process, for "who has it?". A writer keeps no reader out, an exclusive lock does.
 */
static void name_holders(struct ledger *ledger, char *out, size_t room) {
    struct query *runs;
    size_t used = 0;
    int failed =
        ledger_statement(ledger, STATEMENT_RUN_HOLDERS,
                         "SELECT id, pipeline, pid FROM runs INDEXED BY runs_open WHERE ended_ms IS NULL"
                         " ORDER BY id DESC LIMIT 4",
                         &runs, NULL);
    *out = 0;
    while (!failed && ledger_step(ledger, runs, NULL) == 1 && used < room)
        used += (size_t)snprintf(out + used, room - used, "%srun %" PRId64 " of %s, process %" PRId64,
                                 used ? "; " : "", ledger_column_int(ledger, runs, 0),
                                 ledger_column_string(ledger, runs, 1), ledger_column_int(ledger, runs, 2));
    if (!failed)
        ledger_reset(ledger, runs);
    if (!used)
        snprintf(out, room, "a backup, or a program that looks into the file");
}

/* Naming the holders reads the database that is locked: without waiting, and without asking again who has it.
 */
static int fail_busy(struct ledger *ledger, sluice_error *error) {
    char holders[400];
    int64_t wait_ms = ledger->wait_ms;
    if (!error)
        return SLUICE_E_BUSY;
    ledger->wait_ms = 0;
    name_holders(ledger, holders, sizeof holders);
    ledger->wait_ms = wait_ms;
    return fail(error, SLUICE_E_BUSY,
                "%s has been locked by another process for %" PRId64
                " s (%s); wait for it, or end it, and run this again",
                ledger->path, ledger->wait_ms / 1000, holders);
}

int ledger_fail(struct ledger *ledger, int code, sluice_error *error) {
    const struct sqlite_library *sqlite = ledger->sqlite;
    const char *path = ledger->path;
    int reason = ledger->db ? sqlite->sqlite3_system_errno(ledger->db) : 0;
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return fail_busy(ledger, error);
    case SQLITE_FULL:
        return fail(error, SLUICE_E_IO,
                    "%s can't be written: the disk is full; free some space, then run this again", path);
    case SQLITE_READONLY:
        return fail(error, SLUICE_E_IO,
                    "%s can't be written: it is read-only; make it and its directory writable", path);
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return fail(error, SLUICE_E_IO,
                    "%s can't be opened (%s); the user must be able to write it and its directory", path,
                    reason ? strerror(reason) : sqlite->sqlite3_errstr(code));
    case SQLITE_IOERR:
        if (code == SQLITE_IOERR_NOMEM)
            return fail_memory(error);
        return fail(error, SLUICE_E_IO, "%s can't be read or written: %s (%s); check the disk", path,
                    sqlite->sqlite3_errstr(code), reason ? strerror(reason) : "input/output error");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return fail(error, SLUICE_E_CONFIG,
                    "%s is damaged or no ledger (%s); restore it from a backup, or save what is in it with "
                    "'sqlite3 FILE .recover'; without it orders could be paid twice",
                    path, sqlite->sqlite3_errstr(code));
    case SQLITE_NOMEM:
        return fail_memory(error);
    default:
        return fail(error, SLUICE_E_SOFTWARE, "%s: %s", path,
                    ledger->db ? sqlite->sqlite3_errmsg(ledger->db) : sqlite->sqlite3_errstr(code));
    }
}

int ledger_check_changing(struct ledger *ledger, sluice_error *error) {
    if (ledger->changing && (ledger->remote || !ledger->sqlite->sqlite3_get_autocommit(ledger->db)))
        return 0;
    return fail(error, SLUICE_E_SOFTWARE, "%s: a change outside of a transaction", ledger->path);
}

void ledger_forget(struct ledger *ledger) {
    ledger->pending_count = 0;
    ledger->total_count = 0;
    ledger->account.id = 0;
    ledger->encoded.used = 0;
    ledger->current = false;
    ledger_free_shapes(ledger);
}

uint32_t ledger_data_version(struct ledger *ledger) {
    unsigned version = 0;
    if (ledger->sqlite->sqlite3_file_control(ledger->db, "main", SQLITE_FCNTL_DATA_VERSION, &version))
        ledger->current = false;
    return version;
}

/* ---- values -------------------------------------------------------------------------------- */

static void note(struct ledger *ledger, int code) {
    if (code && !ledger->bound)
        ledger->bound = code;
}

void ledger_bind_int(struct ledger *ledger, struct query *query, int at, int64_t value) {
    if (ledger->remote)
        remote_bind_int(query, at, value);
    else
        note(ledger, ledger->sqlite->sqlite3_bind_int64(statement_of(query), at, value));
}

void ledger_bind_money(struct ledger *ledger, struct query *query, int at, money value) {
    if (value != MONEY_NONE)
        ledger_bind_int(ledger, query, at, value);
    else if (ledger->remote)
        remote_bind(query, at, (sluice_text){NULL, 0}, false);
    else
        note(ledger, ledger->sqlite->sqlite3_bind_null(statement_of(query), at));
}

/* SQLite counts in ints; longer than that is refused before, by the limits of what is stored. */
static int int_of(size_t size) {
    return size > INT32_MAX ? INT32_MAX : (int)size;
}

void ledger_bind_text(struct ledger *ledger, struct query *query, int at, sluice_text value) {
    if (ledger->remote)
        remote_bind(query, at, value, false);
    else
        note(ledger, ledger->sqlite->sqlite3_bind_text(statement_of(query), at, value.ptr, int_of(value.len),
                                                       SQLITE_STATIC));
}

sluice_text ledger_shorten(sluice_text text, uint64_t most) {
    text = text_cut(text, most);
    return text.len ? text : (sluice_text){NULL, 0};
}

void ledger_bind_string(struct ledger *ledger, struct query *query, int at, const char *value) {
    ledger_bind_text(ledger, query, at, text_of(value));
}

void ledger_bind_blob(struct ledger *ledger, struct query *query, int at, const void *bytes, size_t size) {
    if (ledger->remote)
        remote_bind(query, at, (sluice_text){bytes, size}, true);
    else
        note(ledger,
             ledger->sqlite->sqlite3_bind_blob(statement_of(query), at, bytes, int_of(size), SQLITE_STATIC));
}

int64_t ledger_column_int(struct ledger *ledger, struct query *query, int at) {
    return ledger->remote ? remote_column_int(ledger->remote, query, at)
                          : ledger->sqlite->sqlite3_column_int64(statement_of(query), at);
}

static bool is_null(struct ledger *ledger, struct query *query, int at) {
    return ledger->remote ? remote_column_null(ledger->remote, query, at)
                          : ledger->sqlite->sqlite3_column_type(statement_of(query), at) == SQLITE_NULL;
}

money ledger_column_money(struct ledger *ledger, struct query *query, int at) {
    return is_null(ledger, query, at) ? MONEY_NONE : ledger_column_int(ledger, query, at);
}

const char *ledger_column_string(struct ledger *ledger, struct query *query, int at) {
    return ledger->remote ? remote_column_string(ledger->remote, query, at)
                          : (const char *)ledger->sqlite->sqlite3_column_text(statement_of(query), at);
}

const void *ledger_column_blob(struct ledger *ledger, struct query *query, int at, size_t *size) {
    if (ledger->remote)
        return remote_column_blob(ledger->remote, query, at, size);
    const void *bytes = ledger->sqlite->sqlite3_column_blob(statement_of(query), at);
    *size = (size_t)ledger->sqlite->sqlite3_column_bytes(statement_of(query), at);
    return bytes;
}
