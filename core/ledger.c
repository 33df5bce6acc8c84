#include "ledger_db.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "ledger_remote.h"
#include "run_mark.h"
#include "statedir.h"
#include "wal_vfs.h"

enum { WAIT_MS = 30000 };

/* A checkpoint copies each page of the log once, however often it was written: the longer the log, the
 * less there is to copy, but the longer a commit may have to wait for it. 4000 pages are 16 MiB. The cache
 * is small because the program has 24 MiB for everything. Debian's SQLite overwrites what is deleted, and
 * writes the pages that become free; the records that are dropped here stand in the store anyway. */
static const char settings[] = "PRAGMA synchronous = FULL;"
                               "PRAGMA wal_autocheckpoint = 4000;"
                               "PRAGMA cache_size = -400;"
                               "PRAGMA secure_delete = OFF;"
                               "PRAGMA temp_store = MEMORY;"
                               "PRAGMA trusted_schema = OFF;";

/* ---- open ---------------------------------------------------------------------------------- */

/* SQLite gives its own files the mode of this one. mknod, since it may be open in this process: closing
 * a second descriptor would free SQLite's locks on it. */
static int make_file(const struct ledger *ledger, sluice_error *error) {
    if (mknod(ledger->path, S_IFREG | 0600, 0) == 0 || errno == EEXIST)
        return 0;
    return fail(error, SLUICE_E_IO, "%s can't be created: %m", ledger->path);
}

/* Runs leave a directory beside it. Where that is and the orders aren't, they were lost: with an empty ledger
 * all of them could be paid once more. */
static bool had_runs(const struct ledger *ledger) {
    char path[4096];
    return snprintf(path, sizeof path, "%s/runs", ledger->state_dir) < (int)sizeof path &&
           access(path, F_OK) == 0;
}

static int check_file(const struct ledger *ledger, bool writable, sluice_error *error) {
    struct stat found, link;
    bool ran = had_runs(ledger); /* first: another process may be making all of it just now */
    bool there = stat(ledger->path, &found) == 0;
    int why = errno;
    if (!there && lstat(ledger->path, &link) == 0 && S_ISLNK(link.st_mode))
        return fail(error, SLUICE_E_CONFIG, "%s is a link to nothing: %s; put back what it names",
                    ledger->path, strerror(why));
    if (there && !S_ISREG(found.st_mode))
        return fail(error, SLUICE_E_CONFIG, "%s is not a file; give another --state-dir", ledger->path);
    if ((!there || !found.st_size) && ran)
        return fail(error, SLUICE_E_CONFIG,
                    "%s is %s, and runs were made with it: restore it from a backup; to begin with an empty "
                    "one, in which nothing counts as ordered, remove %s/runs, too",
                    ledger->path, there ? "empty" : "gone", ledger->state_dir);
    if (!there && !writable)
        return fail(error, SLUICE_E_NOINPUT, "there is no ledger at %s: %s", ledger->path, strerror(why));
    return 0;
}

/* SQLite's own waits get as long as 100 ms; a group of orders is committed within one or two. */
static int on_busy(void *user, int count) {
    struct ledger *ledger = user;
    int64_t now = clock_us();
    if (count == 0)
        ledger->waiting_since_us = now;
    if (now - ledger->waiting_since_us >= ledger->wait_ms * 1000)
        return 0;
    long us = count < 8 ? 100L << count : 20000;
    nanosleep(&(struct timespec){.tv_nsec = us * 1000}, NULL);
    return 1;
}

/* Another process that opens a new ledger at the same moment may be a step ahead. */
static int set_journal(struct ledger *ledger, sluice_error *error) {
    int64_t since = clock_us();
    int count = 0, code;
    while ((code = ledger->sqlite->sqlite3_exec(ledger->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL)) ==
           SQLITE_BUSY) {
        if (clock_us() - since >= ledger->wait_ms * 1000 || !on_busy(ledger, count++))
            break;
    }
    return code ? ledger_fail(ledger, code, error) : 0;
}

