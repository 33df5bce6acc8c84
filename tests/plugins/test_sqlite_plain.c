/* The sink with a table of any shape: made, used as it is, filled in bulk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "sqlite_sink.h"
#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

static void open_sink(struct sqlite_sink *s, const char *conflict) {
    const char *options[] = {s->file.option, "table=stock", conflict, NULL};
    assert_int_equal(sqlite_sink_open(s, options), 0);
}

static void deliver_to(struct sqlite_sink *s, const char *const *rows, struct changes *changes) {
    open_sink(s, "conflict=imei");
    assert_int_equal(sqlite_sink_write(s, rows, changes), 0);
    assert_int_equal(sqlite_sink_commit(s), 0);
    harness_close(&s->sink);
}

static void deliver(struct sqlite_sink *s, const char *const *rows) {
    struct changes changes;
    deliver_to(s, rows, &changes);
    assert_int_equal(changes.reject_count, 0);
    changes_free(&changes);
}

static void refused(struct sqlite_sink *s, const char *conflict, const char *const *rows, int code,
                    const char *part) {
    struct changes changes;
    open_sink(s, conflict);
    assert_int_equal(sqlite_sink_write(s, rows, &changes), code);
    if (!strstr(s->sink.error.text, part))
        fail_msg("'%s' isn't in: %s", part, s->sink.error.text);
    changes_free(&changes);
    harness_close(&s->sink);
}

/* ---- a table that the sink makes ---------------------------------------------------------- */

static void test_made(void **state) {
    struct sqlite_sink *s = *state;
    deliver(s, ROWS("imei|Shelf no.|qty", "001001001234563|A \"1\"|007", "004400000000016|~|"));
    assert_query(s, "SELECT * FROM stock", "001001001234563|A \"1\"|007/004400000000016|~|");
    assert_query(s, "SELECT group_concat(name || ' ' || type, ', ') FROM pragma_table_info('stock')",
                 "imei TEXT, Shelf no. TEXT, qty TEXT");
    assert_query(s, "SELECT count(*) FROM sqlite_master", "2"); /* the table and its unique index */
    assert_query(s, "PRAGMA journal_mode", "wal");
}

static void test_upsert(void **state) {
    struct sqlite_sink *s = *state;
    deliver(s, ROWS("imei|shelf", "001001001234563|A", "004400000000016|B", "001001001234563|C"));
    assert_query(s, "SELECT imei, shelf FROM stock ORDER BY imei", "001001001234563|C/004400000000016|B");
    deliver(s, ROWS("imei|shelf", "004400000000016|~", "004900000000015|D"));
    assert_query(s, "SELECT imei, shelf FROM stock ORDER BY imei",
                 "001001001234563|C/004400000000016|~/004900000000015|D");
}

static void test_several_keys(void **state) {
    struct sqlite_sink *s = *state;
    const char *options[] = {s->file.option, "table=stock", "conflict=imei", "conflict=place", NULL};
    struct changes changes;
    assert_int_equal(sqlite_sink_open(s, options), 0);
    assert_int_equal(
        sqlite_sink_write(s, ROWS("qty|imei|place", "1|0010|a", "2|0010|b", "3|0010|a"), &changes), 0);
    changes_free(&changes);
    assert_int_equal(sqlite_sink_commit(s), 0);
    harness_close(&s->sink);
    assert_query(s, "SELECT qty, imei, place FROM stock ORDER BY place", "3|0010|a/2|0010|b");
}

static void test_only_keys(void **state) {
    struct sqlite_sink *s = *state;
    deliver(s, ROWS("imei", "0010", "0010", "0011"));
    assert_query(s, "SELECT imei FROM stock ORDER BY imei", "0010/0011");
}

static void test_letter_case(void **state) {
    struct sqlite_sink *s = *state;
    deliver(s, ROWS("IMEI|Qty|qty", "0010|1|2"));
    assert_query(s, "SELECT * FROM stock", "0010|1");
}

static void test_no_key_value(void **state) {
    struct sqlite_sink *s = *state;
    struct changes changes;
    deliver_to(s, ROWS("imei|shelf", "~|A", "0010|B", "|C"), &changes);
    assert_int_equal(changes.reject_count, 2);
    assert_string_equal(changes.rejects[0].code, "no_key");
    assert_int_equal(changes.rejects[1].row, 2);
    changes_free(&changes);
    assert_query(s, "SELECT * FROM stock", "0010|B");
}

