/* The small pure parts: amounts, error texts, statuses, service numbers, JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <sluice/amount.h>
#include <sluice/buffer.h>
#include "gsm_fusion/errors.h"
#include <sluice/identity.h>
#include "gsm_fusion/status.h"
#include <sluice/text.h>

static void test_amounts(void **state) {
    static const struct {
        const char *in, *amount, *currency; /* NULL: none */
    } cases[] = {
        {"0.08", "0.08", NULL},
        {"$0.08", "0.08", NULL},
        {"0.08 USD", "0.08", "USD"},
        {"$ 150.00 USD", "150.00", "USD"},
        {"1,234.50", "1234.50", NULL},
        {"eur 12,345,678", "12345678", "EUR"},
        {"Rs.5.00", "5.00", NULL},
        {"-5.00", "-5.00", NULL},
        {"-$5.00", "-5.00", NULL},
        {"\u22125.00 USD", "-5.00", "USD"},
        {"5.00- USD", "-5.00", "USD"},
        {"0,500", NULL, NULL},
        {"0,08 EUR", NULL, "EUR"},
        {"3", "3", NULL},
        {"0,08", NULL, NULL},
        {"1,23,456", NULL, NULL},
        {"1234,567", NULL, NULL},
        {",5", NULL, NULL},
        {".08", NULL, NULL},
        {"1.", NULL, NULL},
        {"1.2.3", NULL, NULL},
        {"1.5,0", NULL, NULL},
        {"0.08 - 0.10", NULL, NULL},
        {"-", NULL, NULL},
        {"", NULL, NULL},
        {"Free", NULL, NULL},
        {"12345678901234567890123456789012345", NULL, NULL},
    };
    char amount[AMOUNT_TEXT], currency[CURRENCY_TEXT];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sluice_text got = amount_read(text_of(cases[i].in), amount);
        sluice_text code = amount_currency(text_of(cases[i].in), currency);
        if (!text_equal(got, text_of(cases[i].amount)) || !got.ptr != !cases[i].amount ||
            !text_equal(code, text_of(cases[i].currency)))
            fail_msg("'%s': '%.*s' '%.*s'", cases[i].in, TEXT_ARG(got), TEXT_ARG(code));
    }
}

static void test_micros(void **state) {
    static const struct {
        const char *in, *out;
        int64_t micros;
    } cases[] = {{"0.08", "0.08", 80000},
                 {"150", "150.00", 150000000},
                 {"0.125", "0.125", 125000},
                 {"-1.5", "-1.50", -1500000},
                 {"0", "0.00", 0},
                 {"0.0000019", "0.000001", 1},
                 {"1000000.00", "1000000.00", 1000000000000}};
    char out[AMOUNT_TEXT];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(amount_micros(text_of(cases[i].in)), cases[i].micros);
        assert_string_equal(amount_format(cases[i].micros, out), cases[i].out);
    }
}

static void test_errors(void **state) {
    static const struct {
        const char *text;
        enum error_class class;
        const char *code;
    } cases[] = {
        {"Invalid User!", ERROR_AUTH, "invalid_user"},
        {" invalid user ", ERROR_AUTH, "invalid_user"},
        {"Invalid User field in the form", ERROR_OTHER, "provider_error"},
        {"Invalid API Key!", ERROR_AUTH, "invalid_api_key"},
        {"API access to you is not allowed!", ERROR_AUTH, "api_access_denied"},
        {"This user is not active", ERROR_AUTH, "inactive_user"},
        {"Invalid IP request![192.0.2.1]", ERROR_AUTH, "invalid_ip"},
        {"Credit has been finished!", ERROR_NO_CREDIT, "no_credit"},
        {"Your Credits have been finished!", ERROR_NO_CREDIT, "no_credit"},
        {"Website is in maintenance, please try again later", ERROR_MAINTENANCE, "maintenance"},
        {"IMEI already exists!", ERROR_DUPLICATE, "already_exists"},
        {"Invalid IMEI!", ERROR_REJECTED, "invalid_imei"},
        {"Invalid IMEI: 123", ERROR_REJECTED, "invalid_imei"},
        {"Invalid value of Network Id!", ERROR_REJECTED, "invalid_service"},
        {"Invalid Order ID", ERROR_NO_ORDER, "unknown_order"},
        {"Credit has been finished! Order 17 was placed", ERROR_OTHER, "provider_error"},
        {"", ERROR_OTHER, "provider_error"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct error_kind *kind = error_classify(text_of(cases[i].text));
        if (kind->class != cases[i].class || strcmp(kind->code, cases[i].code) != 0)
            fail_msg("'%s': %s", cases[i].text, kind->code);
    }
}

static void test_statuses(void **state) {
    (void)state;
    assert_true(text_equal(status_name(TEXT("2"), TEXT("nonsense")), TEXT("Completed")));
    assert_true(text_equal(status_name(TEXT("4"), TEXT("")), TEXT("In Process")));
    assert_true(text_equal(status_name(TEXT(""), TEXT("3")), TEXT("Rejected")));
    assert_true(text_equal(status_name(TEXT("9"), TEXT("in process")), TEXT("In Process")));
    assert_true(text_equal(status_name(TEXT(""), TEXT("Waiting")), TEXT("Waiting")));
    assert_null(status_name(TEXT(""), TEXT("")).ptr);
    assert_true(status_contradicts(TEXT("2"), TEXT("rejected")));
    assert_true(status_contradicts(TEXT("1"), TEXT("3")));
    assert_false(status_contradicts(TEXT("2"), TEXT("COMPLETED")));
    assert_false(status_contradicts(TEXT("2"), TEXT("Done")));
    assert_false(status_contradicts(TEXT("9"), TEXT("Rejected")));
    assert_false(status_contradicts(TEXT("1"), TEXT("In Process")));
    assert_false(status_contradicts(TEXT(""), TEXT("Rejected")));
}

static void test_service_numbers(void **state) {
    static const struct {
        const char *in, *out;
    } cases[] = {{"1739", "1739"}, {" 01739 ", "1739"}, {"1739.0", "1739"}, {"1739.00", "1739"},
                 {"1739.", NULL},  {"1739.5", NULL},    {"0", NULL},        {"", NULL},
                 {"abc", NULL},    {"1 739", NULL}};
    char room[SERVICE_TEXT];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sluice_text got = service_read(text_of(cases[i].in), room);
        if (!got.ptr != !cases[i].out || !text_equal(got, text_of(cases[i].out)))
            fail_msg("'%s': '%.*s'", cases[i].in, TEXT_ARG(got));
    }
}

static void test_buffer(void **state) {
    struct buffer buffer = {.most = 64};
    (void)state;
    buffer_json(&buffer, TEXT("a\"b\\c\n\t\x01\xc3\xa9/"));
    buffer_format(&buffer, "%d", 7);
    assert_true(text_equal((sluice_text){buffer.text, buffer.length},
                           TEXT("\"a\\\"b\\\\c\\n\\t\\u0001\xc3\xa9/\"7")));
    assert_false(buffer.failed);
    buffer_string(&buffer, "01234567890123456789012345678901234567890123456789");
    assert_true(buffer.failed);
    buffer_free(&buffer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_amounts),         cmocka_unit_test(test_micros),
        cmocka_unit_test(test_errors),          cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_service_numbers), cmocka_unit_test(test_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
