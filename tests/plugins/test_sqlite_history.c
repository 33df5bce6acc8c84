/* Imports: what import_history says, and orders that an export brings although the store has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "sqlite_sink.h"

#include <cmocka.h> /* last: it has a macro called fail */

static const char head[] = "order_id|imei|service_name|status|order_date";

static void open_sink(struct sqlite_sink *s) {
    assert_int_equal(sqlite_sink_open(s, (const char *const[]){s->file.option, "history=true", NULL}), 0);
}

static void write_from(struct sqlite_sink *s, const char *file, const char *const *rows) {
    struct batch *batch = harness_batch(rows);
    struct changes changes;
    batch->view.file = (sluice_text){file, strlen(file)};
    assert_int_equal(sqlite_sink_write_batch(s, batch, &changes), 0);
    changes_free(&changes);
}

static void import(struct sqlite_sink *s, const char *file, const char *const *rows) {
    open_sink(s);
    write_from(s, file, rows);
    assert_int_equal(sqlite_sink_commit(s), 0);
    harness_close(&s->sink);
}

static const char history_sql[] =
    "SELECT filename, rows_imported, rows_skipped, import_date > '2026' FROM import_history";

static void a_row_for_each_import(void **state) {
    struct sqlite_sink *s = *state;
    const char *const *rows =
        ROWS(head, "1|001001001234563|S|Pending|2026-01-01 10:00:00", "|004400000000016|S|Pending|",
             "2|004900000000015|S|Completed|2026-01-02 10:00:00");
    import(s, "old.csv", rows);
    assert_query(s, history_sql, "old.csv|2|1|1");
    import(s, "old.csv", rows);
    assert_query(s, history_sql, "old.csv|2|1|1/old.csv|0|3|1");
    import(s, "news.csv",
           ROWS(head, "1|001001001234563|S|Completed|", "2|004900000000015|S|Pending|",
                "3|008600000000017|S|Pending|2026-01-03 10:00:00"));
    assert_query(s, "SELECT filename, rows_imported, rows_skipped FROM import_history WHERE id = 3",
                 "news.csv|2|1");
    assert_query(s, "SELECT order_id, status FROM orders ORDER BY order_id",
                 "1|Completed/2|Completed/3|Pending");
}

/* The counts grow with each commit, in the transaction of the rows; another file is another row. */
static void counts_follow_the_commits(void **state) {
    struct sqlite_sink *s = *state;
    open_sink(s);
    write_from(s, "a.csv", ROWS(head, "1|1|S|Pending|"));
    assert_int_equal(sqlite_sink_commit(s), 0);
    assert_query(s, history_sql, "a.csv|1|0|1");
    write_from(s, "a.csv", ROWS(head, "2|2|S|Pending|", "1|1|S|Pending|"));
    assert_query(s, history_sql, "a.csv|1|0|1");
    assert_int_equal(sqlite_sink_commit(s), 0);
    assert_query(s, history_sql, "a.csv|2|1|1");
    write_from(s, "a.csv", ROWS(head, "3|3|S|Pending|"));
    write_from(s, "b.csv", ROWS(head, "4|4|S|Pending|"));
    assert_int_equal(sqlite_sink_commit(s), 0);
    assert_query(s, history_sql, "a.csv|3|1|1/b.csv|1|0|1");
    assert_int_equal(sqlite_sink_commit(s), 0);
    write_from(s, "b.csv", ROWS(head, "5|5|S|Pending|"));
    harness_close(&s->sink); /* never committed */
    assert_query(s, history_sql, "a.csv|3|1|1/b.csv|1|0|1");
    assert_query(s, "SELECT count(*) FROM orders", "4");
}

static void without_the_option_nothing_is_noted(void **state) {
    struct sqlite_sink *s = *state;
    assert_int_equal(sqlite_sink_open(s, (const char *const[]){s->file.option, NULL}), 0);
    write_from(s, "a.csv", ROWS(head, "1|1|S|Pending|"));
    assert_int_equal(sqlite_sink_commit(s), 0);
    harness_close(&s->sink);
    assert_query(s, "SELECT count(*) FROM import_history", "0");
    assert_int_equal(
        sqlite_sink_open(s, (const char *const[]){s->file.option, "history=true", "conflict=imei", NULL}),
        SLUICE_E_CONFIG);
    harness_close(&s->sink);
}

/* The same IMEI and service at about the same time, under the provider's own id: no second order. */
static void what_the_store_has_is_not_imported(void **state) {
    struct sqlite_sink *s = *state;
    import(s, "placed",
           ROWS(head, "9001|001001001234563|Check|Pending|2026-01-01 23:30:00",
                "9002|004400000000016|Check|Pending|2026-01-01 10:00:00",
                "9003|004900000000015|Check|Pending|"));
    import(s, "export.csv",
           ROWS(head, "import-a|001001001234563|Check|Completed|2026-01-02 05:30:00", /* another time zone */
                "import-b|001001001234563|Unlock|Completed|2026-01-01 23:30:00",      /* another service */
                "import-c|004400000000016|Check|Completed|2026-03-01 10:00:00",       /* another day */
                "import-d|004900000000015|Check|Completed|2026-03-01 10:00:00",       /* no date to tell */
                "import-e|008600000000017|Check|Completed|2026-03-01 10:00:00"));
    assert_query(
        s, "SELECT order_id, status FROM orders ORDER BY order_id",
        "9001|Pending/9002|Pending/9003|Pending/import-b|Completed/import-c|Completed/import-e|Completed");
    assert_query(s, "SELECT rows_imported, rows_skipped FROM import_history WHERE id = 2", "3|2");
    /* Again: what was imported is known by the id it got. */
    import(s, "export.csv", ROWS(head, "import-b|001001001234563|Unlock|Completed|2026-01-01 23:30:00"));
    assert_query(s, "SELECT rows_imported, rows_skipped FROM import_history WHERE id = 3", "0|1");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, sqlite_sink_setup, sqlite_sink_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_row_for_each_import),
        TEST(counts_follow_the_commits),
        TEST(without_the_option_nothing_is_noted),
        TEST(what_the_store_has_is_not_imported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
