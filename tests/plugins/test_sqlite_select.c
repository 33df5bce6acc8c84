/* The source as a store that is asked: rows that an index finds, fields, services, text. */
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

/* 2000 orders; every 40th is Pending, in three spellings; each IMEI has two orders, 1000 rows apart. */
static const char orders_sql[] =
    "CREATE TABLE orders(id INTEGER PRIMARY KEY, order_id TEXT, provider TEXT, account TEXT, imei TEXT,"
    " service_id TEXT, service_name TEXT, status TEXT, model TEXT, notes TEXT,"
    " UNIQUE(provider, account, order_id));"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
    " INSERT INTO orders SELECT i, 'o' || i, 'p', 'a', printf('%015d', i % 1000), 1700 + i % 4,"
    " CASE i % 4 WHEN 1 THEN 'Carrier Check' ELSE 'Other' END,"
    " CASE WHEN i % 40 THEN 'Completed' WHEN i % 80 THEN 'Pending' WHEN i % 160 THEN 'PENDING' ELSE "
    "'pending' "
    "END,"
    " 'Model_' || i, CASE i WHEN 7 THEN '100% sure' WHEN 8 THEN '100 times' END FROM n;"
    "CREATE INDEX by_imei ON orders(imei); CREATE INDEX by_status ON orders(status)";

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

/* The order ids of all rows, joined, and their number. */
static const char *read_all(struct fixture *f, unsigned *count) {
    static char out[32768];
    struct batch *batch;
    int answer = 0;
    size_t at = 0;
    out[0] = '\0';
    *count = 0;
    while (answer == 0) {
        answer = harness_read(&f->source, &batch);
        for (uint32_t r = 0; batch && r < batch->view.row_count; r++, ++*count)
            at += (size_t)snprintf(out + at, sizeof out - at, "%s%s", at ? " " : "",
                                   harness_cell(batch, r, "order_id"));
        if (batch)
            batch_unref(batch);
    }
    assert_int_equal(answer, SLUICE_END);
    return out;
}

#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void assert_ids(struct fixture *f, const char *const *options, const char *expected) {
    unsigned count;
    assert_int_equal(open_source(f, options), 0);
    assert_string_equal(read_all(f, &count), expected);
    harness_close(&f->source);
}

static unsigned count_of(struct fixture *f, const char *const *options) {
    unsigned count;
    assert_int_equal(open_source(f, options), 0);
    read_all(f, &count);
    harness_close(&f->source);
    return count;
}

static void refused(struct fixture *f, const char *const *options, const char *part) {
    struct batch *batch;
    int answer = open_source(f, options);
    if (!answer)
        answer = harness_read(&f->source, &batch);
    assert_int_equal(answer, SLUICE_E_CONFIG);
    if (!strstr(f->source.error.text, part))
        fail_msg("'%s' isn't in: %s", part, f->source.error.text);
    harness_close(&f->source);
}

/* ------------------------------------------------------------------------------------------- */

/* By the index, in whatever letter case, and in the order of the rows; the same without the index. */
static void status_by_index_and_without(void **state) {
    struct fixture *f = *state;
    for (int indexed = 1; indexed >= 0; indexed--) {
        if (!indexed)
            sqlite_file_run(&f->file, "DROP INDEX by_status");
        assert_ids(f, OPTIONS("status=pEnDing", "limit=5"), "o40 o80 o120 o160 o200");
        assert_ids(f, OPTIONS("status=pending", "limit=3", "order=newest"), "o2000 o1960 o1920");
        assert_int_equal(count_of(f, OPTIONS("status=pending")), 50);
        assert_int_equal(count_of(f, OPTIONS("status=completed")), 1950);
        assert_int_equal(count_of(f, OPTIONS("status=Completed", "status=PENDING")), 2000);
        assert_int_equal(count_of(f, OPTIONS("status=none of these")), 0);
    }
}

static void imeis(void **state) {
    struct fixture *f = *state;
    for (int indexed = 1; indexed >= 0; indexed--) {
        if (!indexed)
            sqlite_file_run(&f->file, "DROP INDEX by_imei");
        assert_ids(f, OPTIONS("imei=000000000000040", "imei=000000000000007", "imei=000000000000040"),
                   "o7 o40 o1007 o1040");
        assert_ids(f, OPTIONS("imei=000000000000040", "imei=000000000000007", "order=newest", "limit=2"),
                   "o1040 o1007");
        assert_ids(f, OPTIONS("imei=000000000000040", "imei=000000000000007", "status=PENDING"), "o40 o1040");
        assert_ids(f, OPTIONS("imei=000000000000007", "order_id=o7", "order_id=o8"), "o7");
        assert_ids(f, OPTIONS("imei="), "");
    }
}

