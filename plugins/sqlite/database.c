#include "database.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lock_holder.h"

enum { SAY_AFTER_MS = 2000 };

/* ---- waiting ------------------------------------------------------------------------------ */

static void sleep_ms(int64_t ms) {
    struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* SQLite calls this while another has the lock. 0 gives up. */
static int wait_for_lock(void *context, int attempt) {
    static const int64_t pauses[] = {1, 2, 5, 10, 20, 50};
    struct database *db = context;
    int64_t now = now_ms();
    char holder[128];
    if (attempt == 0) {
        db->waiting_since = now;
        db->said = false;
    }
    int64_t waited = now - db->waiting_since;
    if (waited >= db->lock_wait_ms)
        return 0;
    if (waited >= SAY_AFTER_MS && !db->said) {
        lock_holder(db->path, holder, sizeof holder);
        db->host->log(db->self, SLUICE_LOG_WARN, "%s is locked by %s; waiting up to %g s", db->path, holder,
                      (double)db->lock_wait_ms / 1000);
        db->said = true;
    }
    sleep_ms(pauses[attempt < 5 ? attempt : 5]);
    return 1;
}

/* ---- failures ----------------------------------------------------------------------------- */

int database_fail_memory(struct database *db, sluice_error *error) {
    return db->host->fail(error, SLUICE_E_IO, "%s: out of memory", db->path);
}

/* When a file can't be made, SQLite tries to read it, and reports that it isn't there. */
static int cause_of_missing(const char *path) {
    const char *slash = strrchr(path, '/');
    char *dir = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    int cause = ENOENT;
    if (dir && faccessat(AT_FDCWD, dir, W_OK | X_OK, AT_EACCESS) != 0)
        cause = errno;
    free(dir);
    return cause;
}

static int fail_open(struct database *db, int cause, sluice_error *error) {
    bool reads = db->mode == DATABASE_READ;
    if (cause == ENOENT && !reads)
        cause = cause_of_missing(db->path);
    int code = cause == EACCES || cause == EPERM || cause == EROFS || cause == ENOSPC ? SLUICE_E_IO
                                                                                      : SLUICE_E_CANTCREAT;
    return db->host->fail(error, reads ? SLUICE_E_NOINPUT : code, "%s: the database can't be %s: %s",
                          db->path, reads ? "opened" : "opened or created",
                          cause ? strerror(cause) : "the path, or a directory of it, can't be used");
}

static int fail_locked(struct database *db, sluice_error *error) {
    char holder[128];
    lock_holder(db->path, holder, sizeof holder);
    return db->host->fail(error, SLUICE_E_UNAVAILABLE,
                          "%s: the database is locked by %s, for more than %g s; end it, or run again later",
                          db->path, holder, (double)db->lock_wait_ms / 1000);
}

static int fail_read_only(struct database *db, sluice_error *error) {
    if (db->mode == DATABASE_READ)
        return db->host->fail(
            error, SLUICE_E_NOINPUT,
            "%s: a database in write-ahead mode can only be read where its -shm file can be "
            "made; give this user write permission for the directory",
            db->path);
    return db->host->fail(error, SLUICE_E_IO,
                          "%s: the database is read-only; give this user write permission for the file and "
                          "its directory, then run again",
                          db->path);
}

int database_fail(struct database *db, int result, sluice_error *error) {
    bool reads = db->mode == DATABASE_READ;
    int cause = db->handle ? sqlite.system_errno(db->handle) : 0;
    switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return fail_locked(db, error);
    case SQLITE_CANTOPEN:
        return fail_open(db, cause, error);
    case SQLITE_FULL:
        return db->host->fail(error, SLUICE_E_IO, "%s: the disk is full; make room, then run again",
                              db->path);
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return fail_read_only(db, error);
    case SQLITE_IOERR:
        if (cause == EISDIR)
            return fail_open(db, cause, error);
        return db->host->fail(error, SLUICE_E_IO, "%s: the database can't be read or written: %s", db->path,
                              cause ? strerror(cause) : sqlite.errmsg(db->handle));
    case SQLITE_NOTADB:
        return db->host->fail(error, reads ? SLUICE_E_DATA : SLUICE_E_CONFIG,
                              "%s: the file is not a SQLite database; name another one with 'path'",
                              db->path);
    case SQLITE_CORRUPT:
        return db->host->fail(error, reads ? SLUICE_E_DATA : SLUICE_E_IO,
                              "%s: the database is damaged (%s); save it with `sqlite3 FILE .recover`",
                              db->path, sqlite.errmsg(db->handle));
    case SQLITE_NOMEM:
        return database_fail_memory(db, error);
    case SQLITE_ERROR: /* SQL that doesn't fit the tables */
        return db->host->fail(error, SLUICE_E_CONFIG, "%s: %s", db->path, sqlite.errmsg(db->handle));
    default:
        return db->host->fail(error, SLUICE_E_IO, "%s: %s", db->path,
                              db->handle ? sqlite.errmsg(db->handle) : "the database can't be opened");
    }
}

/* ---- opening ------------------------------------------------------------------------------ */

char *database_name(const sluice_host *host, const char *option, sluice_text name, sluice_error *error) {
    char *copy = NULL;
    if (name.len == 0 || memchr(name.ptr, '\0', name.len))
        host->fail(error, SLUICE_E_CONFIG, "option '%s': a name is missing", option);
    else if (!(copy = strndup(name.ptr, name.len)))
        host->fail(error, SLUICE_E_IO, "out of memory");
    return copy;
}

