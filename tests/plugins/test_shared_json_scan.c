/* JSON read where it stands: every form of a value, and every way in which it isn't one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <sluice/text.h>

#include <sluice/json.h>

#include <cmocka.h>

static char shown[1000];

static const char *items(const char *text) {
    struct json_walk walk;
    sluice_text value;
    size_t used = 0;
    *shown = 0;
    if (!json_walk_list(&walk, text_of(text)))
        return "no list";
    while (json_next_item(&walk, &value))
        used += (size_t)snprintf(shown + used, sizeof shown - used, "%.*s|", TEXT_ARG(value));
    snprintf(shown + used, sizeof shown - used, "%s", json_walk_whole(&walk) ? "whole" : "broken");
    return shown;
}

static void lists(void **state) {
    (void)state;
    assert_string_equal(items("[]"), "whole");
    assert_string_equal(items(" [ 1 , \"a,]\" ,null] \n"), "1|\"a,]\"|null|whole");
    assert_string_equal(items("[{\"a\":[1,{}]},[[]],-0.10e-5,true]"),
                        "{\"a\":[1,{}]}|[[]]|-0.10e-5|true|whole");
    assert_string_equal(items("[1,"), "1|broken");
    assert_string_equal(items("[1,]"), "1|broken");
    assert_string_equal(items("[,1]"), "broken");
    assert_string_equal(items("[1 2]"), "1|broken");
    assert_string_equal(items("[1]2"), "1|broken");
    assert_string_equal(items("[\"a"), "broken");
    assert_string_equal(items("[\"\\x\"]"), "broken");
    assert_string_equal(items("[\"\\u12\"]"), "broken");
    assert_string_equal(items("[01x]"), "01|broken");
    assert_string_equal(items("[1.]"), "broken");
    assert_string_equal(items("[nul]"), "broken");
    assert_string_equal(items("[\"line\nbreak\"]"), "broken");
    assert_string_equal(items("{}"), "no list");
    assert_string_equal(items(""), "no list");
}

static void objects(void **state) {
    struct json_walk walk;
    sluice_text key, value;
    (void)state;
    assert_true(json_walk_object(&walk, TEXT("{\"a\" : 0.0800, \"b\\\"\":{\"c\":1}}")));
    assert_true(json_next_member(&walk, &key, &value));
    assert_true(json_is(key, "a") && text_is(value, "0.0800"));
    assert_true(json_next_member(&walk, &key, &value));
    assert_true(text_is(key, "\"b\\\"\"") && text_is(value, "{\"c\":1}"));
    assert_false(json_next_member(&walk, &key, &value));
    assert_true(json_walk_whole(&walk));
    assert_true(json_walk_object(&walk, TEXT("{a:1}")));
    assert_false(json_next_member(&walk, &key, &value));
    assert_true(walk.broken);
}

static void depth_is_bounded(void **state) {
    char deep[1001];
    (void)state;
    memset(deep, '[', 500);
    memset(deep + 500, ']', 500);
    deep[1000] = 0;
    assert_string_equal(items(deep), "broken");
    assert_null(json_whole((sluice_text){deep, 1000}, '[').ptr);
    assert_non_null(json_whole((sluice_text){deep + 400, 200}, '[').ptr);
}

static const char *decoded(const char *string) {
    static char out[200];
    out[json_decode(text_of(string), out)] = 0;
    return out;
}

static void texts(void **state) {
    (void)state;
    assert_string_equal(decoded("\"\""), "");
    assert_string_equal(decoded("\"plain\""), "plain");
    assert_string_equal(decoded("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\""), "a\"\\/\b\f\n\r\t");
    assert_string_equal(decoded("\"\\u00e9\\u20AC\\ud83d\\ude00\""), "é€😀");
    assert_string_equal(decoded("\"\\ud83d\\u0041\\udc00\\u0000\""), "\xef\xbf\xbd"
                                                                     "A\xef\xbf\xbd\xef\xbf\xbd");
    assert_string_equal(decoded("\"\\ud83d\""), "\xef\xbf\xbd");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(lists), cmocka_unit_test(objects),
                                       cmocka_unit_test(depth_is_bounded), cmocka_unit_test(texts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
