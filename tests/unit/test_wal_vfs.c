#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../fault/vfs_fault.h"
#include "sqlite_library.h"
#include "wal_vfs.h"

#include <cmocka.h> /* last: it has a macro called fail */

static const struct sqlite_library *sqlite;

struct files {
    char dir[64], path[80];
};

static int set_up(void **state) {
    struct files *files = calloc(1, sizeof *files);
    strcpy(files->dir, "/tmp/test-wal-vfs-XXXXXX");
    *state = files;
    if (!mkdtemp(files->dir))
        return -1;
    snprintf(files->path, sizeof files->path, "%s/db", files->dir);
    return 0;
}

static int tear_down(void **state) {
    struct files *files = *state;
    char path[100];
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", files->path, suffixes[i]);
        unlink(path);
    }
    rmdir(files->dir);
    free(files);
    return 0;
}

static void run(sqlite3 *db, const char *sql) {
    if (sqlite->sqlite3_exec(db, sql, NULL, NULL, NULL))
        fail_msg("%s: %s", sql, sqlite->sqlite3_errmsg(db));
}

static sqlite3 *open_db(const struct files *files) {
    sqlite3 *db;
    const char *name = wal_vfs();
    assert_non_null(name);
    assert_int_equal(
        sqlite->sqlite3_open_v2(files->path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, name),
        SQLITE_OK);
    run(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = 20;"
            "CREATE TABLE IF NOT EXISTS t (a INTEGER PRIMARY KEY, b BLOB)");
    return db;
}

static int64_t number(sqlite3 *db, const char *sql) {
    sqlite3_stmt *statement;
    assert_int_equal(sqlite->sqlite3_prepare_v3(db, sql, -1, 0, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite->sqlite3_step(statement), SQLITE_ROW);
    int64_t out = sqlite->sqlite3_column_int64(statement, 0);
    sqlite->sqlite3_finalize(statement);
    return out;
}

/* Forty pages more. */
static void fill(sqlite3 *db, int from) {
    char sql[200];
    snprintf(sql, sizeof sql,
             "WITH RECURSIVE n (i) AS (SELECT %d UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
             " INSERT INTO t SELECT i, zeroblob(3500) FROM n",
             from, from + 39);
    run(db, sql);
}

static void assert_sound(sqlite3 *db, int64_t rows) {
    assert_int_equal(number(db, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"),
                     1);
    assert_int_equal(number(db, "SELECT count(*) FROM t"), rows);
}

static void a_commit_is_a_few_writes_and_durable(void **state) {
    sqlite3 *db = open_db(*state);
    vfs_fault_fail(VFS_FAULT_WRITE, 0, 0, false);
    run(db, "BEGIN; PRAGMA cache_size = 1000");
    fill(db, 1);
    run(db, "COMMIT");
    assert_in_range(vfs_fault_seen(), 1, 4); /* forty pages would be eighty */
    assert_int_equal(vfs_fault_unsynced(), 0);
    assert_sound(db, 40);
    sqlite->sqlite3_close(db);
}

/* A cache of 20 pages makes SQLite write, read back and write again before the commit. */
static void what_was_written_is_read(void **state) {
    sqlite3 *db = open_db(*state);
    run(db, "BEGIN");
    fill(db, 1);
    fill(db, 101);
    run(db, "UPDATE t SET b = randomblob(3500) WHERE a % 3 = 0");
    assert_int_equal(number(db, "SELECT sum(length(b)) FROM t"), 80 * 3500);
    run(db, "SAVEPOINT s");
    fill(db, 201);
    run(db, "ROLLBACK TO s; COMMIT");
    assert_sound(db, 80);
    sqlite->sqlite3_close(db);
    db = open_db(*state);
    assert_sound(db, 80);
    sqlite->sqlite3_close(db);
}

/* What one connection wrote and gave up must not come after what the next one writes to the same place. With
 * an empty log, SQLite doesn't read it for the rollback. */
static void a_rollback_leaves_nothing_behind(void **state) {
    sqlite3 *one = open_db(*state), *two = open_db(*state);
    run(one, "PRAGMA wal_checkpoint(TRUNCATE)");
    run(one, "BEGIN IMMEDIATE");
    fill(one, 1);
    run(one, "ROLLBACK");
    fill(two, 1001);
    assert_int_equal(number(one, "SELECT min(a) FROM t"), 1001);
    fill(one, 2001);
    assert_int_equal(number(two, "SELECT count(*) FROM t"), 80);
    sqlite->sqlite3_close(one);
    sqlite->sqlite3_close(two);
    two = open_db(*state);
    assert_sound(two, 80);
    sqlite->sqlite3_close(two);
}

/* The same with connections that take turns, each giving up every third time. */
static void turns_dont_mix(void **state) {
    enum { TURNS = 60 };
    sqlite3 *dbs[2] = {open_db(*state), open_db(*state)};
    int64_t rows = 0;
    for (int i = 0; i < TURNS; i++) {
        sqlite3 *db = dbs[i * 7 % 5 % 2];
        run(db, "BEGIN IMMEDIATE");
        fill(db, 1 + i * 40);
        run(db, i % 3 ? "COMMIT" : "ROLLBACK");
        rows += i % 3 ? 40 : 0;
        assert_int_equal(number(dbs[0], "SELECT count(*) FROM t"), rows);
        assert_int_equal(number(dbs[1], "SELECT count(*) FROM t"), rows);
        if (i % 20 == 0)
            run(dbs[1], "PRAGMA wal_checkpoint");
    }
    sqlite->sqlite3_close(dbs[0]);
    assert_sound(dbs[1], rows);
    sqlite->sqlite3_close(dbs[1]);
}

static void a_failed_write_fails_the_commit(void **state) {
    sqlite3 *db = open_db(*state);
    fill(db, 1);
    vfs_fault_fail(VFS_FAULT_WRITE, 1, SQLITE_FULL, true);
    run(db, "BEGIN; INSERT INTO t VALUES (1000, 'x')");
    assert_int_equal(sqlite->sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_FULL);
    vfs_fault_clear();
    if (!sqlite->sqlite3_get_autocommit(db))
        run(db, "ROLLBACK");
    assert_sound(db, 40);
    fill(db, 2001);
    assert_sound(db, 80);
    sqlite->sqlite3_close(db);
}

static void it_can_be_switched_off(void **state) {
    char joined[40], below[40];
    snprintf(joined, sizeof joined, "%s", wal_vfs());
    setenv("SLUICE_WAL_VFS", "0", 1);
    snprintf(below, sizeof below, "%s", wal_vfs());
    sqlite3 *db = open_db(*state);
    fill(db, 1);
    assert_int_equal(number(db, "SELECT count(*) FROM t"), 40);
    sqlite->sqlite3_close(db);
    unsetenv("SLUICE_WAL_VFS");
    assert_string_not_equal(joined, below);
    assert_string_equal(wal_vfs(), joined);
    db = open_db(*state); /* what one has written the other reads */
    assert_int_equal(number(db, "SELECT count(*) FROM t"), 40);
    sqlite->sqlite3_close(db);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_commit_is_a_few_writes_and_durable, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_written_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_rollback_leaves_nothing_behind, set_up, tear_down),
        cmocka_unit_test_setup_teardown(turns_dont_mix, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_failed_write_fails_the_commit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_can_be_switched_off, set_up, tear_down),
    };
    sqlite = sqlite_library(NULL);
    vfs_fault_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