/* SQLite takes `:memory:` and `file:…` for something else than a file; here every path is one. */
static int open_file(struct database *db, sluice_error *error) {
    bool special = db->path[0] == ':' || strncmp(db->path, "file:", 5) == 0;
    int flags = db->mode == DATABASE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    char *file = malloc(strlen(db->path) + 3);
    if (!file)
        return database_fail_memory(db, error);
    strcpy(file, special ? "./" : "");
    strcat(file, db->path);
    int result = sqlite.open_v2(file, &db->handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
    free(file);
    return result == SQLITE_OK ? 0 : database_fail(db, result, error);
}

/* SQLite writes on into a file that was moved or deleted. */
static bool is_in_place(const struct database *db) {
    struct stat found;
    return stat(db->path, &found) == 0 && found.st_dev == db->device && found.st_ino == db->file;
}

static void remember_place(struct database *db) {
    struct stat found;
    bool there = stat(db->path, &found) == 0;
    db->device = there ? found.st_dev : 0;
    db->file = there ? found.st_ino : 0;
}

int database_open(struct database *db, sluice_text path, enum database_mode mode, sluice_error *error) {
    int failed = sqlite_library_load(db->host, error);
    if (failed)
        return failed;
    db->mode = mode;
    db->path = database_name(db->host, "path", path, error);
    failed = db->path ? open_file(db, error) : error->code;
    if (failed)
        database_close(db);
    else {
        sqlite.busy_handler(db->handle, wait_for_lock, db);
        remember_place(db);
    }
    return failed;
}

void database_close(struct database *db) {
    if (db->handle)
        sqlite.close_v2(db->handle);
    free(db->path);
    db->handle = NULL;
    db->path = NULL;
}

/* Run a pragma that answers with the journal mode. SQLite doesn't wait for another that changes the mode of a
 * new file at the same moment; so it is waited for here. */
static int journal_mode(struct database *db, const char *pragma, char mode[16], sluice_error *error) {
    sqlite3_stmt *statement = NULL;
    int failed = database_prepare(db, pragma, &statement, error);
    if (failed)
        return failed;
    int result, attempt = 0;
    while (((result = sqlite.step(statement)) & 0xff) == SQLITE_BUSY && wait_for_lock(db, attempt++))
        sqlite.reset(statement);
    if (result == SQLITE_ROW)
        snprintf(mode, 16, "%s", (const char *)sqlite.column_text(statement, 0));
    else
        failed = database_fail(db, result, error);
    sqlite.finalize(statement);
    return failed;
}

int database_is_wal(struct database *db, bool *wal, sluice_error *error) {
    char mode[16] = "";
    int failed = journal_mode(db, "PRAGMA journal_mode", mode, error);
    *wal = sqlite.stricmp(mode, "wal") == 0;
    return failed;
}

int database_use_wal(struct database *db, sluice_error *error) {
    char mode[16] = "";
    int failed = journal_mode(db, "PRAGMA journal_mode = WAL", mode, error);
    if (failed)
        return failed;
    /* A network file system, say: just as durable, but readers and the writer wait for each other. */
    if (sqlite.stricmp(mode, "wal") != 0)
        db->host->log(db->self, SLUICE_LOG_WARN,
                      "%s: no write-ahead log is possible here; the journal mode is '%s'", db->path, mode);
    return database_run(db, error, "PRAGMA synchronous = FULL");
}

/* ---- statements --------------------------------------------------------------------------- */

int database_run(struct database *db, sluice_error *error, const char *sql) {
    int result = sqlite.exec(db->handle, sql, NULL, NULL, NULL);
    return result == SQLITE_OK ? 0 : database_fail(db, sqlite.extended_errcode(db->handle), error);
}

int database_prepare(struct database *db, const char *sql, sqlite3_stmt **statement, sluice_error *error) {
    int result = sqlite.prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);
    return result == SQLITE_OK ? 0 : database_fail(db, sqlite.extended_errcode(db->handle), error);
}

int database_number(struct database *db, const char *sql, int64_t missing, int64_t *value,
                    sluice_error *error) {
    sqlite3_stmt *statement = NULL;
    int failed = database_prepare(db, sql, &statement, error);
    if (failed)
        return failed;
    int result = sqlite.step(statement);
    if (result != SQLITE_ROW && result != SQLITE_DONE)
        failed = database_fail(db, result, error);
    else
        *value = result == SQLITE_ROW ? sqlite.column_int64(statement, 0) : missing;
    sqlite.finalize(statement);
    return failed;
}

int database_count(struct database *db, const char *sql, const char *first, const char *second,
                   int64_t *count, sluice_error *error) {
    sqlite3_stmt *statement = NULL;
    int failed = database_prepare(db, sql, &statement, error);
    if (failed)
        return failed;
    sqlite.bind_text(statement, 1, first, -1, SQLITE_STATIC);
    sqlite.bind_text(statement, 2, second, -1, SQLITE_STATIC);
    int result = sqlite.step(statement);
    if (result == SQLITE_ROW)
        *count = sqlite.column_int64(statement, 0);
    else
        failed = database_fail(db, result, error);
    sqlite.finalize(statement);
    return failed;
}

int database_begin(struct database *db, sluice_error *error) {
    return database_run(db, error, "BEGIN IMMEDIATE");
}

int database_commit(struct database *db, sluice_error *error) {
    int failed = 0;
    if (!is_in_place(db))
        failed =
            db->host->fail(error, SLUICE_E_IO,
                           "%s was moved, replaced or deleted while it was written; records that came since "
                           "aren't in it",
                           db->path);
    if (!failed)
        failed = database_run(db, error, "COMMIT");
    if (failed)
        database_rollback(db);
    return failed;
}

void database_rollback(struct database *db) {
    if (db->handle && !sqlite.get_autocommit(db->handle))
        sqlite.exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}
