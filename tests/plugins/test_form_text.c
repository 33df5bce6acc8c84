/* What gets onto a page, and into JSON: text never becomes markup. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <sluice/text.h>

#include "form/html.h"
#include "form/json.h"
#include "form/plain.h"

#include <cmocka.h>

static struct buffer out;
static const char *volatile nothing;

static const char *html(sluice_text text) {
    buffer_free(&out);
    html_text(&out, text);
    return buffer_view(&out).ptr;
}

static const char *json(sluice_text text) {
    buffer_free(&out);
    json_text(&out, text);
    return buffer_view(&out).ptr;
}

static void markup_is_text(void **state) {
    (void)state;
    assert_string_equal(html(TEXT("<script>alert('1')</script>")),
                        "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;");
    assert_string_equal(html(TEXT("a\" onclick=\"b & c")), "a&quot; onclick=&quot;b &amp; c");
    assert_string_equal(html(TEXT("Grüße\n\t€")), "Grüße\n\t€");
    assert_string_equal(html(TEXT("a\r\nb\r\n\rc\r")), "a\nb\n\nc\n"); /* lines as browsers send them */
    assert_string_equal(html((sluice_text){0}), "");
}

static void what_is_no_character_is_replaced(void **state) {
    (void)state;
    assert_string_equal(html((sluice_text){"a\0b\x1b[31m\x7f", 9}), "a\ufffdb\ufffd[31m\ufffd");
    assert_string_equal(html(TEXT("\xff\xc3")), "\ufffd\ufffd");
    assert_string_equal(html(TEXT("\xe0\x80\x80")), "\ufffd\ufffd\ufffd");
}

static void formats(void **state) {
    (void)state;
    buffer_free(&out);
    html_add(&out, "<p title=\"%s\">%.*s %d %u %zu %lld%% %c</p>", "\"><", TEXT_ARG(TEXT("<b>")), -3, 4u,
             (size_t)5, -6LL, '<');
    assert_string_equal(out.text, "<p title=\"&quot;&gt;&lt;\">&lt;b&gt; -3 4 5 -6% &lt;</p>");
    buffer_free(&out);
    html_add(&out, "[%s]", nothing);
    assert_string_equal(out.text, "[]");
}

static void words_of_an_address(void **state) {
    (void)state;
    buffer_free(&out);
    html_word(&out, TEXT("a b/c?d=e&f#<\"'%é"));
    assert_string_equal(out.text, "a%20b%2Fc%3Fd%3De%26f%23%3C%22%27%25%C3%A9");
}

static void counts(void **state) {
    (void)state;
    buffer_free(&out);
    html_count(&out, 0);
    buffer_put(&out, " ", 1);
    html_count(&out, 999);
    buffer_put(&out, " ", 1);
    html_count(&out, 1234567);
    assert_string_equal(out.text, "0 999 1,234,567");
}

static void amounts(void **state) {
    static const char *const shown[][2] = {
        {"0.08", "0.08"},     {"160.00", "160.00"},    {"1234567.5", "1,234,567.5"},
        {"-1000", "-1,000"},  {"12a34", "12a34"},      {"", ""},
        {"<b>", "&lt;b&gt;"}, {"1000.<", "1,000.&lt;"}};
    (void)state;
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        buffer_free(&out);
        html_amount(&out, text_of(shown[i][0]));
        assert_string_equal(buffer_view(&out).ptr, shown[i][1]);
    }
}

static void json_strings(void **state) {
    (void)state;
    assert_string_equal(json(TEXT("a\"b\\c\n</script>")), "\"a\\\"b\\\\c\\u000a\\u003c/script\\u003e\"");
    assert_string_equal(json((sluice_text){0}), "null");
    assert_string_equal(json(TEXT("")), "\"\"");
    assert_string_equal(json(TEXT("é\xff")), "\"é\\ufffd\"");
    buffer_free(&out);
    json_add(&out, "{\"a\":%s,\"b\":%u,\"c\":%lld,\"d\":%s,\"e\":%zu}", "x\"", 1u, -2LL, nothing, (size_t)3);
    assert_string_equal(out.text, "{\"a\":\"x\\\"\",\"b\":1,\"c\":-2,\"d\":null,\"e\":3}");
}

static const char *plain(const char *reason) {
    buffer_free(&out);
    buffer_text(&out, plain_reason(text_of(reason)));
    return buffer_view(&out).ptr;
}

static void hints_for_the_pipeline_are_no_page(void **state) {
    (void)state;
    assert_string_equal(plain("the provider has no service '9'; see 'sluice services'"),
                        "the provider has no service '9'");
    assert_string_equal(plain("'1' has 14 digits: the check digit is missing; complete: [14] adds it"),
                        "'1' has 14 digits: the check digit is missing");
    assert_string_equal(
        plain("'a; b' isn't a number; for a MEID, a serial number or another identifier set check: any"),
        "'a; b' isn't a number");
    assert_string_equal(
        plain("they have A; say which one it is: columns: {imei: [HEADER]} in the csv source"),
        "they have A");
    assert_string_equal(plain("no order 'x' is in doubt; see 'sluice ledger list --state in_doubt'"),
                        "no order 'x' is in doubt");
    assert_string_equal(plain("Blocked; contact support; see the list"),
                        "Blocked; contact support; see the list");
    assert_string_equal(plain(""), "");
}

static void a_buffer_has_an_end(void **state) {
    struct buffer small = {.most = 8};
    (void)state;
    buffer_string(&small, "1234567");
    assert_false(small.failed);
    buffer_string(&small, "8");
    assert_true(small.failed);
    buffer_string(&small, "9");
    assert_string_equal(small.text, "1234567");
    buffer_free(&small);
    assert_string_equal(buffer_view(&small).ptr, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(markup_is_text),
        cmocka_unit_test(what_is_no_character_is_replaced),
        cmocka_unit_test(formats),
        cmocka_unit_test(words_of_an_address),
        cmocka_unit_test(counts),
        cmocka_unit_test(amounts),
        cmocka_unit_test(hints_for_the_pipeline_are_no_page),
        cmocka_unit_test(json_strings),
        cmocka_unit_test(a_buffer_has_an_end),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    buffer_free(&out);
    return failed;
}
