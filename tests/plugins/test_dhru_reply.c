/* The parts of dhru that need no host: reading JSON, errors in their forms, base64, parameters, statuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dhru/base64.h"
#include "dhru/parameters.h"
#include "dhru/refusal.h"
#include "dhru/status.h"
#include <sluice/text.h>

static void test_kinds(void **state) {
    static const struct {
        const char *body;
        enum reply_kind kind;
    } cases[] = {
        {"{}", REPLY_JSON},
        {" \r\n\xef\xbb\xbf {\"a\":1} \n", REPLY_JSON},
        {"{\"a\":\"\xe9\"}", REPLY_JSON},
        {"{\"a\":", REPLY_DAMAGED},
        {"{\"a\":1}x", REPLY_DAMAGED},
        {"[]", REPLY_FOREIGN},
        {"", REPLY_FOREIGN},
        {"<html>{}", REPLY_FOREIGN},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reply reply;
        reply_read(&reply, text_of(cases[i].body));
        if (reply.kind != cases[i].kind)
            fail_msg("'%s': %d", cases[i].body, reply.kind);
        reply_free(&reply);
    }
}

static void test_members(void **state) {
    struct reply reply;
    struct reply_walk walk = {NULL};
    sluice_text value;
    (void)state;
    reply_read(&reply,
               TEXT("{\"A\":1,\"b\":{\"a\":2},\"a\":\"x\\u00e9\",\"n\":null,\"e\":[ ],\"l\":\"caf\xe9\"}"));
    assert_true(reply_next_member(reply.root, "a", &walk, &value) && text_is(value, "1"));
    assert_true(reply_next_member(reply.root, "a", &walk, &value) && text_is(value, "\"x\\u00e9\""));
    assert_true(text_is(reply_text(&reply, value), "xé"));
    assert_false(reply_next_member(reply.root, "a", &walk, &value));
    assert_null(reply_member_text(&reply, reply.root, "n").ptr);
    assert_null(reply_member_text(&reply, reply.root, "b").ptr);
    assert_true(text_is(reply_member_text(&reply, reply.root, "l"), "café"));
    assert_true(reply_is_empty(reply_member(reply.root, "e")));
    assert_false(reply_is_empty(reply_member(reply.root, "b")));
    assert_null(reply_member(TEXT("\"no object\""), "a").ptr);
    reply_free(&reply);
}

static void test_refusals(void **state) {
    static const struct {
        const char *body;
        enum error_class class;
        const char *text;
    } cases[] = {
        {"{\"ERROR\":[{\"MESSAGE\":\"Authentication Failed\"}]}", ERROR_AUTH, "Authentication Failed"},
        {"{\"ERROR\":\"authentication failed!\"}", ERROR_AUTH, "authentication failed!"},
        {"{\"ERROR\":[{\"message\":\"Command not found\"}]}", ERROR_ACTION, "Command not found"},
        {"{\"ERROR\":[{\"MESSAGE\":{\"a\":\"Not enough\",\"b\":\"Credits\"}}]}", ERROR_OTHER,
         "Not enough: Credits"},
        {"{\"ERROR\":[{\"MESSAGE\":{\"a\":\"Not enough Credits.\"}}]}", ERROR_NO_CREDIT,
         "Not enough Credits."},
        {"{\"ERROR\":[{\"MESSAGE\":\"X\",\"FULL_DESCRIPTION\":\"X\"}]}", ERROR_OTHER, "X"},
        {"{\"ERROR\":[{\"MESSAGE\":\"Two\\r\\nlines\"}]}", ERROR_OTHER, "Two  lines"},
        {"{\"ERROR\":[\"Invalid Action\",\"Authentication Failed\"]}", ERROR_OTHER,
         "Invalid Action: Authentication Failed"},
        {"{\"ERROR\":\"Invalid Action taken, the order was kept\"}", ERROR_OTHER,
         "Invalid Action taken, the order was kept"},
        {"{\"ERROR\":\"Parameter 'MEP' Required.\"}", ERROR_REJECTED, "Parameter 'MEP' Required."},
        {"{\"ERROR\":\"Parameter 'MEP' Required later\"}", ERROR_OTHER, "Parameter 'MEP' Required later"},
        {"{\"ERROR\":{\"x\":0}}", ERROR_OTHER, "0"},
    };
    static const char *const none[] = {"{}", "{\"ERROR\":[]}", "{\"ERROR\":\"\"}", "{\"ERROR\":null}",
                                       "{\"ERROR\":false}"};
    struct refusal refusal;
    struct reply reply;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        reply_read(&reply, text_of(cases[i].body));
        assert_true(refusal_find(&refusal, &reply, reply.root, (sluice_texts){NULL, 0}));
        if (refusal.kind->class != cases[i].class || strcmp(refusal.text, cases[i].text) != 0)
            fail_msg("%s: %d '%s'", cases[i].body, refusal.kind->class, refusal.text);
        reply_free(&reply);
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        reply_read(&reply, text_of(none[i]));
        assert_false(refusal_find(&refusal, &reply, reply.root, (sluice_texts){NULL, 0}));
        reply_free(&reply);
    }
}

/* However long the words are, the message ends between characters. */
static void test_long_words(void **state) {
    struct buffer body = {0};
    struct refusal refusal;
    struct reply reply;
    (void)state;
    for (int words = 0; words < 3; words++) {
        buffer_format(&body, "%s\"%d", words ? "," : "{\"ERROR\":[", words);
        for (int i = 0; i < 109; i++)
            buffer_string(&body, "é");
        buffer_string(&body, "\"");
    }
    buffer_string(&body, "]}");
    reply_read(&reply, (sluice_text){body.text, body.length});
    assert_true(refusal_find(&refusal, &reply, reply.root, (sluice_texts){NULL, 0}));
    assert_true(strlen(refusal.text) < REFUSAL_TEXT && strlen(refusal.text) > 300);
    assert_int_equal((unsigned char)refusal.text[strlen(refusal.text) - 2], 0xc3);
    reply_free(&reply);
    buffer_free(&body);
}

