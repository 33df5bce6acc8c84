/* The inline headers beside the contract that have no file of the core: amount, json, and numbers of text.h.
 * (Amounts as sites write them, identifiers and JSON's grammar are tested with the plugins that read them;
 * books with a new plugin.) */
#include "support.h"

#include <string.h>

#include <sluice/amount.h>
#include <sluice/buffer.h>
#include <sluice/identity.h>
#include <sluice/instant.h>
#include <sluice/json.h>

#include "arena.h"
#include "host.h"

static sluice_arena arena;

static int end(void **state) {
    (void)state;
    arena_free(&arena);
    return 0;
}

static void check_minor(const char *text, unsigned decimals, const char *expected) {
    char out[AMOUNT_TEXT];
    sluice_text got = amount_from_minor(text_of(text), decimals, out);
    if (!expected)
        assert_null(got.ptr);
    else
        assert_true(text_is(got, expected));
}

static void check_instant(const char *text, int64_t expected) {
    assert_int_equal(instant_read(text_of(text)), expected);
}

static void instants_are_read(void **state) {
    (void)state;
    check_instant("1970-01-01T00:00:01Z", 1000);
    check_instant("2026-01-02T03:04:05Z", INT64_C(1767323045000));
    check_instant(" 2026-01-02 03:04:05.678901Z ", INT64_C(1767323045678));
    check_instant("2026-01-02T06:34:05+03:30", INT64_C(1767323045000));
    check_instant("2026-01-01t19:04:05-0800", INT64_C(1767323045000));
    check_instant("2024-02-29T00:00:00Z", INT64_C(1709164800000));
    check_instant("2000-03-01T00:00:00Z", INT64_C(951868800000));
    static const char *const none[] = {"",
                                       "2026-01-02",
                                       "2026-01-02T03:04:05", /* no zone */
                                       "2026-01-02T03:04:05+",
                                       "2026-01-02T03:04:05+3:00",
                                       "2026-01-02T03:04:05+03:60",
                                       "2026-01-02T03:04:05ZZ",
                                       "2026-13-02T03:04:05Z",
                                       "2026-01-00T03:04:05Z",
                                       "2026-01-02T24:04:05Z",
                                       "02/01/2026 03:04:05Z",
                                       "1969-12-31T23:59:59Z"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        check_instant(none[i], 0);
}

static void instants_are_written_as_they_are_read(void **state) {
    char out[INSTANT_TEXT];
    (void)state;
    assert_string_equal(instant_format(0, out), "1970-01-01T00:00:00Z");
    assert_string_equal(instant_format(INT64_C(1767323045678), out), "2026-01-02T03:04:05Z");
    for (int64_t ms = 1000; ms < INT64_C(7258118400000); ms += INT64_C(86399000) * 5)
        assert_int_equal(instant_read(text_of(instant_format(ms, out))), ms);
}

static void cents_become_amounts(void **state) {
    (void)state;
    check_minor("1234", 2, "12.34");
    check_minor("8", 2, "0.08");
    check_minor("0", 2, "0.00");
    check_minor("100", 2, "1.00");
    check_minor("-5", 2, "-0.05");
    check_minor("-1234", 2, "-12.34");
    check_minor("1234", 0, "1234");
    check_minor("1", 6, "0.000001");
    check_minor("12345678901234567890", 2, "123456789012345678.90");
    check_minor("", 2, NULL);
    check_minor("-", 2, NULL);
    check_minor("0.08", 2, NULL);
    check_minor("8e2", 2, NULL);
    check_minor("12345678901234567890123456789012345", 2, NULL);
}

static void numbers_are_digits_alone(void **state) {
    (void)state;
    assert_int_equal(text_number(TEXT("0")), 0);
    assert_int_equal(text_number(TEXT("1790000000000")), 1790000000000);
    assert_int_equal(text_number(TEXT("9223372036854775799")), INT64_MAX - 8);
    assert_int_equal(text_number(TEXT("99999999999999999999")), -1);
    assert_int_equal(text_number(TEXT("-1")), -1);
    assert_int_equal(text_number(TEXT("1.5")), -1);
    assert_int_equal(text_number(TEXT("")), -1);
    assert_int_equal(text_number(text_none()), -1);
}

static void members_are_found_by_their_path(void **state) {
    static const sluice_text object = TEXT("{\"a\": {\"b\": {\"c\": \"deep\"}}, \"n\": 12.50, \"l\": [1], "
                                           "\"z\": null, \"t\": 1, \"t\": 2, \"a.b\": 0}");
    const sluice_host *host = host_table();
    (void)state;
    assert_true(text_is(json_text(host, &arena, json_member(object, "a.b.c")), "deep"));
    assert_true(text_is(json_text(host, &arena, json_member(object, "n")), "12.50"));
    assert_null(json_text(host, &arena, json_member(object, "l")).ptr);
    assert_null(json_text(host, &arena, json_member(object, "z")).ptr);
    assert_null(json_member(object, "t").ptr); /* which of them? */
    assert_null(json_member(object, "a.x.c").ptr);
    assert_null(json_member(object, "n.b").ptr);
    assert_null(json_member(text_none(), "a").ptr);
    assert_null(json_member(TEXT("{\"a\": 1, \"b\""), "a").ptr); /* half an object has no members */
}

static void escapes_are_read(void **state) {
    const sluice_host *host = host_table();
    sluice_text value = json_text(host, &arena, TEXT("\"a\\n\\u00e9\\\"b\""));
    (void)state;
    assert_true(text_is(value, "a\n\xc3\xa9\"b"));
    assert_true(text_is(json_text(host, &arena, TEXT("true")), "true"));
    assert_true(text_is(json_text(host, &arena, TEXT("\"\"")), ""));
}

static void a_buffer_has_a_limit(void **state) {
    struct buffer buffer = {.most = 10};
    (void)state;
    assert_true(text_is(buffer_view(&buffer), ""));
    buffer_string(&buffer, "12345");
    buffer_json(&buffer, TEXT("\n"));
    assert_true(text_is(buffer_view(&buffer), "12345\"\\n\""));
    buffer_string(&buffer, "too much");
    assert_null(buffer_view(&buffer).ptr);
    buffer_free(&buffer);
}

static void a_list_of_words(void **state) {
    sluice_text list = TEXT(" A1, A2 ,,A3");
    (void)state;
    assert_true(text_is(text_next(&list), "A1"));
    assert_true(text_is(text_next(&list), "A2"));
    assert_true(text_is(text_next(&list), ""));
    assert_true(text_is(text_next(&list), "A3"));
    assert_null(text_next(&list).ptr);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cents_become_amounts),
        cmocka_unit_test(instants_are_read),
        cmocka_unit_test(instants_are_written_as_they_are_read),
        cmocka_unit_test(numbers_are_digits_alone),
        cmocka_unit_test_teardown(members_are_found_by_their_path, end),
        cmocka_unit_test_teardown(escapes_are_read, end),
        cmocka_unit_test(a_buffer_has_a_limit),
        cmocka_unit_test(a_list_of_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
