/* Pointers, rules, templates and times of the plugin http, each by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sluice/text.h>

#include "http/moment.h"
#include "http/pointer.h"
#include "http/rule.h"
#include "http/template.h"

/* ---- pointers ------------------------------------------------------------------------------ */

static const char document[] =
    "{\"a\": {\"b\": [10, {\"c\": \"x\"}]}, \"\": 1, \"a/b\": 2, \"m~n\": 3, \"a b\": 4, "
    "\"q\\u0041\\n\": 5, \"z\": 6, \"z\": 7, \"n\": null}";

static void expect_at(const char *pointer, const char *expected) {
    sluice_text found = pointer_find(text_of(document), text_of(pointer));
    if (!(expected ? text_is(found, expected) : !found.ptr))
        fail_msg("%s: '%.*s', expected '%s'", pointer, TEXT_ARG(found), expected ? expected : "nothing");
}

static void test_pointers(void **state) {
    (void)state;
    expect_at("", document);
    expect_at("/a/b/0", "10");
    expect_at("/a/b/1/c", "\"x\"");
    expect_at("/", "1");
    expect_at("/a~1b", "2");
    expect_at("/m~0n", "3");
    expect_at("/a b", "4");
    expect_at("/qA\n", "5");
    expect_at("/z", "7"); /* as with every parser */
    expect_at("/n", "null");
    expect_at("/a/b/2", NULL);
    expect_at("/a/b/01", NULL);
    expect_at("/a/b/-", NULL);
    expect_at("/a/b/99999999999999999999", NULL);
    expect_at("/a/b/0/x", NULL);
    expect_at("/A", NULL);
    expect_at("/n/x", NULL);
    assert_true(pointer_good(TEXT("")) && pointer_good(TEXT("/")) && pointer_good(TEXT("/a~0~1")));
    assert_false(pointer_good(TEXT("a")) || pointer_good(TEXT("/a~")) || pointer_good(TEXT("/a~2")));
}

/* ---- rules --------------------------------------------------------------------------------- */

static bool fits(const char *words, int32_t status, const char *body) {
    struct rule rule;
    struct reply reply;
    const char *wrong = rule_read(&rule, text_of(words));
    if (wrong)
        fail_msg("'%s' %s", words, wrong);
    reply_read(&reply, text_of(body));
    bool fitted = rule_fits(&rule, &reply, status);
    reply_free(&reply);
    return fitted;
}

static void test_rules(void **state) {
    struct rule rule;
    static const char *const wrong[] = {"",      "42",  "4x",       "6xx",      "4444",   "422x",   "x22",
                                        "422 a", "a=b", "/error^=", "/error*=", "/a~2=x", "4xx 422"};
    (void)state;
    assert_true(fits("422", 422, "{}") && !fits("422", 423, "{}"));
    assert_true(fits("4xx", 499, "{}") && !fits("4XX", 500, "{}") && fits("42x", 429, "{}"));
    assert_true(fits("/error", 200, "{\"error\": \"x\"}") && fits("/error", 200, "{\"error\": 0}"));
    assert_true(!fits("/error", 200, "{\"error\": null}") && !fits("/error", 200, "{\"error\": false}"));
    assert_true(!fits("/error", 200, "{\"error\": \"\"}") && !fits("/error", 200, "{\"error\": []}"));
    assert_true(fits("/s = Failed Now ", 200, "{\"s\": \" failed now\"}") &&
                !fits("/s=fail", 200, "{\"s\": \"failed\"}"));
    assert_true(fits("/s^=Error A", 200, "{\"s\": \"error a01\"}") &&
                !fits("/s^=Error A", 200, "{\"s\": \"an error a\"}"));
    assert_true(fits("/s*=a01", 200, "{\"s\": \"Error A01!\"}") &&
                !fits("/s*=longer than it", 200, "{\"s\": \"x\"}"));
    assert_true(fits("/n=12", 200, "{\"n\": 12}") && fits("/b=true", 200, "{\"b\": true}"));
    assert_true(fits("/s=", 200, "{\"s\": \"\"}") && !fits("/s=", 200, "{}"));
    assert_true(fits("400 /a b/c=\xc3\xbc", 400, "{\"a b\": {\"c\": \"\\u00fc\"}}"));
    assert_true(!fits("400 /a=x", 401, "{\"a\": \"x\"}") && !fits("/a=x", 200, "<html>"));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (!rule_read(&rule, text_of(wrong[i])))
            fail_msg("'%s' was read", wrong[i]);
}

/* ---- templates ----------------------------------------------------------------------------- */

static const sluice_text names[] = {{"imei", 4}, {"note", 4}, {"empty", 5}};
static const sluice_text imei[] = {{"123", 3}}, note[] = {{" a\"\\/\n\xc3\xa9 ", 9}}, empty[] = {{NULL, 0}};
static const sluice_text *const cells[] = {imei, note, empty};
static const sluice_batch batch = {
    .size = sizeof batch, .column_count = 3, .row_count = 1, .selected = 1, .names = names, .cells = cells};
static const sluice_row row = {&batch, 0, 0};

static void expect_written(const char *text, enum template_place place, const char *expected) {
    struct template template;
    struct scope scope = {.row = &row};
    struct buffer out = {0};
    scope_add(&scope, "page", TEXT("7"));
    const char *wrong = template_read(&template, text_of(text), place);
    if (wrong)
        fail_msg("'%s' %s", text, wrong);
    template_write(&template, &scope, &out);
    if (!text_is((sluice_text){out.text, out.length}, expected))
        fail_msg("'%s': '%.*s', expected '%s'", text, (int)out.length, out.text, expected);
    buffer_free(&out);
    template_free(&template);
}