static int set_up(struct ledger *ledger, bool writable, sluice_error *error) {
    const struct sqlite_library *sqlite = ledger->sqlite;
    const char *vfs = wal_vfs();
    if (!vfs)
        return fail_memory(error);
    ledger->writable = writable;
    int flags = (writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX;
    int code = sqlite->sqlite3_open_v2(ledger->path, &ledger->db, flags, vfs);
    if (!code)
        code = sqlite->sqlite3_extended_result_codes(ledger->db, 1);
    if (!code)
        code = sqlite->sqlite3_busy_handler(ledger->db, on_busy, ledger);
    if (!code)
        code = sqlite->sqlite3_exec(ledger->db, settings, NULL, NULL, NULL);
    if (code)
        return ledger_fail(ledger, code, error);
    int failed = ledger_check_schema(ledger, writable, error);
    if (!failed && writable)
        failed = set_journal(ledger, error);
    return failed;
}

/* A copy from a backup, or a ledger without the -wal that a crash left: what the runs since have ordered
 * would be paid again. */
static int check_age(struct ledger *ledger, int64_t newest, sluice_error *error) {
    struct query *last;
    if (!newest)
        return 0;
    int result = ledger_query(ledger, "SELECT ifnull(max(id), 0) FROM runs", &last, error);
    if (!result)
        result = ledger_step(ledger, last, error);
    int64_t run = result == 1 ? ledger_column_int(ledger, last, 0) : 0;
    ledger_query_end(ledger, last);
    if (result < 0 || run >= newest)
        return result < 0 ? result : 0;
    return fail(error, SLUICE_E_CONFIG,
                "%s is an older copy, or has lost its -wal: it ends with run %" PRId64 ", and run %" PRId64
                " sent orders with it, which could be paid again; put the newer one back, with its -wal; if "
                "that is lost, remove %s/runs/newest, and only what a store or the provider lists counts as "
                "ordered since",
                ledger->path, run, newest, ledger->state_dir);
}

static struct ledger *make(const char *state_dir) {
    struct ledger *ledger = calloc(1, sizeof *ledger);
    if (!ledger)
        return NULL;
    ledger->wait_ms = WAIT_MS;
    ledger->state_dir = strdup(state_dir);
    if (asprintf(&ledger->path, "%s/ledger.db", state_dir) < 0)
        ledger->path = NULL;
    if (ledger->state_dir && ledger->path)
        return ledger;
    ledger_close(ledger);
    return NULL;
}

/* Such a ledger has no file; its server's name stands where others have a path. */
static int open_remote(const struct ledger_site *site, unsigned flags, struct ledger **out,
                       sluice_error *error) {
    struct ledger *ledger = make(site->state_dir);
    sluice_error why = ERROR_INIT;
    int failed = ledger ? 0 : fail_memory(&why);
    if (!failed) {
        ledger->writable = !(flags & LEDGER_READ_ONLY);
        failed = remote_open(ledger, site, ledger->writable, &ledger->remote, &why);
    }
    if (!failed) {
        free(ledger->path);
        ledger->path = strdup(ledger->remote->link.server);
        failed = ledger->path ? 0 : fail_memory(&why);
    }
    if (!failed) {
        *out = ledger;
        return 0;
    }
    ledger_close(ledger);
    return fail(error, failed, "%s", why.text);
}

int ledger_open_at(const struct ledger_site *site, unsigned flags, struct ledger **out, sluice_error *error) {
    return site->uri ? open_remote(site, flags, out, error) : ledger_open(site->state_dir, flags, out, error);
}

int ledger_open(const char *state_dir, unsigned flags, struct ledger **out, sluice_error *error) {
    bool writable = !(flags & LEDGER_READ_ONLY);
    sluice_error why = ERROR_INIT;             /* the caller may not want to know */
    int64_t newest = run_mark_read(state_dir); /* first: others go on meanwhile */
    struct ledger *ledger = make(state_dir);
    int failed = ledger ? 0 : fail_memory(&why);
    if (!failed && writable)
        failed = statedir_make(state_dir, &why);
    if (!failed)
        failed = check_file(ledger, writable, &why);
    if (!failed && writable)
        failed = make_file(ledger, &why);
    if (!failed && !(ledger->sqlite = sqlite_library(&why)))
        failed = why.code;
    if (!failed)
        failed = set_up(ledger, writable, &why);
    if (!failed)
        failed = check_age(ledger, newest, &why);
    if (!failed)
        failed = ledger_in_place(ledger, &why);
    if (!failed) {
        *out = ledger;
        return 0;
    }
    ledger_close(ledger);
    return fail(error, failed, "%s", why.text);
}

void ledger_close(struct ledger *ledger) {
    if (!ledger)
        return;
    if (ledger->changing)
        ledger_rollback(ledger);
    ledger_forget(ledger);
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        if (ledger->statements[i])
            ledger_query_end(ledger, ledger->statements[i]);
    if (ledger->db)
        ledger->sqlite->sqlite3_close(ledger->db);
    remote_close(ledger->remote);
    for (struct run_lock *lock = ledger->locks, *next; lock; lock = next) {
        next = lock->next;
        run_lock_drop(lock);
    }
    record_buffer_free(&ledger->encoded);
    free(ledger->account.provider);
    free(ledger->account.name);
    free(ledger->path);
    free(ledger->state_dir);
    free(ledger);
}

/* ---- transactions -------------------------------------------------------------------------- */

static int read_version(struct ledger *ledger, sluice_error *error) {
    struct query *last;
    int result =
        ledger_statement(ledger, STATEMENT_LAST_VERSION, "SELECT max(version) FROM events", &last, error);
    if (result == 0)
        result = ledger_step(ledger, last, error);
    if (result < 0)
        return result;
    ledger->version = ledger_column_int(ledger, last, 0);
    ledger_reset(ledger, last);
    return 0;
}

/* Read again what others may have changed since our last commit: where the versions end, most of all. */
static int catch_up(struct ledger *ledger, sluice_error *error) {
    uint32_t data_version = ledger_data_version(ledger);
    if (ledger->current && ledger->data_version == data_version)
        return 0;
    memset(ledger->heads, 0, sizeof ledger->heads);
    ledger->last_order = 0;
    int failed = read_version(ledger, error);
    ledger->current = !failed;
    return failed;
}

static int execute(struct ledger *ledger, enum ledger_statement which, const char *sql, sluice_error *error) {
    struct query *statement;
    int failed = ledger_statement(ledger, which, sql, &statement, error);
    return failed ? failed : ledger_execute(ledger, statement, error);
}

/* The heads that were asked for come with the beginning; all others are forgotten. */
static int begin_remote(struct ledger *ledger, sluice_error *error) {
    memset(ledger->heads, 0, sizeof ledger->heads);
    ledger->last_order = 0;
    int failed = remote_begin(ledger->remote, error);
    if (failed)
        return failed;
    ledger->changing = true;
    ledger->now_ms = clock_wall_ms();
    failed = read_version(ledger, error);
    if (failed)
        ledger_rollback(ledger);
    return failed;
}

int ledger_begin(struct ledger *ledger, sluice_error *error) {
    if (!ledger->writable)
        return fail(error, SLUICE_E_SOFTWARE, "%s is open for reading only", ledger->path);
    if (ledger->changing)
        return fail(error, SLUICE_E_SOFTWARE, "%s: a transaction within a transaction", ledger->path);
    if (ledger->remote)
        return begin_remote(ledger, error);
    int failed = execute(ledger, STATEMENT_BEGIN, "BEGIN IMMEDIATE", error);
    if (failed)
        return failed;
    ledger->changing = true;
    ledger->now_ms = clock_wall_ms();
    failed = catch_up(ledger, error);
    if (failed)
        ledger_rollback(ledger);
    return failed;
}

int ledger_commit(struct ledger *ledger, sluice_error *error) {
    int failed = ledger_check_changing(ledger, error);
    if (!failed)
        failed = ledger_write_pending(ledger, error);
    if (!failed)
        failed = ledger_write_totals(ledger, error);
    if (!failed)
        failed = ledger->remote ? remote_commit(ledger->remote, error)
                                : execute(ledger, STATEMENT_COMMIT, "COMMIT", error);
    if (failed)
        ledger_rollback(ledger);
    ledger->changing = false;
    if (ledger->remote)
        return failed;
    ledger->data_version = ledger_data_version(ledger);
    return failed;
}

/* What SQLite says to it doesn't matter: a failure may have ended the transaction already. */
void ledger_rollback(struct ledger *ledger) {
    if (ledger->remote)
        remote_rollback(ledger->remote);
    else if (!ledger->sqlite->sqlite3_get_autocommit(ledger->db))
        execute(ledger, STATEMENT_ROLLBACK, "ROLLBACK", NULL);
    ledger->changing = false;
    ledger_forget(ledger);
}

int ledger_read_begin(struct ledger *ledger, sluice_error *error) {
    if (ledger->changing)
        return fail(error, SLUICE_E_SOFTWARE, "%s: reading within a transaction", ledger->path);
    return ledger->remote ? 0 : execute(ledger, STATEMENT_READ, "BEGIN", error);
}

void ledger_read_end(struct ledger *ledger) {
    if (ledger->remote)
        remote_ahead_forget(ledger->remote);
    else if (!ledger->changing && !ledger->sqlite->sqlite3_get_autocommit(ledger->db))
        execute(ledger, STATEMENT_COMMIT, "COMMIT", NULL);
}

int64_t ledger_version(const struct ledger *ledger) {
    return ledger->version;
}