/* NUL, bytes that are not UTF-8, and SQL stay what they are. */
static void test_odd_values(void **state) {
    struct sqlite_sink *s = *state;
    static const char odd[] = "a\0b\xff\xfe'; DROP TABLE stock; --";
    struct filling filling;
    struct changes changes;
    sluice_text names[] = {TEXT("imei"), TEXT("shelf")};
    assert_int_equal(filling_begin(&filling, 1, BATCH_BYTES, NULL), 0);
    assert_int_equal(filling_columns(&filling.view, names, 2, NULL), 0);
    filling.view.cells[0][0] = TEXT("0010");
    filling.view.cells[1][0] = TEXT(odd);
    filling.view.numbers[0] = 1;
    filling.view.row_count = 1;
    struct batch *batch = filling_end(&filling);
    open_sink(s, "conflict=imei");
    assert_int_equal(harness_write(&s->sink, batch, &changes), 0);
    assert_int_equal(sqlite_sink_commit(s), 0);
    changes_free(&changes);
    batch_unref(batch);
    harness_close(&s->sink);
    assert_query(s, "SELECT hex(shelf), typeof(shelf) FROM stock",
                 "610062FFFE273B2044524F50205441424C452073746F636B3B202D2D|text");
}

/* Columns that come or go from batch to batch. */
static void test_changing_columns(void **state) {
    struct sqlite_sink *s = *state;
    struct changes changes;
    open_sink(s, "conflict=imei");
    assert_int_equal(sqlite_sink_write(s, ROWS("imei|a|b", "1|x|y"), &changes), 0);
    changes_free(&changes);
    assert_int_equal(sqlite_sink_write(s, ROWS("b|c|imei", "z|dropped|2", "w|dropped|1"), &changes), 0);
    changes_free(&changes);
    assert_int_equal(sqlite_sink_commit(s), 0);
    harness_close(&s->sink);
    assert_query(s, "SELECT imei, a, b FROM stock ORDER BY imei", "1|x|w/2|~|z");
}

/* As many columns as SQLite takes. */
static void test_wide(void **state) {
    struct sqlite_sink *s = *state;
    enum { WIDE = 2000 };
    struct filling filling;
    struct changes changes;
    static sluice_text names[WIDE];
    for (int again = 0; again < 2; again++) {
        assert_int_equal(filling_begin(&filling, 1, BATCH_BYTES, NULL), 0);
        for (int c = 0; c < WIDE; c++)
            names[c] = c ? text_of(arena_printf(filling.view.arena, "c%d", c)) : TEXT("imei");
        assert_int_equal(filling_columns(&filling.view, names, WIDE, NULL), 0);
        for (int c = 0; c < WIDE; c++)
            filling.view.cells[c][0] =
                text_of(arena_printf(filling.view.arena, "%d", c * (again + (c == 0))));
        filling.view.numbers[0] = 1;
        filling.view.row_count = 1;
        struct batch *batch = filling_end(&filling);
        open_sink(s, "conflict=imei");
        assert_int_equal(harness_write(&s->sink, batch, &changes), 0);
        assert_int_equal(sqlite_sink_commit(s), 0);
        changes_free(&changes);
        batch_unref(batch);
        harness_close(&s->sink);
    }
    assert_query(s, "SELECT count(*), imei, c1, c1999 FROM stock", "1|0|1|1999");
}

/* ---- many rows ---------------------------------------------------------------------------- */

enum { BATCHES = 40, ROWS_EACH = 4000 };

static struct batch *make_many(uint32_t from) {
    struct filling filling;
    sluice_text names[] = {TEXT("imei"), TEXT("number"), TEXT("padding")};
    assert_int_equal(filling_begin(&filling, ROWS_EACH, BATCH_BYTES, NULL), 0);
    assert_int_equal(filling_columns(&filling.view, names, 3, NULL), 0);
    for (uint32_t r = 0; r < ROWS_EACH; r++) {
        unsigned i = from + r, scattered = i * 7919 % (BATCHES * ROWS_EACH);
        filling.view.cells[0][r] = text_of(arena_printf(filling.view.arena, "00%013u", scattered));
        filling.view.cells[1][r] = text_of(arena_printf(filling.view.arena, "%u", i));
        filling.view.cells[2][r] = text_of(arena_printf(filling.view.arena, "%0*u", (int)(i % 300), i));
        filling.view.numbers[r] = i + 1;
    }
    filling.view.row_count = ROWS_EACH;
    return filling_end(&filling);
}

