#include "check_times.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "sqlite_library.h"
#include "statedir.h"
#include "text.h"

enum { BUSY_MS = 5000, PAUSE_US = 5000 };

/* Orders that nobody has asked about for so long are finished, or gone. */
static const int64_t forget_ms = 30 * 86400 * (int64_t)1000;

struct check_times {
    const struct sqlite_library *sqlite;
    sqlite3 *db;
    sqlite3_stmt *find, *note;
    int64_t account;
    bool empty;             /* nothing was known of the account when it was opened */
    bool reading, changing; /* in a transaction: a look-up by itself costs five times as much */
};

/* synchronous: a time that is lost costs one call more. */
static const char schema[] = "PRAGMA journal_mode = WAL;"
                             "PRAGMA synchronous = OFF;"
                             "CREATE TABLE IF NOT EXISTS accounts ("
                             " id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
                             "CREATE TABLE IF NOT EXISTS checks ("
                             " account INTEGER NOT NULL, order_id TEXT NOT NULL,"
                             " first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,"
                             " PRIMARY KEY (account, order_id)) WITHOUT ROWID;";

static int trouble(struct check_times *times, int code, sluice_error *error) {
    return fail(error, (code & 0xff) == SQLITE_BUSY ? SLUICE_E_BUSY : SLUICE_E_IO,
                "checks.db in the state directory can't be used: %s", times->sqlite->sqlite3_errstr(code));
}

static int wait_for_others(void *user, int tries) {
    (void)user;
    usleep(PAUSE_US);
    return tries < BUSY_MS * 1000 / PAUSE_US;
}

