#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

static sluice_error error = ERROR_INIT;

static void a_record_comes_back_as_it_was(void **state) {
    static char long_text[100000];
    struct record_buffer buffer = {0};
    sluice_text out[6];
    uint32_t count;
    (void)state;
    memset(long_text, 'l', sizeof long_text);
    const sluice_text in[] = {TEXT("imei"),    {NULL, 0},        {"", 0},
                              {"\0\n\x80", 3}, {long_text, 127}, {long_text, sizeof long_text}};
    assert_int_equal(record_encode(&buffer, in, 6, &error), 0);
    assert_true(record_count(buffer.bytes, buffer.used, &count));
    assert_int_equal(count, 6);
    assert_true(record_decode(buffer.bytes, buffer.used, out, 6));
    for (size_t i = 0; i < 6; i++) {
        assert_true(text_equal(in[i], out[i]));
        assert_int_equal(in[i].ptr == NULL, out[i].ptr == NULL);
    }
    record_buffer_free(&buffer);
}

static void a_second_record_is_appended(void **state) {
    struct record_buffer buffer = {0};
    sluice_text one = TEXT("one"), two = TEXT("two"), out[2];
    (void)state;
    assert_int_equal(record_encode(&buffer, &one, 1, &error), 0);
    assert_int_equal(record_encode(&buffer, &two, 1, &error), 0);
    assert_true(record_decode(buffer.bytes, buffer.used, out, 2));
    assert_true(text_is(out[0], "one"));
    assert_true(text_is(out[1], "two"));
    record_buffer_free(&buffer);
}

static void nothing_is_a_record_of_no_columns(void **state) {
    struct record_buffer buffer = {0};
    uint32_t count = 7;
    (void)state;
    assert_int_equal(record_encode(&buffer, NULL, 0, &error), 0);
    assert_int_equal(buffer.used, 0);
    assert_true(record_count(NULL, 0, &count));
    assert_int_equal(count, 0);
    assert_true(record_decode(NULL, 0, NULL, 0));
    record_buffer_free(&buffer);
}

/* Cut at every byte, and with every byte changed: never more than what is there is read. */
static void damage_is_noticed_or_harmless(void **state) {
    struct record_buffer buffer = {0};
    const sluice_text in[] = {TEXT("imei"), TEXT("001001001234563"), {NULL, 0}};
    sluice_text out[3];
    (void)state;
    assert_int_equal(record_encode(&buffer, in, 3, &error), 0);
    for (size_t size = 0; size < buffer.used; size++) {
        uint8_t *part = malloc(size + 1);
        memcpy(part, buffer.bytes, size);
        part[size] = 0xff;
        assert_false(record_decode(part, size, out, 3));
        free(part);
    }
    for (size_t at = 0; at < buffer.used; at++)
        for (int flip = 1; flip < 256; flip++) {
            uint8_t *copy = malloc(buffer.used);
            memcpy(copy, buffer.bytes, buffer.used);
            copy[at] ^= (uint8_t)flip;
            if (record_decode(copy, buffer.used, out, 3))
                for (size_t i = 0; i < 3; i++)
                    assert_true(!out[i].ptr || ((uint8_t *)out[i].ptr >= copy &&
                                                (uint8_t *)out[i].ptr + out[i].len <= copy + buffer.used));
            free(copy);
        }
    assert_false(record_decode(buffer.bytes, buffer.used, out, 2));
    record_buffer_free(&buffer);
}

static void a_length_without_end_is_damage(void **state) {
    uint8_t bytes[16];
    uint32_t count;
    sluice_text out;
    (void)state;
    memset(bytes, 0xff, sizeof bytes);
    assert_false(record_count(bytes, sizeof bytes, &count));
    assert_false(record_decode(bytes, sizeof bytes, &out, 1));
}

static void a_record_has_a_limit(void **state) {
    struct record_buffer buffer = {0};
    char *text = calloc(1, RECORD_BYTES / 2);
    sluice_text in[] = {{text, RECORD_BYTES / 2}, {text, RECORD_BYTES / 2}};
    sluice_text huge = {text, UINT64_MAX};
    (void)state;
    assert_int_equal(record_encode(&buffer, in, 1, &error), 0);
    assert_int_equal(record_encode(&buffer, in, 2, &error), SLUICE_E_DATA);
    assert_non_null(strstr(error.text, "16 MiB"));
    assert_int_equal(record_encode(&buffer, &huge, 1, &error), SLUICE_E_DATA);
    record_buffer_free(&buffer);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_comes_back_as_it_was),     cmocka_unit_test(a_second_record_is_appended),
        cmocka_unit_test(nothing_is_a_record_of_no_columns), cmocka_unit_test(damage_is_noticed_or_harmless),
        cmocka_unit_test(a_length_without_end_is_damage),    cmocka_unit_test(a_record_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