static void write_many(struct sqlite_sink *s) {
    struct changes changes;
    open_sink(s, "conflict=imei");
    for (uint32_t b = 0; b < BATCHES; b++) {
        struct batch *batch = make_many(b * ROWS_EACH);
        assert_int_equal(harness_write(&s->sink, batch, &changes), 0);
        assert_int_equal(changes.reject_count, 0);
        changes_free(&changes);
        batch_unref(batch);
    }
    assert_int_equal(sqlite_sink_commit(s), 0);
    harness_close(&s->sink);
}

/* More than waits at a time: every row is there, once, as it was; and again. */
static void test_many(void **state) {
    struct sqlite_sink *s = *state;
    for (int again = 0; again < 2; again++) {
        write_many(s);
        assert_query(s, "SELECT count(*), count(DISTINCT imei), min(number + 0), max(number + 0) FROM stock",
                     "160000|160000|0|159999");
        assert_query(s,
                     "SELECT count(*) FROM stock WHERE imei = printf('00%013d', number * 7919 % 160000) AND"
                     " padding = printf('%0*d', number % 300, number + 0)",
                     "160000");
        assert_query(s, "PRAGMA integrity_check", "ok");
    }
}

/* Rows wait for company, but not beyond a commit; and nothing of what wasn't committed stays. */
static void test_commit(void **state) {
    struct sqlite_sink *s = *state;
    struct changes changes;
    deliver(s, ROWS("imei|shelf", "0010|A"));
    open_sink(s, "conflict=imei");
    assert_int_equal(sqlite_sink_write(s, ROWS("imei|shelf", "0011|B"), &changes), 0);
    changes_free(&changes);
    assert_query(s, "SELECT count(*) FROM stock", "1");
    assert_int_equal(sqlite_sink_commit(s), 0);
    assert_query(s, "SELECT count(*) FROM stock", "2");
    assert_int_equal(sqlite_sink_write(s, ROWS("imei|shelf", "0012|C"), &changes), 0);
    changes_free(&changes);
    harness_close(&s->sink);
    assert_query(s, "SELECT count(*) FROM stock", "2");
}

/* After a failure nothing since the last commit is kept, and the sink goes on with the next rows. */
static void test_failed_write(void **state) {
    struct sqlite_sink *s = *state;
    struct changes changes;
    deliver(s, ROWS("imei|shelf", "0010|A"));
    open_sink(s, "conflict=imei");
    assert_int_equal(sqlite_sink_write(s, ROWS("imei|shelf", "0011|B"), &changes), 0);
    changes_free(&changes);
    assert_int_equal(sqlite_sink_write(s, ROWS("shelf", "C"), &changes), SLUICE_E_CONFIG);
    changes_free(&changes);
    assert_int_equal(sqlite_sink_write(s, ROWS("imei|shelf", "0012|D"), &changes), 0);
    changes_free(&changes);
    assert_int_equal(sqlite_sink_commit(s), 0);
    harness_close(&s->sink);
    assert_query(s, "SELECT imei FROM stock ORDER BY imei", "0010/0012");
}

/* ---- a table that is there ---------------------------------------------------------------- */

static void test_existing(void **state) {
    struct sqlite_sink *s = *state;
    sqlite_file_run(&s->file,
                    "CREATE TABLE stock(id INTEGER PRIMARY KEY, imei TEXT NOT NULL UNIQUE, qty INTEGER,"
                    " made TEXT DEFAULT 'today')");
    deliver(s, ROWS("qty|imei|other", "5|0010|x", "6|0011|y"));
    deliver(s, ROWS("imei|qty", "0010|7"));
    assert_query(s, "SELECT imei, qty, typeof(qty), made FROM stock ORDER BY imei",
                 "0010|7|integer|today/0011|6|integer|today");
}

/* A file with nothing in it yet gets large pages; what has been in use keeps its own. */
static void test_pages(void **state) {
    struct sqlite_sink *s = *state;
    sqlite_file_run(&s->file, "CREATE TABLE stock(imei TEXT UNIQUE)");
    deliver(s, ROWS("imei", "0010"));
    assert_query(s, "PRAGMA page_size", "16384");
    sqlite_file_remove(&s->file);
    sqlite_file_make(&s->file);
    sqlite_file_run(&s->file, "CREATE TABLE other(a); INSERT INTO other VALUES(zeroblob(10000));"
                              "CREATE TABLE stock(imei TEXT UNIQUE)");
    deliver(s, ROWS("imei", "0010"));
    assert_query(s, "PRAGMA page_size", "4096");
    assert_query(s, "SELECT length(a), imei FROM other, stock", "10000|0010");
}

