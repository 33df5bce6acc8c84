#include "support.h"

#include "text.h"

static const sluice_text null = {NULL, 0};

static void null_and_empty_have_the_same_text(void **state) {
    (void)state;
    assert_true(text_equal(null, TEXT("")));
    assert_true(text_empty(null));
    assert_true(text_is(null, ""));
    assert_int_equal(text_of(NULL).len, 0);
    assert_null(text_of(NULL).ptr);
    assert_int_equal(TEXT("").len, 0);
}

static void texts_are_equal_to_the_last_byte(void **state) {
    (void)state;
    assert_true(text_equal(TEXT("imei"), text_of("imei")));
    assert_false(text_equal(TEXT("imei"), TEXT("IMEI")));
    assert_false(text_equal(TEXT("imei"), TEXT("imei2")));
    assert_false(text_equal(TEXT("a\0b"), TEXT("a\0c")));
    assert_false(text_is(TEXT("imei"), "ime"));
    assert_int_equal(TEXT("a\0b").len, 3);
}

static void blanks_at_both_ends_go(void **state) {
    (void)state;
    assert_true(text_is(text_trim(TEXT(" \t1739 x\r\n")), "1739 x"));
    assert_true(text_is(text_trim(TEXT("1739")), "1739"));
    assert_true(text_is(text_trim(TEXT("\xc2\xa0 ")), "\xc2\xa0")); /* of ASCII only */
    assert_int_equal(text_trim(TEXT(" \v\f ")).len, 0);
    assert_int_equal(text_trim(null).len, 0);
}

static void only_ascii_digits_are_digits(void **state) {
    (void)state;
    for (int c = -128; c < 128; c++)
        assert_int_equal(text_is_digit((char)c), c >= '0' && c <= '9');
}

static void a_text_is_cut_between_characters(void **state) {
    (void)state;
    assert_true(text_is(text_cut(TEXT("caf\xc3\xa9s"), 4), "caf"));
    assert_true(text_is(text_cut(TEXT("caf\xc3\xa9s"), 5), "caf\xc3\xa9"));
    assert_true(text_is(text_cut(TEXT("caf\xc3\xa9s"), 6), "caf\xc3\xa9s"));
    assert_int_equal(text_cut(TEXT("\xa9\xa9\xa9"), 2).len, 0); /* no character at all */
    assert_int_equal(text_cut(TEXT("imei"), 0).len, 0);
    assert_int_equal(text_cut(null, 4).len, 0);
}

static void a_hash_takes_every_byte(void **state) {
    (void)state;
    assert_true(text_hash_more(TEXT_HASH, TEXT("a")) == UINT64_C(0xaf63dc4c8601ec8c)); /* as FNV-1a says */
    assert_true(text_hash_more(text_hash_more(TEXT_HASH, TEXT("foo")), TEXT("bar")) ==
                text_hash_more(TEXT_HASH, TEXT("foobar")));
    assert_true(text_hash(TEXT("a\0b")) != text_hash(TEXT("a\0c")));
    assert_true(text_hash(null) == text_hash(TEXT("")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(null_and_empty_have_the_same_text),
        cmocka_unit_test(texts_are_equal_to_the_last_byte),
        cmocka_unit_test(blanks_at_both_ends_go),
        cmocka_unit_test(only_ascii_digits_are_digits),
        cmocka_unit_test(a_text_is_cut_between_characters),
        cmocka_unit_test(a_hash_takes_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
