#include "inbox_db.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "statedir.h"
#include "text.h"
#include "wal_vfs.h"

enum { BUSY_MS = 30000, PAUSE_US = 5000, VERSION = 6 };

static const char settings[] = "PRAGMA journal_mode = WAL;"
                               "PRAGMA synchronous = FULL;"
                               "PRAGMA wal_autocheckpoint = 1000;"
                               "PRAGMA cache_size = -1200;"
                               "PRAGMA trusted_schema = OFF;";

/* By the version that each leads to. A job's id is the number of its first row, and its rows follow each
 * other. `gone` has what is no longer a job: how many of its rows are to be deleted still, and the name of
 * one that must never be taken again. */
static const char *const upgrades[VERSION] = {
    "CREATE TABLE jobs ("
    " id INTEGER PRIMARY KEY, pipeline TEXT NOT NULL, name TEXT NOT NULL,"
    " submitted_ms INTEGER NOT NULL, repeat INTEGER NOT NULL,"
    " rows INTEGER NOT NULL, open INTEGER NOT NULL," /* open: of those, the ones without an end */
    " columns BLOB NOT NULL,"                        /* as record.h writes them */
    " UNIQUE (pipeline, name));"
    "CREATE INDEX jobs_open ON jobs (pipeline) WHERE open > 0;"
    "CREATE TABLE rows ("
    " id INTEGER PRIMARY KEY, record BLOB NOT NULL, state INTEGER NOT NULL DEFAULT 0,"
    " order_id TEXT, code TEXT, reason TEXT);"
    "PRAGMA user_version = 1",
    "ALTER TABLE jobs ADD COLUMN ended_ms INTEGER NOT NULL DEFAULT 0;" /* the last end of a row */
    "CREATE INDEX rows_in_doubt ON rows (id) WHERE state = 5;"
    "CREATE TABLE gone ("
    " id INTEGER PRIMARY KEY, pipeline TEXT NOT NULL, name TEXT NOT NULL, repeat INTEGER NOT NULL,"
    " rows INTEGER NOT NULL,"
    " UNIQUE (pipeline, name));"
    "CREATE INDEX gone_rows ON gone (id) WHERE rows > 0;"
    "PRAGMA user_version = 2",
    /* Rows in doubt, with the keys of their orders in the ledger. */
    "CREATE TABLE doubts (id INTEGER PRIMARY KEY, key BLOB NOT NULL);"
    "PRAGMA user_version = 3",
    "ALTER TABLE rows ADD COLUMN price INTEGER;" /* of one that is placed or in doubt */
    "PRAGMA user_version = 4",
    /* How many rows are in each state, so that nobody has to count a million of them. */
    "ALTER TABLE jobs ADD COLUMN waiting INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE jobs ADD COLUMN placed INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE jobs ADD COLUMN duplicate INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE jobs ADD COLUMN rejected INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE jobs ADD COLUMN in_doubt INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE jobs ADD COLUMN skipped INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE jobs ADD COLUMN passed INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE jobs ADD COLUMN spent INTEGER NOT NULL DEFAULT 0;" /* the sum of the rows' prices */
    "UPDATE jobs SET (waiting, placed, duplicate, rejected, in_doubt, skipped, passed, spent) = (SELECT"
    " count(*) FILTER (WHERE state = 1), count(*) FILTER (WHERE state = 2),"
    " count(*) FILTER (WHERE state = 3), count(*) FILTER (WHERE state = 4),"
    " count(*) FILTER (WHERE state = 5), count(*) FILTER (WHERE state = 6),"
    " count(*) FILTER (WHERE state = 7), coalesce(sum(price), 0)"
    " FROM rows WHERE rows.id >= jobs.id AND rows.id < jobs.id + jobs.rows);"
    "PRAGMA user_version = 5",
    "ALTER TABLE jobs ADD COLUMN max_price INTEGER;" /* of one order; null: none was agreed to */
    "PRAGMA user_version = 6",
};

static int trouble(const struct inbox_db *db, int code, sluice_error *error) {
    int reason = db->db ? db->sqlite->sqlite3_system_errno(db->db) : 0;
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return fail(error, SLUICE_E_BUSY, "%s has been locked by another process for %d s; end it", db->path,
                    BUSY_MS / 1000);
    case SQLITE_FULL:
        return fail(error, SLUICE_E_IO, "%s can't be written: the disk is full; free some space", db->path);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return fail(error, SLUICE_E_CONFIG,
                    "%s is damaged or no inbox; restore it from a backup, or move it away: what was sent and "
                    "isn't ordered yet is lost then",
                    db->path);
    default:
        return fail(error, SLUICE_E_IO, "%s can't be used: %s%s%s", db->path,
                    db->sqlite->sqlite3_errstr(code), reason ? ": " : "", reason ? strerror(reason) : "");
    }
}

static int wait_for_others(void *user, int tries) {
    (void)user;
    usleep(PAUSE_US);
    return tries < BUSY_MS * 1000 / PAUSE_US;
}

static int execute(struct inbox_db *db, const char *sql, sluice_error *error) {
    int code = db->sqlite->sqlite3_exec(db->db, sql, NULL, NULL, NULL);
    return code ? trouble(db, code, error) : 0;
}

static int read_version(struct inbox_db *db, int64_t *version, sluice_error *error) {
    sqlite3_stmt *statement = NULL;
    int code = db->sqlite->sqlite3_prepare_v3(db->db, "PRAGMA user_version", -1, 0, &statement, NULL);
    if (!code)
        code = db->sqlite->sqlite3_step(statement);
    *version = code == SQLITE_ROW ? db->sqlite->sqlite3_column_int64(statement, 0) : 0;
    db->sqlite->sqlite3_finalize(statement);
    return code == SQLITE_ROW ? 0 : trouble(db, code, error);
}

