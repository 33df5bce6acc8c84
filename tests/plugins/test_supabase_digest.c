/* The number for all rows of a table: what is asked of the server, and how its answer is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <sluice/text.h>

#include "supabase/digest.h"

#include "bare_host.h"
#include "fake_connection.h"

#include <cmocka.h>

#define TABLE \
    {.part = "FROM pg_attribute a JOIN", \
     .rows = "id|bigint|f|postgres|t|t|f|~\norder_id|text|f|postgres|t|t|f|~\nprovider|text|f|postgres|t|t|" \
             "f|~\n" \
             "credits|numeric(10,4)|f|postgres|t|t|f|~\norder_date|timestamp with time " \
             "zone|f|postgres|t|t|f|~\n" \
             "n|bigint|f|postgres|t|t|f|~\n"}, \
    { \
        .part = "string_agg(a.attname", .rows = "order_id\n" \
    }
#define NOTHING_MORE \
    { .part = NULL }

static sluice_error error = {.size = sizeof error};
static uint64_t rows, sum;

static int ask(const struct fake_answer *answers, sluice_texts names) {
    static char name[] = "\"orders\"";
    struct connection connection = fake_connection(answers);
    struct table table = {.name = name};
    sum = 0;
    int failed = digest_table(&connection, &table, names, &rows, &sum, &error);
    table_free(&table);
    return failed;
}

static void another_count_needs_no_sum(void **state) {
    static const struct fake_answer answers[] = {
        TABLE, {.part = "SELECT count(*) FROM", .rows = "6\n"}, NOTHING_MORE};
    static const sluice_text names[] = {TEXT("order_id")};
    (void)state;
    rows = 7;
    assert_int_equal(ask(answers, (sluice_texts){names, 1}), 0);
    assert_int_equal(rows, 6);
    assert_null(strstr(fake_said, "hashtextextended"));
}

/* As digest.c of the core hashes what the source reads: the same texts, seeded by the column's name. */
static void values_are_hashed_as_they_are_read(void **state) {
    static const struct fake_answer answers[] = {TABLE,
                                                 {.part = "SELECT count(*) FROM", .rows = "7\n"},
                                                 {.part = "hashtextextended", .rows = "7|12\n"},
                                                 NOTHING_MORE};
    static const sluice_text names[] = {TEXT("order_id"), TEXT("provider"), TEXT("credits"),
                                        TEXT("order_date"), TEXT("n")};
    static const char *const values[] = {"\"order_id\"", "nullif(\"provider\"",
                                         "trim_scale(\"credits\")::text",
                                         "(\"order_date\" AT TIME ZONE 'UTC')::text", "\"n\"::text"};
    char expected[300];
    (void)state;
    rows = 7;
    assert_int_equal(ask(answers, (sluice_texts){names, 5}), 0);
    assert_int_equal(rows, 7);
    assert_int_equal(sum, 12);
    for (size_t i = 0; i < 5; i++) {
        bool owner = i == 1;
        snprintf(expected, sizeof expected, " # coalesce(hashtextextended(%s%s, %lld), 0)", values[i],
                 owner ? ", '')" : "", (long long)text_hash(names[i]));
        assert_non_null(strstr(fake_said, expected));
    }
    assert_non_null(
        strstr(fake_said, "BEGIN READ ONLY; SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO';"));
    assert_non_null(strstr(fake_said, " FROM \"orders\"; COMMIT"));
}

static void a_sum_is_taken_to_64_bits(void **state) {
    static const struct {
        const char *said;
        uint64_t sum;
    } cases[] = {{"7|0\n", 0},
                 {"7|18446744073709551615\n", UINT64_MAX},
                 {"7|-1\n", UINT64_MAX},
                 {"7|-18446744073709551615\n", 1},
                 {"7|-9223372036854775808\n", UINT64_C(1) << 63}};
    static const sluice_text names[] = {TEXT("order_id")};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct fake_answer answers[] = {TABLE,
                                              {.part = "SELECT count(*) FROM", .rows = "7\n"},
                                              {.part = "hashtextextended", .rows = cases[i].said},
                                              NOTHING_MORE};
        rows = 7;
        assert_int_equal(ask(answers, (sluice_texts){names, 1}), 0);
        assert_true(sum == cases[i].sum);
    }
}

static void a_column_that_is_missing_is_named(void **state) {
    static const struct fake_answer answers[] = {
        TABLE, {.part = "SELECT count(*) FROM", .rows = "7\n"}, NOTHING_MORE};
    static const sluice_text names[] = {TEXT("order_id"), TEXT("nope")};
    (void)state;
    rows = 7;
    assert_int_equal(ask(answers, (sluice_texts){names, 2}), SLUICE_E_CONFIG);
    assert_non_null(strstr(error.text, "no column 'nope'"));
}

static void a_transaction_that_failed_is_given_up(void **state) {
    static const char *const parts[] = {"SELECT count(*) FROM", "hashtextextended"};
    static const sluice_text names[] = {TEXT("order_id")};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct fake_answer answers[] = {TABLE,
                                              {.part = parts[i], .fault = FAULT_SIZE},
                                              {.part = "SELECT count(*) FROM", .rows = "7\n"},
                                              NOTHING_MORE};
        rows = 7;
        assert_int_equal(ask(answers, (sluice_texts){names, 1}), SLUICE_E_UNAVAILABLE);
        assert_non_null(strstr(fake_said, "== given up"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_count_needs_no_sum),
        cmocka_unit_test(values_are_hashed_as_they_are_read),
        cmocka_unit_test(a_sum_is_taken_to_64_bits),
        cmocka_unit_test(a_column_that_is_missing_is_named),
        cmocka_unit_test(a_transaction_that_failed_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