static int prepare(struct check_times *times, const char *sql, sqlite3_stmt **out) {
    return times->sqlite->sqlite3_prepare_v3(times->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
}

static void bind_text(struct check_times *times, sqlite3_stmt *statement, int at, sluice_text text) {
    times->sqlite->sqlite3_bind_text(statement, at, text.ptr, (int)text.len, SQLITE_STATIC);
}

/* ---- opening ------------------------------------------------------------------------------- */

/* One number: of `sql`, with one text and one number put in. */
static int number(struct check_times *times, const char *sql, sluice_text text, int64_t value, int64_t *out) {
    sqlite3_stmt *statement;
    int code = prepare(times, sql, &statement);
    if (code)
        return code;
    bind_text(times, statement, 1, text);
    times->sqlite->sqlite3_bind_int64(statement, 2, value);
    code = times->sqlite->sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *out = times->sqlite->sqlite3_column_int64(statement, 0);
    times->sqlite->sqlite3_finalize(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE ? 0 : code;
}

static int find_account(struct check_times *times, sluice_text name) {
    int64_t known = 0;
    int code = number(
        times,
        "INSERT INTO accounts (name) SELECT ?1 WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE name = ?1)",
        name, 0, &known);
    if (!code)
        code = number(times, "SELECT id FROM accounts WHERE name = ?1", name, 0, &times->account);
    if (!code)
        code = number(
            times,
            "DELETE FROM checks WHERE account = (SELECT id FROM accounts WHERE name = ?1) AND last_ms < ?2",
            name, clock_wall_ms() - forget_ms, &known);
    if (!code)
        code = number(
            times,
            "SELECT EXISTS (SELECT 1 FROM checks WHERE account = (SELECT id FROM accounts WHERE name = ?1))",
            name, 0, &known);
    times->empty = !known;
    return code;
}

static int open_file(struct check_times *times, const char *path, sluice_text name) {
    const struct sqlite_library *sqlite = times->sqlite;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int code = sqlite->sqlite3_open_v2(path, &times->db, flags, NULL);
    if (!code) {
        sqlite->sqlite3_extended_result_codes(times->db, 1);
        sqlite->sqlite3_busy_handler(times->db, wait_for_others, NULL);
        code = sqlite->sqlite3_exec(times->db, schema, NULL, NULL, NULL);
    }
    if (!code)
        code = find_account(times, name);
    if (!code)
        code = prepare(times, "SELECT first_ms, last_ms FROM checks WHERE account = ?1 AND order_id = ?2",
                       &times->find);
    if (!code)
        code = prepare(times,
                       "INSERT INTO checks VALUES (?1, ?2, ?3, ?3)"
                       " ON CONFLICT DO UPDATE SET last_ms = excluded.last_ms",
                       &times->note);
    return code;
}

static void close_file(struct check_times *times) {
    if (times->find)
        times->sqlite->sqlite3_finalize(times->find);
    if (times->note)
        times->sqlite->sqlite3_finalize(times->note);
    if (times->db)
        times->sqlite->sqlite3_close(times->db);
    times->find = times->note = NULL;
    times->db = NULL;
}

static void remove_file(const char *path) {
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char name[4200];
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

static bool is_damaged(int code) {
    return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}

int check_times_open(const char *state_dir, sluice_text provider, sluice_text account,
                     struct check_times **out, sluice_error *error) {
    const struct sqlite_library *sqlite = sqlite_library(error);
    char path[4100], name[600];
    struct check_times *times = sqlite ? calloc(1, sizeof *times) : NULL;
    if (!times)
        return sqlite ? fail_memory(error) : error->code;
    times->sqlite = sqlite;
    snprintf(path, sizeof path, "%s/checks.db", state_dir);
    snprintf(name, sizeof name, "%.*s %.*s", TEXT_ARG(provider), TEXT_ARG(account));
    int failed = statedir_make(state_dir, error);
    if (!failed) /* for nobody else; when it is there, it stays as it is */
        (void)!mknod(path, S_IFREG | 0600, 0);
    int code = failed ? 0 : open_file(times, path, text_of(name));
    if (is_damaged(code)) {
        log_line(SLUICE_LOG_WARN, NULL, "%s is damaged; it is begun anew, and every order is asked about",
                 path);
        close_file(times);
        remove_file(path);
        (void)!mknod(path, S_IFREG | 0600, 0);
        code = open_file(times, path, text_of(name));
    }
    if (code)
        failed = trouble(times, code, error);
    if (!failed) {
        *out = times;
        return 0;
    }
    check_times_close(times);
    return failed;
}

void check_times_close(struct check_times *times) {
    if (!times)
        return;
    if (times->db)
        check_times_keep(times, NULL); /* what isn't kept is asked about once more */
    close_file(times);
    free(times);
}

/* ---- use ----------------------------------------------------------------------------------- */

static int execute(struct check_times *times, const char *sql) {
    return times->sqlite->sqlite3_exec(times->db, sql, NULL, NULL, NULL);
}

static int end_transaction(struct check_times *times) {
    int code = times->reading || times->changing ? execute(times, "COMMIT") : 0;
    if (code)
        execute(times, "ROLLBACK");
    times->reading = times->changing = false;
    return code;
}

bool check_times_find(struct check_times *times, sluice_text order_id, int64_t *first_ms, int64_t *last_ms) {
    const struct sqlite_library *sqlite = times->sqlite;
    if (times->empty)
        return false;
    if (!times->reading && !times->changing)
        times->reading = execute(times, "BEGIN") == 0;
    sqlite->sqlite3_bind_int64(times->find, 1, times->account);
    bind_text(times, times->find, 2, order_id);
    bool found = sqlite->sqlite3_step(times->find) == SQLITE_ROW;
    if (found) {
        *first_ms = sqlite->sqlite3_column_int64(times->find, 0);
        *last_ms = sqlite->sqlite3_column_int64(times->find, 1);
    }
    sqlite->sqlite3_reset(times->find);
    return found;
}

/* What was read may be old by now, and then SQLite doesn't let us write in the same transaction. */
static int begin_change(struct check_times *times) {
    if (times->changing)
        return 0;
    int code = end_transaction(times);
    if (!code)
        code = execute(times, "BEGIN IMMEDIATE");
    times->changing = !code;
    return code;
}

int check_times_note(struct check_times *times, sluice_text order_id, int64_t now_ms, sluice_error *error) {
    const struct sqlite_library *sqlite = times->sqlite;
    int code = begin_change(times);
    if (code)
        return trouble(times, code, error);
    sqlite->sqlite3_bind_int64(times->note, 1, times->account);
    bind_text(times, times->note, 2, order_id);
    sqlite->sqlite3_bind_int64(times->note, 3, now_ms);
    code = sqlite->sqlite3_step(times->note);
    sqlite->sqlite3_reset(times->note);
    return code == SQLITE_DONE ? 0 : trouble(times, code, error);
}

int check_times_keep(struct check_times *times, sluice_error *error) {
    int code = end_transaction(times);
    return code ? trouble(times, code, error) : 0;
}
