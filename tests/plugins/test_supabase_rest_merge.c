/* A stored row and a new one: what wins, what stays, whose it is; and what a table is known to have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <sluice/text.h>

#include "supabase/rest_rows.h"

#include <cmocka.h>

enum { STATUS = 3, CARRIER, CREDITS, RAW, COUNT };

static const sluice_text names[] = {TEXT("order_id"), TEXT("provider"), TEXT("imei"),        TEXT("status"),
                                    TEXT("carrier"),  TEXT("credits"),  TEXT("raw_response")};
static struct rest_layout layout;
static struct rest_columns columns;
static struct pool pool;
static sluice_text new[COUNT], old[COUNT];
static uint64_t changed;

static int begin(void **state) {
    static const sluice_text cell[1];
    static const sluice_text *const cells[COUNT] = {cell, cell, cell, cell, cell, cell, cell};
    const sluice_batch batch = {.size = sizeof batch, .column_count = COUNT, .names = names, .cells = cells};
    (void)state;
    rest_layout_free(&layout);
    assert_true(rest_columns_want(&columns, TEXT("provider")));
    rest_columns_settle(&columns);
    assert_true(rest_layout_make(&layout, &columns, (sluice_texts){names, 1}, true, &batch));
    assert_int_equal(layout.count, COUNT);
    const sluice_text row[] = {TEXT("1"), TEXT("p"), TEXT("123"), {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}};
    memcpy(new, row, sizeof new);
    memcpy(old, row, sizeof old);
    return 0;
}

static int end(void **state) {
    (void)state;
    rest_layout_free(&layout);
    rest_columns_free(&columns);
    pool_free(&pool);
    return 0;
}

static enum rest_merged merge(void) {
    return rest_merge(&layout, new, old, &changed, &pool);
}

static void merge_one(int value, const char *before, const char *after, const char *expected) {
    begin(NULL);
    old[value] = text_of(before);
    new[value] = text_of(after);
    bool same = before && expected ? strcmp(before, expected) == 0 : before == expected;
    assert_int_equal(merge(), same ? REST_SAME : REST_CHANGED);
    assert_int_equal(changed, same ? 0 : rest_bit((uint32_t)value));
    assert_true(expected ? text_is(new[value], expected) : !new[value].ptr);
}

static void values(void **state) {
    (void)state;
    merge_one(STATUS, "Pending", "Completed", "Completed");
    merge_one(STATUS, "Completed", "Pending", "Completed");
    merge_one(STATUS, "COMPLETED", "In Process", "COMPLETED");
    merge_one(STATUS, "rejected", "Completed", "Completed");
    merge_one(STATUS, "In Process", "pending", "In Process");
    merge_one(STATUS, NULL, "Pending", "Pending");
    merge_one(STATUS, "Pending", NULL, "Pending");
    merge_one(CARRIER, "a", "b", "b");
    merge_one(CARRIER, "a", NULL, "a");
    merge_one(CARRIER, NULL, "b", "b");
    merge_one(CREDITS, "0.0800", "9", "0.0800");
    merge_one(CREDITS, NULL, "9", "9");
    merge_one(CREDITS, "", NULL, "");
    merge_one(RAW, "{\"a\":1}", "{\"b\":2}", "{\"a\":1,\"b\":2}");
    merge_one(RAW, "{\"a\":1,\"b\":2}", "{\"b\":2}", "{\"a\":1,\"b\":2}");
    merge_one(RAW, "{\"a\":1}", "no JSON", "{\"a\":1}");
    merge_one(RAW, "<xml>\"", "{\"b\":2}", "{\"previous\":\"<xml>\\\"\",\"b\":2}");
    merge_one(RAW, NULL, "{\"b\":2}", "{\"b\":2}");
}

static void merge_two(bool fills, const char *was, const char *is, const char *carrier) {
    begin(NULL);
    layout.fills = fills;
    old[STATUS] = text_of(was);
    old[CARRIER] = TEXT("a");
    new[STATUS] = text_of(is);
    new[CARRIER] = TEXT("b");
    assert_int_not_equal(merge(), REST_STRANGER);
    assert_true(text_is(new[CARRIER], carrier));
}

static void an_end_keeps_its_result(void **state) {
    (void)state;
    merge_two(false, "Completed", "Pending", "a");
    merge_two(false, "Completed", "Rejected", "b");
    merge_two(false, "Completed", NULL, "b");
    merge_two(false, "Pending", "Pending", "b");
}

/* What another store knows may be older than what is here, unless it knows an end. */
static void a_copy_fills(void **state) {
    (void)state;
    merge_two(true, "Completed", "Rejected", "a");
    assert_true(text_is(new[STATUS], "Completed"));
    merge_two(true, "Completed", NULL, "a");
    merge_two(true, "Pending", "Pending", "a");
    merge_two(true, "Pending", "Rejected", "b");
}

static void owners(void **state) {
    (void)state;
    begin(NULL);
    assert_int_equal(merge(), REST_SAME);
    old[1] = TEXT("q");
    assert_int_equal(merge(), REST_STRANGER);
    begin(NULL);
    old[1] = TEXT(""); /* a row of an older system: whose it was is filled in */
    assert_int_equal(merge(), REST_CHANGED);
    begin(NULL);
    old[2] = TEXT("456");
    assert_int_equal(merge(), REST_STRANGER);
    begin(NULL);
    new[2] = (sluice_text){NULL, 0};
    assert_int_equal(merge(), REST_SAME);
}

static void columns_are_found_missing(void **state) {
    struct rest_columns table = {0};
    struct sql url = {0};
    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        assert_true(rest_columns_want(&table, names[i]));
    assert_true(rest_columns_want(&table, TEXT("a \"b")));
    assert_false(rest_columns_miss(&table, "column orders.other does not exist"));
    assert_true(rest_columns_miss(&table, "column orders.provider does not exist (42703)"));
    assert_true(
        rest_columns_miss(&table, "Could not find the 'credits' column of 'orders' in the schema cache"));
    assert_int_equal(rest_columns_find(&table, TEXT("provider")), REST_MISSING);
    assert_true(rest_columns_unknown(&table, &url));
    assert_string_equal(url.text, "order_id,imei,status,carrier,raw_response,%22a%20%5C%22b%22");
    rest_columns_settle(&table);
    assert_false(rest_columns_unknown(&table, NULL));
    assert_int_equal(rest_columns_find(&table, TEXT("carrier")), REST_THERE);
    assert_int_equal(rest_columns_find(&table, TEXT("never")), REST_UNKNOWN);
    rest_columns_free(&table);
    sql_free(&url);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(values), cmocka_unit_test(an_end_keeps_its_result),
                                       cmocka_unit_test(a_copy_fills), cmocka_unit_test(owners),
                                       cmocka_unit_test(columns_are_found_missing)};
    return cmocka_run_group_tests(tests, begin, end);
}
