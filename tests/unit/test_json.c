#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "text.h"
#include "utf8.h"

static void an_object_has_its_commas(void **state) {
    struct json json = {0};
    (void)state;
    json_open(&json, '{');
    json_key(&json, "a");
    json_number(&json, INT64_MIN);
    json_key(&json, "b");
    json_open(&json, '[');
    json_bool(&json, true);
    json_bool(&json, false);
    json_text(&json, (sluice_text){NULL, 0});
    json_open(&json, '{');
    json_close(&json, '}');
    json_string(&json, "x");
    json_close(&json, ']');
    json_key(&json, "c");
    json_raw(&json, "0.08");
    json_close(&json, '}');
    assert_string_equal(json.text,
                        "{\"a\":-9223372036854775808,\"b\":[true,false,null,{},\"x\"],\"c\":0.08}");
    assert_int_equal(json.length, strlen(json.text));
    json_free(&json);
    assert_null(json.text);
}

static void text_is_escaped(void **state) {
    static const struct {
        sluice_text text;
        const char *json;
    } cases[] = {
        {{"", sizeof("") - 1}, "\"\""},
        {{"a\"b\\c/d", sizeof("a\"b\\c/d") - 1}, "\"a\\\"b\\\\c/d\""},
        {{"\t\n\r\033", sizeof("\t\n\r\033") - 1}, "\"\\u0009\\u000a\\u000d\\u001b\""},
        {{"a\0b", sizeof("a\0b") - 1}, "\"a\\u0000b\""},
        {{"\x7f", sizeof("\x7f") - 1}, "\"\\u007f\""},
        {{"\xc2\x9b"
          "31m\xc2\x80\xc2\x9f\xc2\xa0",
          sizeof("\xc2\x9b"
                 "31m\xc2\x80\xc2\x9f\xc2\xa0") -
              1},
         "\"\\u009b31m\\u0080\\u009f\xc2\xa0\""},
        {{"\xc3\xa9\xe2\x82\xac\xf0\x9f\x93\xb1", sizeof("\xc3\xa9\xe2\x82\xac\xf0\x9f\x93\xb1") - 1},
         "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x93\xb1\""},
        {{"a\xff"
          "b\xc3",
          sizeof("a\xff"
                 "b\xc3") -
              1},
         "\"a\xef\xbf\xbd"
         "b\xef\xbf\xbd\""},
        {{"\xed\xa0\x80", sizeof("\xed\xa0\x80") - 1},
         "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},                           /* a surrogate */
        {{"\xc0\xaf", sizeof("\xc0\xaf") - 1}, "\"\xef\xbf\xbd\xef\xbf\xbd\""}, /* overlong */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json json = {0};
        json_text(&json, cases[i].text);
        assert_string_equal(json.text, cases[i].json);
        json_free(&json);
    }
}

/* The text that a string of JSON stands for: only what the writer uses. Returns its length. */
static size_t unescape(const char *json, char *out) {
    size_t n = 0;
    assert_int_equal(*json++, '"');
    while (*json != '"') {
        assert_true((unsigned char)*json >= 0x20 && *json != 0x7f);
        if (*json != '\\') {
            out[n++] = *json++;
        } else if (json[1] != 'u') {
            out[n++] = json[1];
            json += 2;
        } else {
            char digits[5] = {json[2], json[3], json[4], json[5], 0};
            unsigned long code = strtoul(digits, NULL, 16);
            assert_true(code < 0x100);
            if (code >= 0x80)
                out[n++] = (char)0xc2;
            out[n++] = (char)code;
            json += 6;
        }
    }
    assert_string_equal(json, "\"");
    return n;
}

/* Whatever a provider sends: the line is JSON, and what was text in it is the same text. */
static void any_bytes_are_read_back(void **state) {
    unsigned seed = 20261122;
    char bytes[64], expected[200], got[400];
    (void)state;
    for (int round = 0; round < 2000; round++) {
        struct json json = {0};
        size_t length = (seed = seed * 1103515245u + 12345u) / 7 % sizeof bytes, wanted = 0;
        for (size_t i = 0; i < length; i++)
            bytes[i] = (char)((seed = seed * 1103515245u + 12345u) >> 16);
        for (size_t i = 0; i < length;) {
            unsigned n = utf8_sequence(bytes + i, length - i);
            memcpy(expected + wanted, n ? bytes + i : "\xef\xbf\xbd", n ? n : 3);
            wanted += n ? n : 3;
            i += n ? n : 1;
        }
        json_text(&json, (sluice_text){bytes, length});
        assert_true(utf8_valid((sluice_text){json.text, json.length}));
        assert_int_equal(unescape(json.text, got), wanted);
        assert_memory_equal(got, expected, wanted);
        json_free(&json);
    }
}

static void memory_is_used_again(void **state) {
    struct json json = {0};
    (void)state;
    for (int i = 0; i < 1000; i++)
        json_string(&json, "a long line of text that makes the buffer grow");
    const char *text = json.text;
    json.failed = true;
    json_reset(&json);
    assert_false(json.failed); /* one line without memory doesn't silence all that follow */
    assert_string_equal(json.text, "");
    json_string(&json, "b");
    assert_ptr_equal(json.text, text);
    assert_string_equal(json.text, "\"b\"");
    json_free(&json);
    json_reset(&json);
    json_free(&json);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_has_its_commas),
        cmocka_unit_test(text_is_escaped),
        cmocka_unit_test(any_bytes_are_read_back),
        cmocka_unit_test(memory_is_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
