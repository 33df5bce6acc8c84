/* Replies to getimeiorder and getimeiorderbulk, as sites write them, and what the action makes of them. */
#include <setjmp.h>
#include <stdarg.h>

#include "dhru_site.h"

#include <cmocka.h> /* after the core: it has a macro `fail` */

#define ACCOUNT "base_url=http://127.0.0.1:9", "username=tester", "api_key=key"
#define START "username=tester&apiaccesskey=key&action="

static const char *const options[] = {ACCOUNT, NULL};
static const char *const one[] = {"order_id|imei", "5000001|" A, NULL};
static const char *const two[] = {"order_id|imei", "5000001|" A, "5000002|" B, NULL};
static const char *const same[] = {"order_id|imei", "5000001|" A, "5000001|" A, NULL};

static const struct expectation {
    const char *file;
    int status;
    const char *const *rows;
    const char *verdicts;
    const char *says;
} expectations[] = {
    {"check_done.json", 200, one, "c", NULL},
    {"check_new.json", 200, one, "c", NULL},
    {"check_process.json", 200, one, "c", NULL},
    {"check_rejected.json", 200, one, "r", "Not found"},
    {"check_two.json", 200, one, "n", "'2', is none of"},
    {"check_word.json", 200, one, "n", "'Success', is none of"},
    {"check_other.json", 200, one, "i", "it is for IMEI 008600000000017, the record for " A},
    {"check_contradiction.json", 200, one, "i", "two statuses"},
    {"check_and_error.json", 200, one, "- n", "NoResultFound"},
    {"check_none.json", 200, one, "- n", "NoResultFound"},
    {"check_none.json", 200, two, "-- ns", "NoResultFound"},
    {"check_bulk.json", 200, two, "cr", NULL},
    {"check_bulk.json", 200, same, "cc", NULL},
    {"check_bulk_half.json", 200, two, "-n", NULL},
    {"error_action.json", 200, two, "-- ns", "Invalid Action"},
    {"error_action.json", 200, one, "- C", "Invalid Action"},
    {"error_auth.json", 403, two, "-- A", "Authentication Failed"},
    {"error_often.json", 200, two, "-- L", "too frequently"},
    {"error_maintenance.json", 503, one, "- L", "maintenance"},
    {"error_other.json", 200, one, "- n", "Something went wrong"},
    {"page.html", 200, two, "-- L", "a page"},
    {"damaged.json", 200, one, "- L", "damaged JSON"},
    {"other.json", 200, one, "- L", "JSON of another kind"},
    {"blank.txt", 200, one, "- L", "an empty body"},
    {"check_done.json", 302, one, "- L", NULL},
};

static void test_replies(void **state) {
    struct harness h;
    struct asking asking;
    char got[32], says[1024];
    (void)state;
    assert_int_equal(harness_open(&h, "dhru", "check", SLUICE_ACTION, false, options), 0);
    for (size_t i = 0; i < sizeof expectations / sizeof *expectations; i++) {
        const struct expectation *expected = &expectations[i];
        site_ask(&h, &asking, SLUICE_OP_CHECK, expected->rows);
        assert_int_equal(site_hear(&asking, expected->file, expected->status), 0);
        site_describe(&asking.call, got);
        if (strcmp(got, expected->verdicts) != 0)
            fail_msg("%s with %d: '%s', expected '%s'", expected->file, expected->status, got,
                     expected->verdicts);
        snprintf(says, sizeof says, "%.*s", TEXT_ARG(site_words(&asking.call)));
        if (expected->says && !strstr(says, expected->says))
            fail_msg("%s says '%s', expected '%s'", expected->file, says, expected->says);
        site_end(&asking);
    }
    harness_close(&h);
}

static void expect_values(const char *file, const char *status, const char *carrier, const char *raw) {
    struct harness h;
    struct asking asking;
    assert_int_equal(harness_open(&h, "dhru", "check", SLUICE_ACTION, false, options), 0);
    site_ask(&h, &asking, SLUICE_OP_CHECK, one);
    assert_int_equal(site_hear(&asking, file, 200), 0);
    const struct call *call = &asking.call;
    assert_true(text_is(site_value(&h, call, "status"), status));
    assert_true(text_equal(site_value(&h, call, "carrier"), text_of(carrier)));
    if (!text_is(site_value(&h, call, "raw_response"), raw))
        fail_msg("%s: %.*s", file, TEXT_ARG(site_value(&h, call, "raw_response")));
    site_end(&asking);
    harness_close(&h);
}

/* 4 is success here: at GSM Fusion it means "In Process". */
static void test_values(void **state) {
    (void)state;
    expect_values("check_done.json", "Completed", "Unlocked",
                  "{\"check\":{\"IMEI\":\"" A "\",\"STATUS\":\"4\",\"COMMENTS\":\"thanks\"},"
                  "\"pairs\":{\"Warranty\":\"No\"}}");
    expect_values("check_new.json", "Pending", NULL, "{\"check\":{\"IMEI\":\"" A "\",\"STATUS\":\"0\"}}");
    expect_values("check_process.json", "In Process", NULL, "{\"check\":{\"STATUS\":\"1\"}}");
    expect_values("check_rejected.json", "Rejected", NULL,
                  "{\"check\":{\"IMEI\":\"" A "\",\"STATUS\":\"3\",\"COMMENTS\":\"Not found\"}}");
}

static void expect_body(const char *const *list, const char *const *rows, const char *expected) {
    struct harness h;
    struct asking asking;
    char body[1024];
    assert_int_equal(harness_open(&h, "dhru", "check", SLUICE_ACTION, false, list), 0);
    site_ask(&h, &asking, SLUICE_OP_CHECK, rows);
    snprintf(body, sizeof body, "%.*s", (int)asking.call.request.length, asking.call.request.body);
    assert_string_equal(body, expected);
    site_end(&asking);
    harness_close(&h);
}

static void test_requests(void **state) {
    (void)state;
    expect_body(options, one,
                START
                "getimeiorder&requestformat=JSON&parameters=%3CPARAMETERS%3E%3CID%3E5000001%3C%2FID%3E%3C%2F"
                "PARAMETERS%3E");
    /* {"ID":"5000001"} */
    expect_body((const char *const[]){ACCOUNT, "parameters=json", NULL}, one,
                START "getimeiorder&requestformat=JSON&parameters=eyJJRCI6IjUwMDAwMDEifQ%3D%3D");
    /* {"o5000001":{"ID":"5000001"}}: asked about once, whatever number of rows it stands in */
    expect_body(options, same,
                START "getimeiorderbulk&requestformat=JSON&parameters="
                      "eyJvNTAwMDAwMSI6eyJJRCI6IjUwMDAwMDEifX0%3D");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replies),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
