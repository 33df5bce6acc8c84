/* Orders at a Dhru site: what is sent, and what the action makes of replies as sites write them. */
#include <setjmp.h>
#include <stdarg.h>

#include "dhru_site.h"

#include <cmocka.h> /* after the core: it has a macro `fail` */

#define ACCOUNT "base_url=http://127.0.0.1:9", "username=tester", "api_key=k-e-y&"
#define START "username=tester&apiaccesskey=k-e-y%26&action="
#define JSON "&requestformat=JSON"

static const char *const options[] = {ACCOUNT, "list=10", "refusals=Missing required", NULL};
static const char *const one[] = {"imei", A, NULL};
static const char *const two[] = {"imei", A, B, NULL};

/* ---- replies ------------------------------------------------------------------------------ */

static const struct expectation {
    const char *file;
    int status;
    const char *const *rows;
    const char *verdicts;
    const char *says;
} expectations[] = {
    {"placed.json", 200, one, "P", NULL},
    {"placed.json", 500, one, "P", NULL},
    {"placed_number.json", 200, one, "P", NULL},
    {"placed_long.json", 200, one, "P", NULL},
    {"placed_lower.json", 200, one, "P", NULL},
    {"placed_map.json", 200, one, "P", NULL},
    {"placed_object.json", 200, one, "P", NULL},
    {"placed_bom.json", 200, one, "P", NULL},
    {"placed_latin1.json", 200, one, "P", NULL},
    {"placed_and_error.json", 200, one, "P", NULL},
    {"placed_foreign.json", 200, one, "P", NULL},
    {"twice_same.json", 200, one, "P", NULL},
    {"foreign_only.json", 200, one, "i", "no order id"},
    {"twice_other.json", 200, one, "i", "'5000001', but also '5000002'"},
    {"no_id.json", 200, one, "i", "'' is no order id"},
    {"zero_id.json", 200, one, "i", "'0' is no order id"},
    {"float_id.json", 200, one, "i", "'5.000001e6' is no order id"},
    {"odd_id.json", 200, one, "i", "'see below' is no order id"},
    {"text_only.json", 200, one, "i", "no order id"},
    {"other_imei.json", 200, one, "i", "the reply is for '008600000000017', the order is for '" A "'"},
    {"empty_success.json", 200, one, "i", "JSON of another kind"},
    {"error_auth.json", 200, one, "A", "Authentication Failed"},
    {"error_auth.json", 401, one, "A", "Authentication Failed"},
    {"error_auth.json", 200, two, "-- A", "Authentication Failed"},
    {"error_ip.json", 403, one, "A", "192.0.2.7"},
    {"error_action.json", 200, one, "C", "Invalid Action"},
    {"error_command.json", 200, two, "-- C", "Command not found"},
    {"error_credit.json", 200, one, "N", "CreditprocessError: Not enough credits"},
    {"error_credit_text.json", 200, one, "N", "Not enough credits"},
    {"error_credit.json", 200, two, "ii", "Not enough credits"},
    {"error_credit.json", 500, one, "i", "HTTP 500: CreditprocessError"},
    {"error_duplicate.json", 200, one, "D", "ValidationError561: This IMEI is already available"},
    {"error_duplicate_one.json", 200, one, "D", "already available"},
    {"error_duplicate_object.json", 200, one, "D", "already available"},
    {"error_duplicate.json", 200, two, "ii", "already available"},
    {"error_validation.json", 200, one, "i", "ValidationError561"},
    {"error_parameter.json", 200, one, "R", "Parameter 'IMEI' Required"},
    {"error_parameter.json", 200, two, "ii", "Required"},
    {"error_inactive.json", 200, one, "R", "Service Not Active"},
    {"error_imei.json", 200, one, "R", "Invalid IMEI"},
    {"error_often.json", 200, one, "L", "too frequently"},
    {"error_often.json", 429, one, "L", "too frequently"},
    {"error_often.json", 200, two, "-- L", "too frequently"},
    {"error_maintenance.json", 200, one, "L", "under maintenance"},
    {"error_maintenance.json", 503, one, "i", "HTTP 503: Currently server"},
    {"error_maintenance.json", 503, two, "ii", "under maintenance"},
    {"error_none.json", 200, one, "i", "NoResultFound"},
    {"error_other.json", 200, one, "i", "Something went wrong"},
    {"error_known_here.json", 200, one, "R", "Missing required field: Picture"},
    {"error_contradiction.json", 200, one, "i", "Not enough credits: This IMEI"},
    {"error_empty.json", 200, one, "i", "without a text"},
    {"error_deep.json", 200, one, "i", "without a text"},
    {"damaged.json", 200, one, "i", "damaged JSON"},
    {"trailing.json", 200, one, "i", "damaged JSON"},
    {"other.json", 200, one, "i", "Not enough credits"},
    {"list.json", 200, one, "i", "HTTP 200, text: [{"},
    {"page.html", 200, one, "i", "HTTP 200, a page"},
    {"page.html", 503, two, "ii", "HTTP 503, a page"},
    {"php_notice.txt", 200, one, "i", "a page: <br"},
    {"blank.txt", 502, one, "i", "HTTP 502, an empty body"},
    {"error_auth.json", 302, one, "i", "change base_url"},
    {"bulk.json", 200, two, "PP", NULL},
    {"bulk.json", 503, two, "PP", NULL},
    {"bulk_mixed.json", 200, two, "PD", NULL},
    {"bulk_mixed.json", 500, two, "Pi", NULL},
    {"bulk_plain.json", 200, two, "PN", NULL},
    {"bulk_plain_odd.json", 200, two, "ii", "'5000001', but also 'error'"},
    {"bulk_partial.json", 200, two, "P-", NULL},
    {"bulk_foreign.json", 200, two, "Pi", NULL},
    {"bulk_twice.json", 200, two, "iR", "'5000001', but also '5000002'"},
    {"bulk_like_single.json", 200, two, "--", NULL},
    {"bulk_empty.json", 200, two, "--", NULL},
    {"bulk.json", 200, one, "i", "JSON of another kind"},
};