static void test_waits(void **state) {
    (void)state;
    assert_int_equal(error_wait_ms(TEXT("Please try after 5 minutes.")), 300000);
    assert_int_equal(error_wait_ms(TEXT("try after 30 sec")), 30000);
    assert_int_equal(error_wait_ms(TEXT("try after a while")), -1);
    assert_int_equal(error_wait_ms(TEXT("try after 5")), -1);
    assert_int_equal(error_wait_ms(TEXT("")), -1);
}

static void expect_base64(const char *plain, const char *encoded) {
    struct buffer out = {0}, back = {0};
    base64_write(&out, text_of(plain));
    assert_true(text_is((sluice_text){out.text, out.length}, encoded));
    assert_true(base64_read(&back, text_of(encoded)));
    assert_true(text_is((sluice_text){back.text, back.length}, plain));
    buffer_free(&out);
    buffer_free(&back);
}

static void test_base64(void **state) {
    static const char *const wrong[] = {"YQ", "YQ=", "YQ==YQ==", "Y===", "====", "YQ!=", "\x80===="};
    (void)state;
    expect_base64("", "");
    expect_base64("a", "YQ==");
    expect_base64("ab", "YWI=");
    expect_base64("abc", "YWJj");
    expect_base64("abcd\xff", "YWJjZP8=");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct buffer out = {0};
        if (base64_read(&out, text_of(wrong[i])))
            fail_msg("'%s' was read", wrong[i]);
        buffer_free(&out);
    }
}

static void test_parameters(void **state) {
    const struct parameter list[] = {{"ID", TEXT("1")}, {"IMEI", TEXT("a<&>\"'\\")}};
    struct buffer out = {0};
    (void)state;
    parameters_write(&out, PARAMETERS_XML, list, 2);
    assert_true(text_is((sluice_text){out.text, out.length},
                        "<PARAMETERS><ID>1</ID><IMEI>a&lt;&amp;&gt;&quot;&apos;\\</IMEI></PARAMETERS>"));
    out.length = 0;
    parameters_json(&out, list, 2);
    assert_true(text_is((sluice_text){out.text, out.length}, "{\"ID\":\"1\",\"IMEI\":\"a<&>\\\"'\\\\\"}"));
    buffer_free(&out);
}

static void test_statuses(void **state) {
    static const char *const names[] = {"Pending", "In Process", NULL, "Rejected", "Completed", NULL};
    (void)state;
    for (int i = 0; i < 6; i++) {
        char digit = (char)('0' + i);
        assert_true(text_equal(status_name((sluice_text){&digit, 1}), text_of(names[i])));
    }
    assert_null(status_name(TEXT("44")).ptr);
    assert_null(status_name(TEXT("")).ptr);
    assert_null(status_name(TEXT("Completed")).ptr);
    assert_true(text_is(status_name(TEXT(" 4 ")), "Completed"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),      cmocka_unit_test(test_members),  cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_long_words), cmocka_unit_test(test_waits),    cmocka_unit_test(test_base64),
        cmocka_unit_test(test_parameters), cmocka_unit_test(test_statuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