/* Under the write lock: whoever opens it at the same time finds it done. */
static int upgrade(struct inbox_db *db, sluice_error *error) {
    int64_t version = 0;
    int failed = execute(db, "BEGIN IMMEDIATE", error);
    if (!failed)
        failed = read_version(db, &version, error);
    for (; !failed && version < VERSION; version++)
        failed = execute(db, upgrades[version], error);
    return failed ? failed : execute(db, "COMMIT", error);
}

static int check_version(struct inbox_db *db, sluice_error *error) {
    int64_t version = 0;
    int failed = read_version(db, &version, error);
    if (failed)
        return failed;
    if (version < 0 || version > VERSION)
        return fail(error, SLUICE_E_CONFIG, "%s was written by a newer sluice; use that one", db->path);
    return version < VERSION ? upgrade(db, error) : 0;
}

static int open_file(struct inbox_db *db, const char *vfs, sluice_error *error) {
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (mknod(db->path, S_IFREG | 0600, 0) != 0 && errno != EEXIST)
        return fail(error, SLUICE_E_IO, "%s can't be created: %m", db->path);
    int code = db->sqlite->sqlite3_open_v2(db->path, &db->db, flags, vfs);
    if (!code) {
        db->sqlite->sqlite3_extended_result_codes(db->db, 1);
        db->sqlite->sqlite3_busy_handler(db->db, wait_for_others, NULL);
        code = db->sqlite->sqlite3_exec(db->db, settings, NULL, NULL, NULL);
    }
    return code ? trouble(db, code, error) : check_version(db, error);
}

int inbox_db_open(struct inbox_db *db, const char *state_dir, sluice_error *error) {
    *db = (struct inbox_db){.sqlite = sqlite_library(error)};
    if (!db->sqlite)
        return error->code;
    if (asprintf(&db->path, "%s/inbox.db", state_dir) < 0) {
        db->path = NULL;
        return fail_memory(error);
    }
    int failed = statedir_make(state_dir, error);
    if (!failed)
        failed = open_file(db, wal_vfs(), error);
    if (failed)
        inbox_db_close(db);
    return failed;
}

void inbox_db_close(struct inbox_db *db) {
    for (size_t i = 0; db->sqlite && i < INBOX_STATEMENTS; i++)
        if (db->statements[i])
            db->sqlite->sqlite3_finalize(db->statements[i]);
    if (db->db)
        db->sqlite->sqlite3_close(db->db);
    free(db->path);
    *db = (struct inbox_db){0};
}

int inbox_db_statement(struct inbox_db *db, enum inbox_statement which, const char *sql, sqlite3_stmt **out,
                       sluice_error *error) {
    sqlite3_stmt **slot = &db->statements[which];
    int code = 0;
    if (!*slot)
        code = db->sqlite->sqlite3_prepare_v3(db->db, sql, -1, SQLITE_PREPARE_PERSISTENT, slot, NULL);
    *out = *slot;
    return code ? trouble(db, code, error) : 0;
}

int inbox_db_step(struct inbox_db *db, sqlite3_stmt *statement, sluice_error *error) {
    int code = db->bound ? db->bound : db->sqlite->sqlite3_step(statement);
    db->bound = 0;
    if (code == SQLITE_ROW)
        return 1;
    int failed = code == SQLITE_DONE ? 0 : trouble(db, code, error);
    db->sqlite->sqlite3_reset(statement);
    return failed;
}

int inbox_db_execute(struct inbox_db *db, enum inbox_statement which, const char *sql, sluice_error *error) {
    sqlite3_stmt *statement;
    int failed = inbox_db_statement(db, which, sql, &statement, error);
    return failed ? failed : inbox_db_step(db, statement, error);
}

static void note(struct inbox_db *db, int code) {
    if (code && !db->bound)
        db->bound = code;
}

void inbox_db_int(struct inbox_db *db, sqlite3_stmt *statement, int at, int64_t value) {
    note(db, db->sqlite->sqlite3_bind_int64(statement, at, value));
}

void inbox_db_text(struct inbox_db *db, sqlite3_stmt *statement, int at, sluice_text value) {
    note(db, db->sqlite->sqlite3_bind_text(statement, at, value.ptr, (int)value.len, SQLITE_STATIC));
}

void inbox_db_blob(struct inbox_db *db, sqlite3_stmt *statement, int at, const void *bytes, size_t size) {
    note(db, db->sqlite->sqlite3_bind_blob(statement, at, bytes, (int)size, SQLITE_STATIC));
}

int64_t inbox_db_number(struct inbox_db *db, sqlite3_stmt *statement, int at) {
    return db->sqlite->sqlite3_column_int64(statement, at);
}

money inbox_db_amount(struct inbox_db *db, sqlite3_stmt *statement, int at) {
    bool none = db->sqlite->sqlite3_column_type(statement, at) == SQLITE_NULL;
    return none ? MONEY_NONE : db->sqlite->sqlite3_column_int64(statement, at);
}

sluice_text inbox_db_string(struct inbox_db *db, sqlite3_stmt *statement, int at) {
    const char *text = (const char *)db->sqlite->sqlite3_column_text(statement, at);
    return (sluice_text){text, (uint64_t)db->sqlite->sqlite3_column_bytes(statement, at)};
}