static void test_replies(void **state) {
    struct harness h;
    struct asking asking;
    char got[32], says[1024];
    (void)state;
    assert_int_equal(harness_open(&h, "dhru", "place", SLUICE_ACTION, true, options), 0);
    for (size_t i = 0; i < sizeof expectations / sizeof *expectations; i++) {
        const struct expectation *expected = &expectations[i];
        site_ask(&h, &asking, SLUICE_OP_PLACE, expected->rows);
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

static void expect_order(struct harness *h, const char *file, const char *order_id, const char *raw) {
    struct asking asking;
    site_ask(h, &asking, SLUICE_OP_PLACE, one);
    assert_int_equal(site_hear(&asking, file, 200), 0);
    assert_true(text_is(asking.call.verdicts[0].order_id, order_id));
    assert_true(text_is(site_value(h, &asking.call, "status"), "Pending"));
    if (!text_is(site_value(h, &asking.call, "raw_response"), raw))
        fail_msg("%s: %.*s", file, TEXT_ARG(site_value(h, &asking.call, "raw_response")));
    site_end(&asking);
}

static void test_order_ids(void **state) {
    struct harness h;
    (void)state;
    assert_int_equal(harness_open(&h, "dhru", "place", SLUICE_ACTION, true, options), 0);
    expect_order(&h, "placed.json", "5000001",
                 "{\"place\":{\"MESSAGE\":\"Order received\",\"REFERENCEID\":\"5000001\"}}");
    expect_order(&h, "placed_number.json", "5000001",
                 "{\"place\":{\"MESSAGE\":\"Order received\",\"REFERENCEID\":\"5000001\"}}");
    expect_order(&h, "placed_long.json", "123456789012345678901234567890",
                 "{\"place\":{\"MESSAGE\":\"Order received\",\"REFERENCEID\":"
                 "\"123456789012345678901234567890\"}}");
    expect_order(&h, "placed_latin1.json", "5000001",
                 "{\"place\":{\"MESSAGE\":\"Order reçue\",\"REFERENCEID\":\"5000001\"}}");
    harness_close(&h);
}

static void test_retry_after(void **state) {
    struct harness h;
    struct asking asking;
    (void)state;
    assert_int_equal(harness_open(&h, "dhru", "place", SLUICE_ACTION, true, options), 0);
    site_ask(&h, &asking, SLUICE_OP_PLACE, one);
    assert_int_equal(site_hear(&asking, "error_often.json", 200), 0);
    assert_int_equal(asking.call.verdicts[0].retry_after_ms, 5 * 60 * 1000);
    assert_true(text_is(asking.call.verdicts[0].code, "too_frequent"));
    site_end(&asking);
    harness_close(&h);
}

/* ---- requests ----------------------------------------------------------------------------- */

static void expect_body(const char *const *list, const char *const *lines, const char *expected) {
    struct harness h;
    struct asking asking;
    assert_int_equal(harness_open(&h, "dhru", "place", SLUICE_ACTION, true, list), 0);
    site_ask(&h, &asking, SLUICE_OP_PLACE, lines);
    assert_int_equal(asking.call.request.view.method, SLUICE_METHOD_POST);
    assert_string_equal(asking.call.url, "http://127.0.0.1:9/api/index.php");
    char body[2048];
    snprintf(body, sizeof body, "%.*s", (int)asking.call.request.length, asking.call.request.body);
    assert_string_equal(body, expected);
    site_end(&asking);
    harness_close(&h);
}

static void test_requests(void **state) {
    (void)state;
    expect_body((const char *const[]){ACCOUNT, NULL},
                (const char *const[]){"imei", "00-100100-123456-3", NULL},
                START "placeimeiorder" JSON "&parameters=%3CPARAMETERS%3E%3CID%3E1739%3C%2FID%3E%3CIMEI%3E" A
                      "%3C%2FIMEI%3E%3C%2FPARAMETERS%3E");
    /* {"ID":"1739","IMEI":"001001001234563"} */
    expect_body((const char *const[]){ACCOUNT, "parameters=json", NULL}, one,
                START "placeimeiorder" JSON
                      "&parameters=eyJJRCI6IjE3MzkiLCJJTUVJIjoiMDAxMDAxMDAxMjM0NTYzIn0%3D");
    /* {"r-0":{"ID":"1739","IMEI":"001001001234563"},"r-1":{"ID":"1739","IMEI":"004400000000016"}} */
    expect_body((const char *const[]){ACCOUNT, "list=10", NULL}, two,
                START
                "placeimeiorderbulk" JSON
                "&parameters=eyJyLTAiOnsiSUQiOiIxNzM5IiwiSU1FSSI6IjAwMTAwMTAwMTIzNDU2MyJ9LCJyLTEiOnsiSUQi"
                "OiIxNzM5IiwiSU1FSSI6IjAwNDQwMDAwMDAwMDAxNiJ9fQ%3D%3D");
    /* CUSTOMFIELD: {"Policy id":"a&b"} */
    expect_body((const char *const[]){ACCOUNT, "fields.mep=mep", "custom.Policy id=policy", NULL},
                (const char *const[]){"imei|mep|policy", A "|M<1|a&b", NULL},
                START "placeimeiorder" JSON "&parameters=%3CPARAMETERS%3E%3CID%3E1739%3C%2FID%3E%3CIMEI%3E" A
                      "%3C%2FIMEI%3E%3CMEP%3EM%26lt%3B1%3C%2FMEP%3E%3CCUSTOMFIELD%3E"
                      "eyJQb2xpY3kgaWQiOiJhJmIifQ%3D%3D%3C%2FCUSTOMFIELD%3E%3C%2FPARAMETERS%3E");
}

static void expect_path(const char *base, const char *url) {
    struct harness h;
    struct call call = {0};
    char option[128];
    snprintf(option, sizeof option, "base_url=%s", base);
    const char *const list[] = {option, "username=tester", "api_key=x", NULL};
    assert_int_equal(harness_open(&h, "dhru", "place", SLUICE_ACTION, true, list), 0);
    assert_int_equal(harness_call(&h, &call, SLUICE_OP_BALANCE, NULL, 0), 0);
    assert_string_equal(call.url, url);
    call_end(&call);
    call_free(&call);
    harness_close(&h);
}

static void test_paths(void **state) {
    (void)state;
    expect_path("https://x.example/", "https://x.example/api/index.php");
    expect_path("https://x.example/shop", "https://x.example/shop/api/index.php");
    expect_path("https://x.example/api/", "https://x.example/api/index.php");
    expect_path("https://x.example/other/index.php", "https://x.example/other/index.php");
}

static void expect_refused(const char *option, const char *says) {
    struct harness h;
    const char *const list[] = {ACCOUNT, option, NULL};
    assert_int_equal(harness_open(&h, "dhru", "place", SLUICE_ACTION, true, list), SLUICE_E_CONFIG);
    if (!strstr(h.error.text, says))
        fail_msg("'%s' doesn't say '%s'", h.error.text, says);
    harness_close(&h);
}

static void test_options(void **state) {
    (void)state;
    expect_refused("service_id=abc", "'abc' is no service number");
    expect_refused("fields.imei=x", "'IMEI' is the action's own to send");
    expect_refused("fields.a>b=x", "'A>b' is no name of a parameter");
    expect_refused("settle=balance", "balance can't be relied on");
}

/* ---- the catalogue and the balance --------------------------------------------------------- */

static char heard[2048];

static void on_service(void *user, const sluice_service *service) {
    size_t length = strlen(heard);
    (void)user;
    snprintf(heard + length, sizeof heard - length, "%.*s|%.*s|%.*s|%.*s|%.*s\n", TEXT_ARG(service->id),
             TEXT_ARG(service->title), TEXT_ARG(service->price), TEXT_ARG(service->category),
             TEXT_ARG(service->time));
}

static void on_balance(void *user, sluice_text amount, sluice_text currency) {
    (void)user;
    snprintf(heard, sizeof heard, "%.*s %.*s", TEXT_ARG(amount), TEXT_ARG(currency));
}

static void on_record(void *user, const sluice_text *values) {
    size_t length = strlen(heard);
    (void)user;
    for (int i = 0; i < 8; i++)
        length += (size_t)snprintf(heard + length, sizeof heard - length, "%.*s%s", TEXT_ARG(values[i]),
                                   i < 7 ? "|" : "\n");
}

static int query(const char *component, uint32_t kind, uint32_t op, const char *file, int status,
                 sluice_error *error) {
    struct harness h;
    struct asking asking;
    heard[0] = 0;
    assert_int_equal(harness_open(&h, "dhru", component, kind, kind == SLUICE_ACTION,
                                  (const char *const[]){ACCOUNT, NULL}),
                     0);
    site_ask(&h, &asking, op, NULL);
    asking.call.results =
        (struct call_results){.service = on_service, .balance = on_balance, .record = on_record};
    int answer = site_hear(&asking, file, status);
    *error = h.error;
    site_end(&asking);
    harness_close(&h);
    return answer;
}

static void test_queries(void **state) {
    sluice_error error;
    (void)state;
    assert_int_equal(query("place", SLUICE_ACTION, SLUICE_OP_SERVICES, "services.json", 200, &error), 0);
    assert_string_equal(heard, "1739|Apple <b>check</b> ⚡|0.08|Apple|Instant\n"
                               "12|Another|1234.50|Apple|1-5 Days\n"
                               "90|On request||Huawei|\n");
    assert_int_equal(query("services", SLUICE_SOURCE, SLUICE_OP_PAGE, "services.json", 200, &error), 0);
    assert_string_equal(heard, "1739|Apple <b>check</b> ⚡|0.08|Apple|IMEI|Instant||\n"
                               "12|Another|1234.50|Apple||1-5 Days||Network, Policy id\n"
                               "90|On request||Huawei||||\n");
    assert_int_equal(query("place", SLUICE_ACTION, SLUICE_OP_BALANCE, "account.json", 200, &error), 0);
    assert_string_equal(heard, "1234.50 USD");
    assert_int_equal(query("place", SLUICE_ACTION, SLUICE_OP_BALANCE, "account_alike.json", 200, &error), 0);
    assert_string_equal(heard, "1234.5 EUR");
    assert_int_equal(query("place", SLUICE_ACTION, SLUICE_OP_BALANCE, "account_text.json", 200, &error), 0);
    assert_string_equal(heard, "7.25 USD");
}

static void expect_failure(const char *file, int status, int answer, const char *says) {
    sluice_error error;
    int got = query("place", SLUICE_ACTION, SLUICE_OP_SERVICES, file, status, &error);
    if (got != answer || (says && !strstr(error.text, says)))
        fail_msg("%s with %d: %d, '%s'", file, status, got, error.text);
}

static void test_failures(void **state) {
    (void)state;
    expect_failure("error_auth.json", 401, SLUICE_E_AUTH, "check username and api_key");
    expect_failure("error_action.json", 200, SLUICE_E_CONFIG, "'Invalid Action': check base_url");
    expect_failure("error_often.json", 200, SLUICE_E_UNAVAILABLE, "after 5 minutes");
    expect_failure("page.html", 200, SLUICE_E_UNAVAILABLE,
                   "no whole reply of the Dhru API (HTTP 200, a page");
    expect_failure("damaged.json", 200, SLUICE_E_UNAVAILABLE, "damaged JSON");
    expect_failure("other.json", 403, SLUICE_E_UNAVAILABLE, "JSON of another kind");
    expect_failure("page.html", 302, SLUICE_E_CONFIG, "change base_url");
}

/* ---- identity ----------------------------------------------------------------------------- */

static void expect_identity(struct harness *h, const char *row, int answer, const char *identifier,
                            const char *service, const char *parameters) {
    sluice_arena arena = {0};
    sluice_identity identity = {.size = sizeof identity};
    struct batch *batch = harness_batch((const char *const[]){"imei|service_id|mep|policy", row, NULL});
    sluice_row view = {&batch->view, 0, 0};
    assert_int_equal(
        h->instance.type->exchanger->identity(h->instance.handle, &view, &arena, &identity, &h->error),
        answer);
    if (answer == 0) {
        assert_true(text_is(identity.identifier, identifier));
        assert_true(text_is(identity.service, service));
        assert_true(text_is(identity.parameters, parameters));
    } else {
        assert_true(text_is(identity.code, identifier));
    }
    arena_free(&arena);
    batch_unref(batch);
}

static void test_identity(void **state) {
    struct harness h;
    (void)state;
    assert_int_equal(
        harness_open(&h, "dhru", "place", SLUICE_ACTION, true,
                     (const char *const[]){ACCOUNT, "fields.mep=mep", "custom.Policy=policy", NULL}),
        0);
    expect_identity(&h, "00-100100-123456-3|01739|m\"|", 0, A, "1739", "{\"MEP\":\"m\\\"\"}{}");
    expect_identity(&h, A "|1739.0||p", 0, A, "1739", "{}{\"Policy\":\"p\"}");
    expect_identity(&h, A "|||", 1, "no_service", NULL, NULL);
    expect_identity(&h, A "|x||", 1, "invalid_service", NULL, NULL);
    expect_identity(&h, "3.53E+14|1739||", 1, "lost_digits", NULL, NULL);
    harness_close(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replies),  cmocka_unit_test(test_order_ids), cmocka_unit_test(test_retry_after),
        cmocka_unit_test(test_requests), cmocka_unit_test(test_paths),     cmocka_unit_test(test_options),
        cmocka_unit_test(test_queries),  cmocka_unit_test(test_failures),  cmocka_unit_test(test_identity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
