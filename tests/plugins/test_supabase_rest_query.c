/* The address of a request: what is escaped and quoted, and how a long list is divided. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <sluice/text.h>

#include "supabase/rest_query.h"
#include "supabase/rest_url.h"

#include <cmocka.h>

static struct sql url;

static const char *begin(void) {
    sql_clear(&url);
    sql_add(&url, "%s", "");
    return url.text;
}

static const char *value(const char *text) {
    begin();
    rest_url_value(&url, text_of(text));
    return url.text;
}

static void values_are_quoted_and_escaped(void **state) {
    (void)state;
    assert_string_equal(value("001001001234563"), "001001001234563");
    assert_string_equal(value("a_b-C"), "a_b-C");
    assert_string_equal(value(""), "%22%22");
    assert_string_equal(value("1,2"), "%221,2%22");
    assert_string_equal(value("x)"), "%22x)%22");
    assert_string_equal(value("a\"b\\c"), "%22a%5C%22b%5C%5Cc%22");
    assert_string_equal(value("é&=#%+ ?/\n"), "%22%C3%A9%26=%23%25%2B%20%3F%2F%0A%22");
}

static void expressions_mean_their_letters(void **state) {
    const sluice_text two[] = {TEXT("In Process"), TEXT("a.b|c")};
    (void)state;
    begin();
    rest_url_any_of(&url, (sluice_texts){two, 2});
    /* within quotes a backslash is written twice */
    assert_string_equal(url.text, "%22%5E(In%5C%5C%20Process%7Ca%5C%5C.b%5C%5C%7Cc)%24%22");
    begin();
    rest_url_part(&url, TEXT("100%\"é"));
    assert_string_equal(url.text, "%22100%5C%5C%25%5C%5C%5C%22%C3%A9%22");
}

static const char *query(const struct rest_query *asked, const char *after, uint64_t limit) {
    begin();
    rest_query_add(&url, asked, text_of(after), limit);
    return url.text;
}

static void questions(void **state) {
    const sluice_text imeis[] = {TEXT("1"), TEXT("2")}, pending[] = {TEXT("Pending")},
                      fields[] = {TEXT("a b"), TEXT("account")};
    struct source_options options = {.limit = 0};
    struct rest_columns columns = {0};
    struct rest_query asked = {.options = &options, .since = "", .key = "id", .columns = &columns};
    (void)state;
    assert_string_equal(query(&asked, "", 1000), "select=sluice_key:id,*&order=id.asc&limit=1000");
    options.order = SOURCE_NEWEST;
    assert_string_equal(query(&asked, "17", 10), "select=sluice_key:id,*&order=id.desc&limit=10&id=lt.17");
    options = (struct source_options){.imei = {imeis, 2}, .status = {pending, 1}, .fields = {fields, 2}};
    assert_true(rest_columns_want(&columns, TEXT("account")));
    assert_true(rest_columns_miss(&columns, "column orders.account does not exist"));
    asked.to = 2;
    asked.since = "2026-11-22+00";
    assert_string_equal(query(&asked, "9", 5),
                        "select=sluice_key:id,%22a%20b%22&order=id.asc&limit=5&id=gt.9&imei=in.(1,2)"
                        "&and=(status.imatch.%22%5E(Pending)%24%22,or(order_date.gte.%222026-11-22%2B00%22,"
                        "and(order_date.is.null,created_at.gte.%222026-11-22%2B00%22)))");
    rest_columns_free(&columns);
}

static void a_long_list_is_divided(void **state) {
    static sluice_text many[5000];
    struct source_options options = {.imei = {many, 5000}};
    struct rest_columns columns = {0};
    struct rest_query asked = {.options = &options, .since = "", .key = "id", .columns = &columns};
    uint32_t parts = 0;
    (void)state;
    for (size_t i = 0; i < 5000; i++)
        many[i] = i % 2 ? TEXT("001001001234563") : TEXT("é,é,é,é");
    for (asked.from = 0; asked.from < 5000; asked.from = asked.to, parts++) {
        asked.list_bytes = REST_LIST_BYTES;
        asked.to = rest_query_reach(&asked);
        assert_true(asked.to > asked.from);
        assert_true(strlen(query(&asked, "", 1000)) < 9000);
    }
    assert_int_equal(asked.to, 5000);
    assert_in_range(parts, 10, 40);
}

static int end(void **state) {
    (void)state;
    sql_free(&url);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(values_are_quoted_and_escaped),
                                       cmocka_unit_test(expressions_mean_their_letters),
                                       cmocka_unit_test(questions), cmocka_unit_test(a_long_list_is_divided)};
    return cmocka_run_group_tests(tests, NULL, end);
}