static void expect_wrong(const char *text, enum template_place place, const char *says) {
    struct template template;
    const char *wrong = template_read(&template, text_of(text), place);
    if (!wrong || !strstr(wrong, says))
        fail_msg("'%s': '%s', expected '%s'", text, wrong ? wrong : "read", says);
}

static const char *check(const char *text, enum template_place place, const char *own) {
    struct template template;
    struct scope scope = {.row = &row};
    sluice_text name;
    scope_add(&scope, "own", text_of(own));
    assert_null(template_read(&template, text_of(text), place));
    const char *wrong = template_check(&template, &scope, &name);
    template_free(&template);
    return wrong;
}

static void test_templates(void **state) {
    (void)state;
    expect_written("/x/{{ imei }}?n={{note}}&p={{page}}", TEMPLATE_URL, "/x/123?n=a%22%5C%2F%0A%C3%A9&p=7");
    expect_written("a {{note}}{{empty}}{{missing}} b", TEMPLATE_VALUE, "a a\"\\/\n\xc3\xa9 b");
    expect_written("Bearer {{api_key}}", TEMPLATE_HEADER, "Bearer ");
    expect_written("{ {a}} } {{imei}}}", TEMPLATE_VALUE, "{ {a}} } 123}");
    expect_wrong("{{imei", TEMPLATE_VALUE, "{{ without }}");
    expect_wrong("{{}}", TEMPLATE_VALUE, "a name in {{ }} that is none");
    expect_wrong("{{a{b}}", TEMPLATE_VALUE, "a name in {{ }} that is none");
    expect_wrong("{\"a\": \"\\{{imei}}\"}", TEMPLATE_JSON, "a backslash before {{");
    expect_wrong("{\"a\": {{imei}}", TEMPLATE_JSON, "isn't JSON");
    expect_wrong("a=b", TEMPLATE_JSON, "isn't JSON");
    expect_wrong("{\"a\": {{imei}}{{note}}}", TEMPLATE_JSON, "isn't JSON");
    expect_wrong("{\"a\": 1{{imei}}}", TEMPLATE_JSON, "isn't JSON");
    assert_null(check("{\"a\": {{own}}}", TEMPLATE_JSON, "-1.5e3"));
    assert_null(check("{\"a\": {{own}}}", TEMPLATE_JSON, "null"));
    assert_null(check("{\"a\": {{own}}}", TEMPLATE_JSON, ""));
    assert_null(check("{\"a\": \"{{own}}\"}", TEMPLATE_JSON, "\"}, \"b\": {"));
    assert_non_null(check("{\"a\": {{own}}}", TEMPLATE_JSON, "1, \"b\": 2"));
    assert_non_null(check("{\"a\": {{own}}}", TEMPLATE_JSON, "\"text\""));
    assert_non_null(check("{\"a\": {{own}}}", TEMPLATE_JSON, "[1]"));
    assert_non_null(check("{\"a\": {{own}}}", TEMPLATE_JSON, "007"));
    assert_non_null(check("/{{own}}", TEMPLATE_URL, ".."));
    assert_non_null(check("/{{own}}", TEMPLATE_URL, ""));
    assert_non_null(check("{{own}}", TEMPLATE_HEADER, "a\r\nX: y"));
    assert_null(check("{{own}}", TEMPLATE_VALUE, "a\r\nX: y"));
}

/* ---- times --------------------------------------------------------------------------------- */

static void expect_moment(const char *text, int64_t ms, const char *shown) {
    struct moment moment;
    bool read = moment_read(&moment, text_of(text));
    if (read != (shown != NULL) || (read && (moment.ms != ms || strcmp(moment.text, shown) != 0)))
        fail_msg("%s: %lld '%s'", text, (long long)moment.ms, moment.text);
}

static void test_moments(void **state) {
    char iso[MOMENT_ISO];
    (void)state;
    expect_moment("1700000000", 1700000000000, "2023-11-14 22:13:20");
    expect_moment(" 1700000000123 ", 1700000000123, "2023-11-14 22:13:20");
    expect_moment("2023-11-14T22:13:20Z", 1700000000000, "2023-11-14 22:13:20");
    expect_moment("2023-11-14T22:13:20.123456Z", 1700000000000, "2023-11-14 22:13:20");
    expect_moment("2023-11-15 00:13:20+02:00", 1700000000000, "2023-11-14 22:13:20");
    expect_moment("2023-11-14T14:43:20-0730", 1700000000000, "2023-11-14 22:13:20");
    expect_moment("2023-11-14t23:13:20+01", 1700000000000, "2023-11-14 22:13:20");
    expect_moment("2023-11-14 22:13:20 UTC", 1700000000000, "2023-11-14 22:13:20");
    expect_moment("2023-11-14 22:13:20", 0, "2023-11-14 22:13:20");
    expect_moment("2023-11-14 22:13:20.5", 0, "2023-11-14 22:13:20");
    expect_moment("2023-11-14", 0, NULL);
    expect_moment("2023-13-14 22:13:20", 0, NULL);
    expect_moment("2023-11-14 24:13:20", 0, NULL);
    expect_moment("2023-11-14 22:13:20 CET", 0, NULL);
    expect_moment("2023-11-14 22:13:20+25:00", 0, NULL);
    expect_moment("12", 0, NULL);
    expect_moment("17000000000000000", 0, NULL);
    expect_moment("", 0, NULL);
    moment_write(1700000000999, iso);
    assert_string_equal(iso, "2023-11-14T22:13:20Z");
    moment_write(0, iso);
    assert_string_equal(iso, "1970-01-01T00:00:00Z");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pointers),
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_templates),
        cmocka_unit_test(test_moments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