/* Rows that the table refuses are told one by one, the others are kept. */
static void test_refused_rows(void **state) {
    struct sqlite_sink *s = *state;
    struct changes changes;
    sqlite_file_run(&s->file,
                    "CREATE TABLE stock(imei TEXT UNIQUE, qty INTEGER CHECK(qty < 10), tag TEXT UNIQUE)");
    deliver_to(s, ROWS("imei|qty|tag", "0010|5|a", "0011|50|b", "0012|6|a", "0013|7|c"), &changes);
    assert_int_equal(changes.reject_count, 2);
    assert_string_equal(changes.rejects[0].code, "refused_by_table");
    assert_non_null(strstr(changes.rejects[0].reason.ptr, "CHECK constraint failed"));
    assert_non_null(strstr(changes.rejects[1].reason.ptr, "stock.tag"));
    uint32_t rows = changes.rejects[0].row * 10 + changes.rejects[1].row;
    assert_int_equal(rows, 12);
    changes_free(&changes);
    assert_query(s, "SELECT imei FROM stock ORDER BY imei", "0010/0013");
}

/* An update that the table refuses, too. */
static void test_refused_update(void **state) {
    struct sqlite_sink *s = *state;
    struct changes changes;
    sqlite_file_run(
        &s->file,
        "CREATE TABLE stock(imei TEXT UNIQUE, qty TEXT NOT NULL); INSERT INTO stock VALUES('0010', 1)");
    deliver_to(s, ROWS("imei|qty", "0011|2", "0010|~", "0012|3"), &changes);
    assert_int_equal(changes.reject_count, 1);
    assert_int_equal(changes.rejects[0].row, 1);
    changes_free(&changes);
    assert_query(s, "SELECT imei, qty FROM stock ORDER BY imei", "0010|1/0011|2/0012|3");
}

static void test_not_a_number(void **state) {
    struct sqlite_sink *s = *state;
    struct changes changes;
    sqlite_file_run(&s->file, "CREATE TABLE stock(id INTEGER PRIMARY KEY, imei TEXT UNIQUE)");
    deliver_to(s, ROWS("id|imei", "1|0010", "one|0011"), &changes);
    assert_int_equal(changes.reject_count, 1);
    assert_string_equal(changes.rejects[0].code, "refused_by_table");
    changes_free(&changes);
    assert_query(s, "SELECT id, imei FROM stock", "1|0010");
}

static void test_wrong_keys(void **state) {
    struct sqlite_sink *s = *state;
    refused(s, "conflict=imei", ROWS("shelf", "A"), SLUICE_E_CONFIG, "the records have no field 'imei'");
    sqlite_file_run(&s->file,
                    "CREATE TABLE stock(imei TEXT, shelf TEXT UNIQUE); CREATE VIEW seen AS SELECT 1 AS imei");
    refused(s, "conflict=imei", ROWS("imei|shelf", "1|A"), SLUICE_E_CONFIG, "no PRIMARY KEY or UNIQUE");
    refused(s, "conflict=tag", ROWS("tag|shelf", "1|A"), SLUICE_E_CONFIG, "the table has no column 'tag'");
    refused(s, "table=seen", ROWS("imei|order_id", "1|1"), SLUICE_E_CONFIG, "is a view");
    assert_query(s, "SELECT count(*) FROM stock", "0");
}

static void test_no_table_name(void **state) {
    struct sqlite_sink *s = *state;
    const char *options[] = {s->file.option, "table=", NULL};
    assert_int_equal(sqlite_sink_open(s, options), SLUICE_E_CONFIG);
    assert_non_null(strstr(s->sink.error.text, "option 'table'"));
    harness_close(&s->sink);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, sqlite_sink_setup, sqlite_sink_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_made),          TEST(test_upsert),
        TEST(test_several_keys),  TEST(test_only_keys),
        TEST(test_letter_case),   TEST(test_no_key_value),
        TEST(test_odd_values),    TEST(test_changing_columns),
        TEST(test_wide),          TEST(test_many),
        TEST(test_commit),        TEST(test_failed_write),
        TEST(test_existing),      TEST(test_pages),
        TEST(test_refused_rows),  TEST(test_refused_update),
        TEST(test_not_a_number),  TEST(test_wrong_keys),
        TEST(test_no_table_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
