/* The source: which rows come, in which order, and from what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "sqlite_file.h"

#include <cmocka.h> /* last: it has a macro called fail */

struct fixture {
    struct sqlite_file file;
    struct harness source;
};

static const char orders_sql[] =
    "CREATE TABLE orders(id INTEGER PRIMARY KEY, order_id TEXT, imei TEXT, status TEXT, order_date TEXT, "
    "created_at TEXT,"
    " credits REAL);"
    "INSERT INTO orders VALUES"
    "(1, 'a', '001001001234563', 'Pending', '2026-11-20 10:00:00', '2026-11-20 10:00:05', 0.08),"
    "(2, 'b', '004400000000016', 'Completed', '2026-11-21T10:00:00Z', '2026-11-21 10:00:05', 5),"
    "(5, 'c', '004900000000015', 'In Process', NULL, '2026-11-22 08:30:00', NULL),"
    "(9, 'd', '008600000000017', 'PENDING', '2026-11-22 09:00:00', '2026-11-22 09:00:05', 1.5)";

static int setup(void **state) {
    static struct fixture fixture;
    sqlite_file_make(&fixture.file);
    sqlite_file_run(&fixture.file, orders_sql);
    *state = &fixture;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    sqlite_file_remove(&f->file);
    return 0;
}

static int open_source(struct fixture *f, const char *const *more) {
    const char *options[16] = {f->file.option, "lock_wait=50ms"};
    for (int i = 0; more && more[i]; i++)
        options[2 + i] = more[i];
    return harness_open(&f->source, "sqlite", "sqlite", SLUICE_SOURCE, false, options);
}

/* One column of all rows, joined. */
static const char *read_all(struct fixture *f, const char *column) {
    static char out[4096];
    struct batch *batch;
    int answer = 0;
    size_t at = 0;
    out[0] = '\0';
    while (answer == 0) {
        answer = harness_read(&f->source, &batch);
        for (uint32_t r = 0; batch && r < batch->view.row_count; r++)
            at += (size_t)snprintf(out + at, sizeof out - at, "%s%s", at ? " " : "",
                                   harness_cell(batch, r, column));
        if (batch)
            batch_unref(batch);
    }
    assert_int_equal(answer, SLUICE_END);
    return out;
}

#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void assert_ids(struct fixture *f, const char *const *options, const char *expected) {
    assert_int_equal(open_source(f, options), 0);
    assert_string_equal(read_all(f, "order_id"), expected);
    harness_close(&f->source);
}

static void refused(struct fixture *f, const char *const *options, int code, const char *part) {
    struct batch *batch;
    int answer = open_source(f, options);
    if (!answer)
        answer = harness_read(&f->source, &batch);
    assert_int_equal(answer, code);
    if (!strstr(f->source.error.text, part))
        fail_msg("'%s' isn't in: %s", part, f->source.error.text);
    harness_close(&f->source);
}

/* ------------------------------------------------------------------------------------------- */

static void test_all(void **state) {
    struct fixture *f = *state;
    struct batch *batch;
    assert_int_equal(open_source(f, NULL), 0);
    assert_int_equal(f->source.instance.type->source->remaining(f->source.instance.handle), 4);
    assert_int_equal(harness_read(&f->source, &batch), SLUICE_END);
    assert_int_equal(batch->view.column_count, 7);
    assert_int_equal(batch->view.row_count, 4);
    assert_int_equal(batch->view.numbers[3], 4);
    assert_string_equal(harness_cell(batch, 0, "id"), "1");
    assert_string_equal(harness_cell(batch, 0, "imei"), "001001001234563");
    assert_string_equal(harness_cell(batch, 0, "credits"), "0.08");
    assert_string_equal(harness_cell(batch, 2, "order_date"), "(null)");
    batch_unref(batch);
    assert_int_equal(f->source.instance.type->source->remaining(f->source.instance.handle), 0);
    assert_int_equal(harness_read(&f->source, &batch), SLUICE_END);
    assert_null(batch);
    harness_close(&f->source);
}