/* A page ends with a key, and the next one begins behind it, whichever way the rows are found. */
static void pages(void **state) {
    struct fixture *f = *state;
    static const char *const ways[] = {"status=pending", "service=Carrier Check", "imei=000000000000040"};
    static const char *const pages[][3] = {{"o2000 o1960 o1920", "o1880 o1840 o1800", "o40"},
                                           {"o1997 o1993 o1989", "o1917 o1913 o1909", "o77 o73 o69"},
                                           {"o1040 o40", "o1040 o40", "o40"}};
    static const char *const behind[][3] = {
        {"", "after=1920", "after=41"}, {"", "after=1920", "after=81"}, {"", "after=1041", "after=1040"}};
    for (size_t w = 0; w < 3; w++)
        for (size_t p = 0; p < 3; p++)
            assert_ids(f,
                       *behind[w][p] ? OPTIONS(ways[w], "order=newest", "limit=3", behind[w][p])
                                     : OPTIONS(ways[w], "order=newest", "limit=3"),
                       pages[w][p]);
    assert_ids(f, OPTIONS("limit=2", "after=1998"), "o1999 o2000");
    assert_ids(f, OPTIONS("status=pending", "after=1960"), "o2000");
    assert_ids(f, OPTIONS("after=9223372036854775807"), "");
    assert_ids(f, OPTIONS("order=newest", "after=-9223372036854775808"), "");
    refused(f, OPTIONS("after=o17"), "'o17' is no _key of this store");
    refused(f, OPTIONS("after=99999999999999999999"), "is no _key");
}

static void keys(void **state) {
    struct fixture *f = *state;
    struct batch *batch;
    assert_int_equal(
        open_source(f, OPTIONS("keyed=true", "fields=order_id", "order=newest", "limit=2", "after=100")), 0);
    assert_int_equal(harness_read(&f->source, &batch), SLUICE_END);
    assert_int_equal(batch->view.column_count, 2);
    assert_string_equal(harness_cell(batch, 0, "_key"), "99");
    assert_string_equal(harness_cell(batch, 1, "_key"), "98");
    assert_string_equal(harness_cell(batch, 1, "order_id"), "o98");
    batch_unref(batch);
    harness_close(&f->source);
}

static void until(void **state) {
    struct fixture *f = *state;
    sqlite_file_run(&f->file, "ALTER TABLE orders ADD COLUMN order_date TEXT;"
                              "UPDATE orders SET order_date = printf('2026-11-%02d 10:00:00', id % 28 + 1)"
                              " WHERE id < 100");
    assert_ids(f, OPTIONS("since=2026-11-27", "until=2026-11-28"), "o26 o54 o82");
    assert_ids(f, OPTIONS("until=2026-11-01 10:00:01", "status=Completed"), "o28 o56 o84");
    refused(f, OPTIONS("until=tomorrow"), "option 'until': 'tomorrow' is not a date");
}

static void order_ids(void **state) {
    struct fixture *f = *state;
    assert_ids(f, OPTIONS("order_id=o1500", "order_id=o3", "order_id=nothing"), "o3 o1500");
    assert_ids(f, OPTIONS("order_id=o1500", "order_id=o3", "status=pending"), "");
}

/* The unique key begins with provider and account; some rows have neither. */
static void order_ids_of_several_accounts(void **state) {
    struct fixture *f = *state;
    static const char *const none[] = {"order_id=o1500", "order_id=o9", "order_id=o77", "order_id=", NULL};
    for (int indexed = 0; indexed < 2; indexed++) {
        if (!indexed)
            sqlite_file_run(&f->file, "UPDATE orders SET account = 'b', provider = 'q' WHERE id % 5 = 0;"
                                      "UPDATE orders SET account = NULL WHERE id % 7 = 0;"
                                      "UPDATE orders SET provider = NULL WHERE id % 11 = 0;"
                                      "UPDATE orders SET provider = '' WHERE id % 13 = 0;"
                                      "INSERT INTO orders(order_id, provider, account, imei) VALUES"
                                      " ('o9', 'z', 'y', '9'), ('o9', 'z', 'x', '8'), (NULL, 'z', 'x', '7')");
        else
            sqlite_file_run(&f->file, "CREATE INDEX by_order ON orders(order_id)");
        assert_ids(f, none, "o9 o77 o1500 o9 o9");
        assert_ids(f, OPTIONS("order_id=o1001", "order_id=o1100", "order_id=o13", "order_id=o2000"),
                   "o13 o1001 o1100 o2000");
    }
}

