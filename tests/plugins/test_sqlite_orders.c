/* The sink as a store of orders: its schema, what becomes of a row that is there already, whose it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "sqlite_sink.h"

#include <cmocka.h> /* last: it has a macro called fail */

static void open_sink(struct sqlite_sink *s) {
    assert_int_equal(sqlite_sink_open(s, (const char *const[]){s->file.option, NULL}), 0);
}

/* Write the rows and commit, in a sink of their own; the rejects stay in `changes`. */
static void deliver_to(struct sqlite_sink *s, const char *const *rows, struct changes *changes) {
    open_sink(s);
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

static const char head[] = "order_id|provider|account|imei|service_name|status|carrier|raw_response";

/* ---- the schema --------------------------------------------------------------------------- */

static void test_schema(void **state) {
    struct sqlite_sink *s = *state;
    open_sink(s);
    assert_int_equal(sqlite_sink_probe(s), 0);
    harness_close(&s->sink);
    assert_query(s, "SELECT group_concat(name, ' ') FROM pragma_table_info('orders')",
                 "id order_id provider account service_name service_id imei imei2 credits status carrier "
                 "simlock model "
                 "fmi order_date result_code result_code_display notes raw_response created_at updated_at");
    assert_query(s, "SELECT group_concat(name, ' ') FROM pragma_table_info('import_history')",
                 "id filename rows_imported rows_skipped import_date");
    assert_query(s, "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name",
                 "orders_created_at/orders_imei/orders_order_date/orders_status");
    assert_query(s, "PRAGMA journal_mode", "wal");
    assert_query(s, "SELECT count(*) FROM orders", "0");
}

static void test_values(void **state) {
    struct sqlite_sink *s = *state;
    deliver(s, ROWS("order_id|provider|account|imei|credits|order_date|extra",
                    "007|gsm_fusion|me|001001001234563|0.10|2026-11-22 08:00:00|dropped"));
    assert_query(
        s,
        "SELECT order_id, provider, account, imei, credits, typeof(credits), order_date, status FROM orders",
        "007|gsm_fusion|me|001001001234563|0.10|text|2026-11-22 08:00:00|~");
    assert_query(s, "SELECT created_at = updated_at AND created_at LIKE '20__-__-__ __:__:__' FROM orders",
                 "1");
}

static void test_trigger(void **state) {
    struct sqlite_sink *s = *state;
    deliver(s, ROWS("order_id|imei", "1|001001001234563"));
    sqlite_file_run(&s->file, "UPDATE orders SET updated_at = '2000-01-01 00:00:00'");
    sqlite_file_run(&s->file, "UPDATE orders SET notes = 'by hand'");
    assert_query(s, "SELECT updated_at > '2020' FROM orders", "1");
}

/* ---- the same order again ----------------------------------------------------------------- */

static void test_again(void **state) {
    struct sqlite_sink *s = *state;
    const char *const *rows = ROWS(head, "1|gsm|me|001001001234563|Check|Pending|~|{\"place\":{\"id\":1}}",
                                   "2|gsm|me|004400000000016|Check|Pending|~|~");
    deliver(s, rows);
    sqlite_file_run(&s->file, "UPDATE orders SET updated_at = '2000-01-01 00:00:00'");
    deliver(s, rows);
    assert_query(s, "SELECT count(*) FROM orders", "2");
    /* Nothing changed, so nothing was written. */
    assert_query(s, "SELECT DISTINCT updated_at FROM orders", "2000-01-01 00:00:00");
}

static void test_twice_in_a_batch(void **state) {
    struct sqlite_sink *s = *state;
    deliver(s, ROWS(head, "1|gsm|me|001001001234563|Check|Pending|~|~",
                    "1|gsm|me|001001001234563|~|Completed|Tele|~"));
    assert_query(s, "SELECT order_id, service_name, status, carrier FROM orders", "1|Check|Completed|Tele");
}

static void test_merge(void **state) {
    struct sqlite_sink *s = *state;
    deliver(s, ROWS(head, "1|gsm|me|001001001234563|Check|Pending|Old carrier|~"));
    /* Null and empty erase nothing; news replace; what is known since the order was placed stays. */
    deliver(s, ROWS(head, "1|gsm|me|001001001234563|~|In Process||~"));
    assert_query(s, "SELECT service_name, status, carrier FROM orders", "Check|In Process|Old carrier");
    deliver(s, ROWS(head, "1|gsm|me|001001001234563|Other name|Completed|New carrier|~"));
    assert_query(s, "SELECT service_name, status, carrier FROM orders", "Check|Completed|New carrier");
    sqlite_file_run(&s->file, "UPDATE orders SET service_name = NULL");
    deliver(s, ROWS(head, "1|gsm|me|001001001234563|Check|Completed|~|~"));
    assert_query(s, "SELECT service_name, status, carrier, count(*) FROM orders",
                 "Check|Completed|New carrier|1");
}

static void status_after(struct sqlite_sink *s, const char *stored, const char *news, const char *expected) {
    char update[128], row[128];
    snprintf(update, sizeof update, "UPDATE orders SET status = '%s'", stored);
    snprintf(row, sizeof row, "1|001001001234563|%s", news);
    sqlite_file_run(&s->file, update);
    deliver(s, ROWS("order_id|imei|status", row));
    assert_query(s, "SELECT status FROM orders", expected);
}

static void test_final_status(void **state) {
    struct sqlite_sink *s = *state;
    deliver(s, ROWS("order_id|imei|status", "1|001001001234563|Pending"));
    status_after(s, "Completed", "Pending", "Completed");
    status_after(s, "Completed", "In Process", "Completed");
    status_after(s, "Rejected", "Pending", "Rejected");
    status_after(s, "COMPLETED", "in process", "COMPLETED");
    status_after(s, "In Process", "Pending", "In Process");
    status_after(s, "Pending", "In Process", "In Process");
    status_after(s, "In Process", "Rejected", "Rejected");
    status_after(s, "Completed", "Rejected", "Rejected");
}

static void raw_after(struct sqlite_sink *s, const char *news, const char *expected) {
    char row[256];
    snprintf(row, sizeof row, "1|001001001234563|%s", news);
    deliver(s, ROWS("order_id|imei|raw_response", row));
    assert_query(s, "SELECT raw_response FROM orders", expected);
}

static void test_raw_response(void **state) {
    struct sqlite_sink *s = *state;
    raw_after(s, "{\"place\":{\"id\":\"1\",\"price\":0.10}}", "{\"place\":{\"id\":\"1\",\"price\":0.10}}");
    raw_after(
        s, "{\"check\":{\"a\":1,\"b\":2},\"pairs\":[\"x\",true,null]}",
        "{\"place\":{\"id\":\"1\",\"price\":0.10},\"check\":{\"a\":1,\"b\":2},\"pairs\":[\"x\",true,null]}");
    /* A member is replaced as a whole: what the last check no longer says is not kept as if it did. */
    raw_after(s, "{\"check\":{\"a\":3},\"ok\":true,\"none\":null,\"text\":\"q\\\"q\"}",
              "{\"place\":{\"id\":\"1\",\"price\":0.10},\"pairs\":[\"x\",true,null],\"check\":{\"a\":3},"
              "\"ok\":true,"
              "\"none\":null,\"text\":\"q\\\"q\"}");
    sqlite_file_run(&s->file, "UPDATE orders SET raw_response = '<xml>'");
    raw_after(s, "{\"check\":{}}", "{\"previous\":\"<xml>\",\"check\":{}}");
    raw_after(s, "not json", "{\"previous\":\"<xml>\",\"check\":{}}");
    raw_after(s, "[1]", "{\"previous\":\"<xml>\",\"check\":{}}");
    raw_after(s, "~", "{\"previous\":\"<xml>\",\"check\":{}}");
}

static void raw_merged(struct sqlite_sink *s, const char *stored, const char *news, const char *expected) {
    char update[512];
    snprintf(update, sizeof update, "UPDATE orders SET raw_response = '%s'", stored);
    sqlite_file_run(&s->file, update);
    raw_after(s, news, expected);
}

/* A later result that says less erases nothing of an earlier one. */
static void test_raw_pairs(void **state) {
    struct sqlite_sink *s = *state;
    raw_after(s, "{\"place\":{},\"pairs\":{\"A\":\"1\",\"B\":\"2\"}}",
              "{\"place\":{},\"pairs\":{\"A\":\"1\",\"B\":\"2\"}}");
    raw_after(s, "{\"check\":{},\"pairs\":{\"B\":\"3\",\"C\":\"4\"}}",
              "{\"place\":{},\"check\":{},\"pairs\":{\"A\":\"1\",\"B\":\"3\",\"C\":\"4\"}}");
    raw_after(s, "{\"check\":{\"x\":1}}",
              "{\"place\":{},\"pairs\":{\"A\":\"1\",\"B\":\"3\",\"C\":\"4\"},\"check\":{\"x\":1}}");
    raw_after(s, "{\"pairs\":{}}",
              "{\"place\":{},\"check\":{\"x\":1},\"pairs\":{\"A\":\"1\",\"B\":\"3\",\"C\":\"4\"}}");
    raw_merged(s, "{\"pairs\":[1]}", "{\"pairs\":{\"A\":\"1\"}}", "{\"pairs\":{\"A\":\"1\"}}");
}

/* What is no object, on either side. */
static void test_raw_damage(void **state) {
    static const char *const broken[] = {
        "{",          "{\"a\"}",     "{\"a\":}",   "{\"a\":1,}", "{\"a\":1}x", "{\"a\":01.}", "{\"a\":tru}",
        "{\"a\":\"}", "{\"\\q\":1}", "{\"a\":[1}", "{a:1}",      "[]",         "1",           "null"};
    struct sqlite_sink *s = *state;
    raw_after(s, "{\"a\":1}", "{\"a\":1}");
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        raw_after(s, broken[i], "{\"a\":1}");
    raw_merged(s, "", "{\"b\":2}", "{\"b\":2}");
    raw_merged(s, "{\"a\":", "{\"b\":2}", "{\"previous\":\"{\\\"a\\\":\",\"b\":2}");
    raw_merged(s, "tab\there\\", "{\"b\":2}", "{\"previous\":\"tab\\u0009here\\\\\",\"b\":2}");
    raw_merged(s, " { \"a\" : [ 1 , {\"x\":null} ] , \"n\" : -1.5e+3 } ", "{\"b\":{}}",
               "{\"a\":[ 1 , {\"x\":null} ],\"n\":-1.5e+3,\"b\":{}}");
    raw_merged(s, "{}", "{}", "{}");
}

/* ---- whose it is -------------------------------------------------------------------------- */

static void test_two_providers(void **state) {
    struct sqlite_sink *s = *state;
    deliver(s, ROWS(head, "1|gsm|me|001001001234563|Check|Completed|~|~"));
    deliver(s, ROWS(head, "1|dhru|me|004400000000016|Other|Pending|~|~",
                    "1|gsm|you|004900000000015|Third|Pending|~|~"));
    assert_query(
        s, "SELECT provider, account, imei, status FROM orders ORDER BY id",
        "gsm|me|001001001234563|Completed/dhru|me|004400000000016|Pending/gsm|you|004900000000015|Pending");
}

static void test_other_imei(void **state) {
    struct sqlite_sink *s = *state;
    struct changes changes;
    deliver(s, ROWS(head, "1|gsm|me|001001001234563|Check|Pending|~|~"));
    deliver_to(s,
               ROWS(head, "1|gsm|me|004400000000016|Check|Completed|~|~",
                    "2|gsm|me|004900000000015|Check|Pending|~|~"),
               &changes);
    assert_int_equal(changes.reject_count, 1);
    assert_int_equal(changes.rejects[0].row, 0);
    assert_string_equal(changes.rejects[0].code, "order_id_taken");
    assert_non_null(strstr(changes.rejects[0].reason.ptr, "001001001234563"));
    changes_free(&changes);
    assert_query(s, "SELECT order_id, imei, status FROM orders ORDER BY id",
                 "1|001001001234563|Pending/2|004900000000015|Pending");
}

static void test_without_id(void **state) {
    struct sqlite_sink *s = *state;
    struct changes changes;
    deliver_to(s, ROWS("order_id|imei", "~|001001001234563", "|004400000000016", "9|004900000000015"),
               &changes);
    assert_int_equal(changes.reject_count, 0);
    assert_int_equal(changes.filtered, 2);
    changes_free(&changes);
    assert_query(s, "SELECT order_id, imei FROM orders", "9|004900000000015");
    deliver_to(s, ROWS("imei", "001001001234563"), &changes);
    assert_int_equal(changes.filtered, 1);
    changes_free(&changes);
}

static void test_without_imei(void **state) {
    struct sqlite_sink *s = *state;
    struct changes changes;
    deliver_to(s, ROWS("order_id|imei", "1|~", "2|004400000000016"), &changes);
    assert_int_equal(changes.reject_count, 1);
    assert_string_equal(changes.rejects[0].code, "refused_by_table");
    assert_non_null(strstr(changes.rejects[0].reason.ptr, "orders.imei"));
    changes_free(&changes);
    assert_query(s, "SELECT order_id FROM orders", "2");
}

/* ---- a table of an older system ----------------------------------------------------------- */

static const char old_table[] =
    "CREATE TABLE orders(id INTEGER PRIMARY KEY AUTOINCREMENT, order_id TEXT UNIQUE, imei TEXT NOT NULL, "
    "status TEXT,"
    " customer TEXT);"
    "CREATE INDEX by_imei ON orders(imei);"
    "INSERT INTO orders(order_id, imei, status, customer) VALUES('1', '001001001234563', 'Pending', 'Ann'),"
    " ('2', '004400000000016', 'Completed', 'Bob')";

static void test_old_table(void **state) {
    struct sqlite_sink *s = *state;
    sqlite_file_run(&s->file, old_table);
    deliver(s, ROWS(head, "1|gsm|me|001001001234563|Check|Completed|Tele|~",
                    "3|gsm|me|004900000000015|Check|Pending|~|~"));
    assert_query(
        s, "SELECT order_id, imei, status, customer, provider, account, carrier FROM orders ORDER BY id",
        "1|001001001234563|Completed|Ann|gsm|me|Tele/2|004400000000016|Completed|Bob|~|~|~/"
        "3|004900000000015|Pending|~|gsm|me|~");
    /* Completed once, and not again: the index on imei was there under another name. */
    assert_query(
        s, "SELECT group_concat(name, ' ') FROM pragma_table_info('orders')",
        "id order_id imei status customer provider account service_name service_id imei2 credits carrier "
        "simlock "
        "model fmi order_date result_code result_code_display notes raw_response created_at updated_at");
    assert_query(s, "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name",
                 "by_imei/orders_created_at/orders_order_date/orders_status");
    deliver(s, ROWS(head, "3|gsm|me|004900000000015|Check|Completed|~|~"));
    assert_query(s, "SELECT count(*), max(status) FROM orders WHERE order_id = '3'", "1|Completed");
}

/* Empty columns of an older system are '' here and null there; that is no difference to write. */
static void test_old_table_unchanged(void **state) {
    struct sqlite_sink *s = *state;
    sqlite_file_run(
        &s->file,
        "CREATE TABLE orders(order_id TEXT UNIQUE, imei TEXT, notes TEXT, carrier TEXT);"
        "INSERT INTO orders VALUES('1', '001001001234563', '', ''), ('2', '004400000000016', NULL, NULL)");
    deliver(s, ROWS("order_id|imei", "1|001001001234563")); /* completes the table */
    sqlite_file_run(&s->file, "UPDATE orders SET updated_at = 'then'");
    deliver(s, ROWS("order_id|provider|account|imei|notes|carrier", "1|||001001001234563|~|~",
                    "2|||004400000000016||"));
    assert_query(s, "SELECT order_id, updated_at FROM orders", "1|then/2|then");
    deliver(s, ROWS("order_id|provider|imei|notes", "1|gsm_fusion|001001001234563|x"));
    assert_query(s, "SELECT order_id, provider, notes, updated_at = 'then' FROM orders",
                 "1|gsm_fusion|x|0/2|~|~|1");
}

static void test_old_table_strangers(void **state) {
    struct sqlite_sink *s = *state;
    struct changes changes;
    sqlite_file_run(&s->file, old_table);
    deliver(s, ROWS(head, "3|gsm|me|004900000000015|Check|Pending|~|~"));
    /* Of another provider; of an unknown one, for another IMEI; and taken by a row of the same batch. */
    deliver_to(s,
               ROWS(head, "3|dhru|me|004900000000015|Check|Completed|~|~",
                    "2|gsm|me|008600000000017|Check|Pending|~|~",
                    "5|gsm|me|001001001234563|Check|Pending|~|~",
                    "5|dhru|me|001001001234563|Check|Pending|~|~"),
               &changes);
    assert_int_equal(changes.reject_count, 3);
    for (size_t i = 0; i < changes.reject_count; i++)
        assert_string_equal(changes.rejects[i].code, "order_id_taken");
    changes_free(&changes);
    assert_query(s, "SELECT order_id, provider, imei, status FROM orders ORDER BY id",
                 "1|~|001001001234563|Pending/2|~|004400000000016|Completed/3|gsm|004900000000015|Pending/"
                 "5|gsm|001001001234563|Pending");
}

static void test_old_table_without_key(void **state) {
    struct sqlite_sink *s = *state;
    sqlite_file_run(&s->file, "CREATE TABLE orders(order_id TEXT, imei TEXT)");
    const char *const *rows = ROWS(head, "1|gsm|me|001001001234563|Check|Pending|~|~");
    deliver(s, rows);
    deliver(s, rows);
    assert_query(s, "SELECT count(*) FROM orders", "1");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, sqlite_sink_setup, sqlite_sink_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_schema),
        TEST(test_values),
        TEST(test_trigger),
        TEST(test_again),
        TEST(test_twice_in_a_batch),
        TEST(test_merge),
        TEST(test_final_status),
        TEST(test_raw_damage),
        TEST(test_raw_pairs),
        TEST(test_raw_response),
        TEST(test_two_providers),
        TEST(test_other_imei),
        TEST(test_without_id),
        TEST(test_without_imei),
        TEST(test_old_table),
        TEST(test_old_table_strangers),
        TEST(test_old_table_unchanged),
        TEST(test_old_table_without_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