static void test_filters(void **state) {
    struct fixture *f = *state;
    assert_ids(f, NULL, "a b c d");
    assert_ids(f, OPTIONS("status=pending"), "a d");
    assert_ids(f, OPTIONS("status=PENDING", "status=in process"), "a c d");
    assert_ids(f, OPTIONS("status=none of these"), "");
    assert_ids(f, OPTIONS("imei=008600000000017", "imei=004400000000016"), "b d");
    assert_ids(f, OPTIONS("imei=008600000000017", "imei=004400000000016", "status=pending"), "d");
    assert_ids(f, OPTIONS("limit=3"), "a b c");
    assert_ids(f, OPTIONS("order=newest"), "d c b a");
    assert_ids(f, OPTIONS("order=newest", "limit=2", "status=pending"), "d a");
}

/* Either form of a time in the column, and the time of creation where there is none. */
static void test_since(void **state) {
    struct fixture *f = *state;
    assert_ids(f, OPTIONS("since=2026-11-21"), "b c d");
    assert_ids(f, OPTIONS("since=2026-11-21 10:00:00"), "b c d");
    assert_ids(f, OPTIONS("since=2026-11-21T10:00:01Z"), "c d");
    assert_ids(f, OPTIONS("since=2026-11-22 08:31"), "d");
    refused(f, OPTIONS("since=yesterday"), SLUICE_E_CONFIG, "option 'since'");
    refused(f, OPTIONS("since=2026-11-2x"), SLUICE_E_CONFIG, "option 'since'");
}

/* By the key: rows that are written meanwhile don't disturb, gaps neither, and nothing stays locked. */
static void test_many(void **state) {
    struct fixture *f = *state;
    struct batch *batch;
    uint64_t rows = 0;
    int answer = 0;
    sqlite_file_run(&f->file,
                    "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 3 FROM n WHERE i < 60000)"
                    " INSERT INTO orders(id, order_id) SELECT i, 'x' || i FROM n");
    assert_int_equal(open_source(f, NULL), 0);
    while (answer == 0) {
        answer = harness_read(&f->source, &batch);
        assert_true(answer >= 0);
        rows += batch ? batch->view.row_count : 0;
        if (batch)
            batch_unref(batch);
        sqlite_file_run(&f->file, "UPDATE orders SET status = 'Completed'; INSERT INTO orders(id) VALUES(-1)"
                                  " ON CONFLICT DO NOTHING");
    }
    harness_close(&f->source);
    assert_int_equal(rows, 4 + 19998);
}

/* Without a rowid the rows come all the same. */
static void test_view(void **state) {
    struct fixture *f = *state;
    sqlite_file_run(&f->file, "CREATE VIEW done AS SELECT order_id FROM orders WHERE status = 'Completed';"
                              "CREATE TABLE keyed(order_id TEXT PRIMARY KEY) WITHOUT ROWID;"
                              "INSERT INTO keyed SELECT order_id FROM orders");
    assert_ids(f, OPTIONS("table=done"), "b");
    assert_ids(f, OPTIONS("table=keyed"), "a b c d");
    refused(f, OPTIONS("table=done", "order=newest"), SLUICE_E_CONFIG, "option 'order'");
    refused(f, OPTIONS("table=done", "status=x"), SLUICE_E_CONFIG, "no column 'status'");
}

static void test_wrong(void **state) {
    struct fixture *f = *state;
    char path[192];
    FILE *out;
    refused(f, OPTIONS("table=none"), SLUICE_E_NOINPUT, "no table 'none'");
    snprintf(path, sizeof path, "path=%s/missing.db", f->file.dir);
    refused(f, OPTIONS(path), SLUICE_E_NOINPUT, "No such file");
    snprintf(path, sizeof path, "path=%s", f->file.dir);
    refused(f, OPTIONS(path), SLUICE_E_NOINPUT, "directory");
    out = fopen(f->file.path, "w");
    for (int i = 0; i < 200; i++)
        fprintf(out, "imei,status\n");
    fclose(out);
    refused(f, NULL, SLUICE_E_DATA, "not a SQLite database");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_all),  TEST(test_filters), TEST(test_since),
        TEST(test_many), TEST(test_view),    TEST(test_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