static void services(void **state) {
    struct fixture *f = *state;
    assert_ids(f, OPTIONS("service=1701", "limit=2"), "o1 o5");
    assert_ids(f, OPTIONS("service=carrier CHECK", "limit=2"), "o1 o5");
    assert_int_equal(count_of(f, OPTIONS("service=carrier check", "service=1700")), 1000);
    assert_int_equal(count_of(f, OPTIONS("service=170")), 0);
    sqlite_file_run(&f->file, "ALTER TABLE orders DROP COLUMN service_name");
    assert_int_equal(count_of(f, OPTIONS("service=1701")), 500);
}

/* What LIKE takes for a pattern is text here. */
static void text(void **state) {
    struct fixture *f = *state;
    assert_ids(f, OPTIONS("text=mODEL_1999"), "o1999");
    assert_ids(f, OPTIONS("text=100%"), "o7");
    assert_ids(f, OPTIONS("text=l_7", "limit=2"), "o7 o70");
    assert_ids(f, OPTIONS("text=\\"), "");
    assert_ids(f, OPTIONS("text=model_1", "status=pending", "service=1700", "limit=3"), "o120 o160 o1000");
    static char longer[1100] = "text=";
    memset(longer + 5, 'x', sizeof longer - 6);
    refused(f, OPTIONS(longer), "1000 bytes at most");
}

static void fields(void **state) {
    struct fixture *f = *state;
    struct batch *batch;
    assert_int_equal(open_source(f, OPTIONS("fields=imei", "fields=order_id", "limit=1")), 0);
    assert_int_equal(harness_read(&f->source, &batch), SLUICE_END);
    assert_int_equal(batch->view.column_count, 2);
    assert_memory_equal(batch->view.names[0].ptr, "imei", 4);
    assert_string_equal(harness_cell(batch, 0, "order_id"), "o1");
    batch_unref(batch);
    harness_close(&f->source);
    refused(f, OPTIONS("fields=imei", "fields=price"), "no column 'price'");
    refused(f, OPTIONS("fields=imei", "fields=IMEI"), "twice");
}

/* Rows that a pipeline changes while it reads are given once, and those that no longer fit not at all. */
static void changed_while_read(void **state) {
    struct fixture *f = *state;
    struct batch *batch;
    unsigned rows = 0;
    int answer = 0;
    sqlite_file_run(&f->file,
                    "WITH RECURSIVE n(i) AS (SELECT 3000 UNION ALL SELECT i + 1 FROM n WHERE i < 92999)"
                    " INSERT INTO orders(id, order_id, imei, status)"
                    " SELECT i, 'x' || i, 'y', CASE WHEN i % 5 THEN 'Done' ELSE 'Pending' END FROM n");
    assert_int_equal(open_source(f, OPTIONS("status=pending")), 0);
    while (answer == 0) {
        answer = harness_read(&f->source, &batch);
        assert_true(answer >= 0);
        rows += batch ? batch->view.row_count : 0;
        if (batch)
            batch_unref(batch);
        sqlite_file_run(&f->file,
                        "UPDATE orders SET status = 'Completed' WHERE id < 10000;"
                        "UPDATE orders SET status = 'Completed' WHERE id >= 80000 AND status = 'Pending';"
                        "INSERT INTO orders(status) VALUES('Pending')");
    }
    harness_close(&f->source);
    assert_int_equal(rows, 50 + (80000 - 3000) / 5);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(status_by_index_and_without),
        TEST(imeis),
        TEST(pages),
        TEST(keys),
        TEST(until),
        TEST(order_ids),
        TEST(order_ids_of_several_accounts),
        TEST(services),
        TEST(text),
        TEST(fields),
        TEST(changed_while_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
