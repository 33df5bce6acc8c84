/* The sink when the database can't be written: locked, read-only, full, not a database, killed. What
 * happens to a process happens to a child, whose exit code is the number of the check that didn't hold. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "sqlite_sink.h"
#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

static int open_sink(struct sqlite_sink *s, const char *path) {
    const char *options[] = {path, "lock_wait=50ms", NULL};
    return sqlite_sink_open(s, options);
}

static void assert_why(const struct sqlite_sink *s, const char *part) {
    if (!strstr(s->sink.error.text, part))
        fail_msg("'%s' isn't in: %s", part, s->sink.error.text);
}

/* Probing `path` fails with `code`, and says `part`. */
static void assert_refused(struct sqlite_sink *s, const char *path, int code, const char *part) {
    char option[160];
    snprintf(option, sizeof option, "path=%s", path);
    assert_int_equal(open_sink(s, option), 0);
    assert_int_equal(sqlite_sink_probe(s), code);
    assert_why(s, part);
    /* Writing doesn't do it either, and says so in the same way. */
    assert_int_equal(sqlite_sink_write(s, ROWS("order_id|imei", "1|001001001234563"), NULL), code);
    assert_why(s, part);
    harness_close(&s->sink);
}

/* Run `work` in a child; its exit code. */
static int in_child(struct sqlite_sink *s, int (*work)(struct sqlite_sink *s)) {
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(work(s));
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* ---- locked ------------------------------------------------------------------------------- */

/* A child that holds the write lock, from the byte it sends until its input is closed. */
static pid_t start_holder(struct sqlite_sink *s, int *end) {
    int ready[2], stop[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(stop), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        sqlite3 *handle;
        close(stop[1]);
        if (sqlite3_open(s->file.path, &handle) ||
            sqlite3_exec(handle, "BEGIN IMMEDIATE", NULL, NULL, NULL) || write(ready[1], "", 1) != 1)
            _exit(1);
        _exit(read(stop[0], &byte, 1) == 0 && sqlite3_close(handle) == SQLITE_OK ? 0 : 2);
    }
    close(ready[1]);
    close(stop[0]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    *end = stop[1];
    return child;
}

static void end_holder(pid_t child, int end) {
    int status;
    close(end);
    assert_int_equal(waitpid(child, &status, 0), child);
}

static void test_locked(void **state) {
    struct sqlite_sink *s = *state;
    int end;
    char holder[64];
    assert_int_equal(open_sink(s, s->file.option), 0);
    assert_int_equal(sqlite_sink_probe(s), 0);
    pid_t child = start_holder(s, &end);
    snprintf(holder, sizeof holder, "locked by process %d (", (int)child);
    assert_int_equal(sqlite_sink_write(s, ROWS("order_id|imei", "1|001001001234563"), NULL),
                     SLUICE_E_UNAVAILABLE);
    assert_why(s, holder);
    assert_int_equal(sqlite_sink_probe(s), SLUICE_E_UNAVAILABLE);
    assert_why(s, holder);
    end_holder(child, end);
    /* The lock is gone: the same sink goes on. */
    assert_int_equal(sqlite_sink_write(s, ROWS("order_id|imei", "1|001001001234563"), NULL), 0);
    assert_int_equal(sqlite_sink_commit(s), 0);
    harness_close(&s->sink);
    assert_query(s, "SELECT count(*) FROM orders", "1");
}

/* The same when the lock is met while the file is opened, and its journal mode is not yet WAL. */
static void test_locked_at_start(void **state) {
    struct sqlite_sink *s = *state;
    int end;
    sqlite_file_run(&s->file, "CREATE TABLE other(a)");
    pid_t child = start_holder(s, &end);
    assert_refused(s, s->file.path, SLUICE_E_UNAVAILABLE, "locked by process");
    end_holder(child, end);
    assert_query(s, "SELECT count(*) FROM sqlite_master", "1");
}

/* ---- what isn't a database ---------------------------------------------------------------- */

static void test_not_a_database(void **state) {
    struct sqlite_sink *s = *state;
    char text[256];
    FILE *out = fopen(s->file.path, "w");
    for (int i = 0; i < 200; i++)
        fprintf(out, "order_id,imei\n");
    fclose(out);
    assert_refused(s, s->file.path, SLUICE_E_CONFIG, "not a SQLite database");
    /* It is left as it was. */
    FILE *in = fopen(s->file.path, "r");
    assert_non_null(fgets(text, sizeof text, in));
    fclose(in);
    assert_string_equal(text, "order_id,imei\n");
}

static void test_no_directory(void **state) {
    struct sqlite_sink *s = *state;
    char path[128];
    snprintf(path, sizeof path, "%s/missing/store.db", s->file.dir);
    assert_refused(s, path, SLUICE_E_CANTCREAT, "No such file or directory");
    assert_refused(s, s->file.dir, SLUICE_E_CANTCREAT, "directory");
    assert_refused(s, "", SLUICE_E_CONFIG, "option 'path'");
}

/* A name that SQLite would take for something else is a file like any other. */
static void test_odd_name(void **state) {
    struct sqlite_sink *s = *state;
    char before[4096];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(s->file.dir), 0);
    assert_int_equal(open_sink(s, "path=:memory:"), 0);
    assert_int_equal(sqlite_sink_probe(s), 0);
    harness_close(&s->sink);
    assert_int_equal(unlink(":memory:"), 0);
    assert_int_equal(chdir(before), 0);
}

/* ---- read-only ---------------------------------------------------------------------------- */

/* Root may write everything, so the child is somebody else; who may not even look where the plugin lies, so
 * that it is loaded before. */
static int without_rights(void) {
    static struct harness loaded;
    if (harness_open(&loaded, "sqlite", "sqlite", SLUICE_SOURCE, false, NULL))
        return 1;
    return getuid() == 0 && (setgid(65534) || setuid(65534));
}

static int probe_without_rights(struct sqlite_sink *s) {
    if (without_rights() || open_sink(s, s->file.option))
        return 100;
    int code = -sqlite_sink_probe(s);
    bool said = strstr(s->sink.error.text, "read-only") || strstr(s->sink.error.text, "Permission denied");
    if (!said)
        print_error("%s\n", s->sink.error.text);
    harness_close(&s->sink);
    return said ? code : 101;
}

static void test_read_only(void **state) {
    struct sqlite_sink *s = *state;
    /* No file, and none can be made. */
    assert_int_equal(chmod(s->file.dir, 0555), 0);
    assert_int_equal(in_child(s, probe_without_rights), -SLUICE_E_IO);
    /* A file that can only be read, in such a directory and in one where files can be made. */
    assert_int_equal(chmod(s->file.dir, 0755), 0);
    sqlite_file_run(&s->file, "CREATE TABLE other(a)");
    assert_int_equal(chmod(s->file.path, 0444), 0);
    assert_int_equal(in_child(s, probe_without_rights), -SLUICE_E_IO);
    assert_int_equal(chmod(s->file.dir, 0777), 0);
    assert_int_equal(in_child(s, probe_without_rights), -SLUICE_E_IO);
    assert_int_equal(chmod(s->file.path, 0644), 0);
    assert_query(s, "SELECT group_concat(name) FROM sqlite_master", "other");
}

static int read_without_rights(struct sqlite_sink *s) {
    struct batch *batch;
    const char *options[] = {s->file.option, "table=other", NULL};
    if (without_rights() || harness_open(&s->sink, "sqlite", "sqlite", SLUICE_SOURCE, false, options))
        return 100;
    int code = -harness_read(&s->sink, &batch);
    bool said = strstr(s->sink.error.text, "permission for the directory");
    harness_close(&s->sink);
    return said ? code : 101;
}

/* Reading in write-ahead mode takes a file beside the database. */
static void test_read_only_source(void **state) {
    struct sqlite_sink *s = *state;
    sqlite_file_run(&s->file, "PRAGMA journal_mode = WAL; CREATE TABLE other(a)");
    assert_int_equal(chmod(s->file.dir, 0555), 0);
    assert_int_equal(in_child(s, read_without_rights), -SLUICE_E_NOINPUT);
    assert_int_equal(chmod(s->file.dir, 0755), 0);
}

/* ---- full --------------------------------------------------------------------------------- */

static struct batch *many_orders(uint32_t from, uint32_t count) {
    struct filling filling;
    sluice_text names[] = {TEXT("order_id"), TEXT("imei"), TEXT("notes")};
    if (filling_begin(&filling, count, BATCH_BYTES, NULL) || filling_columns(&filling.view, names, 3, NULL))
        abort();
    for (uint32_t r = 0; r < count; r++) {
        filling.view.cells[0][r] = text_of(arena_printf(filling.view.arena, "%u", from + r));
        filling.view.cells[1][r] = text_of(arena_printf(filling.view.arena, "00%013u", from + r));
        filling.view.cells[2][r] = text_of(arena_printf(filling.view.arena, "%0200u", from + r));
        filling.view.numbers[r] = r + 1;
    }
    filling.view.row_count = count;
    return filling_end(&filling);
}

static int write_orders(struct sqlite_sink *s, uint32_t from, uint32_t count) {
    return sqlite_sink_write_batch(s, many_orders(from, count), NULL);
}

/* No file may grow beyond 1 MiB: the disk of this child is full at some point. */
static int fill_disk(struct sqlite_sink *s) {
    struct rlimit limit = {1 << 20, 1 << 20};
    uint32_t group = 0;
    int failed = 0;
    signal(SIGXFSZ, SIG_IGN);
    if (open_sink(s, s->file.option) || sqlite_sink_probe(s) || setrlimit(RLIMIT_FSIZE, &limit))
        return 100;
    for (; group < 1000 && !failed; group++) {
        failed = write_orders(s, group * 500, 500);
        failed = failed ? failed : sqlite_sink_commit(s);
    }
    if (group < 2 || !strstr(s->sink.error.text, s->file.path))
        return 101;
    /* It stays full: a second try fails as the first did. */
    if (write_orders(s, 500000, 3000) != failed && sqlite_sink_commit(s) != failed)
        return 102;
    harness_close(&s->sink);
    return -failed;
}

static void test_full(void **state) {
    struct sqlite_sink *s = *state;
    assert_int_equal(in_child(s, fill_disk), -SLUICE_E_IO);
    /* Whole groups are there, and nothing of the one that didn't fit. */
    assert_query(s, "SELECT count(*) > 0, count(*) % 500, max(order_id + 0) + 1 = count(*) FROM orders",
                 "1|0|1");
    assert_query(s, "PRAGMA integrity_check", "ok");
    /* With room again, the rest goes in. */
    assert_int_equal(open_sink(s, s->file.option), 0);
    assert_int_equal(write_orders(s, 0, 5000), 0);
    assert_int_equal(sqlite_sink_commit(s), 0);
    harness_close(&s->sink);
    assert_query(s, "SELECT count(*), count(DISTINCT order_id) FROM orders", "5000|5000");
}

/* ---- killed ------------------------------------------------------------------------------- */

static int die_before_commit(struct sqlite_sink *s) {
    if (open_sink(s, s->file.option) || write_orders(s, 0, 500) || sqlite_sink_commit(s) ||
        write_orders(s, 500, 5000))
        return 100;
    raise(SIGKILL);
    return 101;
}

static void test_killed(void **state) {
    struct sqlite_sink *s = *state;
    assert_int_equal(in_child(s, die_before_commit), 1000 + SIGKILL);
    assert_query(s, "SELECT count(*) FROM orders", "500");
    /* Delivered again, from the last commit and a little before it. */
    assert_int_equal(open_sink(s, s->file.option), 0);
    assert_int_equal(write_orders(s, 400, 5100), 0);
    assert_int_equal(sqlite_sink_commit(s), 0);
    harness_close(&s->sink);
    assert_query(s, "SELECT count(*), count(DISTINCT order_id) FROM orders", "5500|5500");
    assert_query(s, "PRAGMA integrity_check", "ok");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, sqlite_sink_setup, sqlite_sink_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_locked),   TEST(test_locked_at_start), TEST(test_not_a_database),   TEST(test_no_directory),
        TEST(test_odd_name), TEST(test_read_only),       TEST(test_read_only_source), TEST(test_full),
        TEST(test_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
