/* Replies to getimeis, as sites write them, and what the action makes of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness.h"
#include "text.h"

#include <cmocka.h> /* after the core: it has a macro `fail` */

#define A "001001001234563"
#define B "004400000000016"
#define C "004900000000015"
#define D "008600000000017"

static const char *const options[] = {"base_url=http://127.0.0.1:9", "username=tester", "api_key=k-e-y&",
                                      NULL};
static const char *const four[] = {"order_id|imei", "5000001|" A, "5000002|" B, "5000003|00-490000-000001-5",
                                   "5000004|" D,    NULL};
static const char *const two[] = {"order_id|imei", "5000001|" A, "5000002|" B, NULL};
static const char *const one[] = {"order_id|imei", "5000001|" A, NULL};

/* ---- one call ----------------------------------------------------------------------------- */

struct asking {
    struct harness *h;
    struct batch *batch;
    struct call call;
    sluice_row rows[8];
    char body[65536];
    size_t length;
};

static void ask(struct harness *h, struct asking *asking, const char *const *lines) {
    *asking = (struct asking){.h = h, .batch = harness_batch(lines)};
    uint32_t count = asking->batch->view.row_count;
    for (uint32_t i = 0; i < count; i++)
        asking->rows[i] = (sluice_row){&asking->batch->view, i, 0};
    assert_int_equal(harness_call(h, &asking->call, SLUICE_OP_CHECK, asking->rows, count), 0);
}

static void hear(struct asking *asking, const char *file, int status, size_t step) {
    char path[4096];
    const char *folder = getenv("SLUICE_TEST_DATA");
    snprintf(path, sizeof path, "%s/gsm_fusion/%s", folder ? folder : "tests/plugins", file);
    FILE *reply = fopen(path, "rb");
    if (!reply)
        fail_msg("%s can't be opened", path);
    asking->length = fread(asking->body, 1, sizeof asking->body, reply);
    fclose(reply);
    assert_int_equal(harness_reply(asking->h, &asking->call, status, "application/xml", asking->body,
                                   asking->length, step),
                     0);
}

static void end(struct asking *asking) {
    call_end(&asking->call);
    call_free(&asking->call);
    batch_unref(asking->batch);
}

static char letter(const struct verdict *verdict) {
    static const char letters[] = "-PcDRNALirn";
    return verdict->twice ? '!' : verdict->kind < sizeof letters - 1 ? letters[verdict->kind] : '?';
}

/* c checked, r refunded, n no news, i can't be told, ! contradicts itself, - nothing said; behind a space the
 * verdict on the whole: A auth, L later, with s: to be split. */
static void describe(const struct call *call, char out[32]) {
    uint32_t count = call->view.row_count;
    for (uint32_t i = 0; i < count; i++)
        *out++ = letter(&call->verdicts[i]);
    if (call->whole.kind) {
        *out++ = ' ';
        *out++ = letter(&call->whole);
        if (call->whole.split)
            *out++ = 's';
    }
    *out = 0;
}

/* ---- verdicts ----------------------------------------------------------------------------- */

static const struct expectation {
    const char *file;
    int status;
    const char *const *rows;
    const char *verdicts;
    const char *says; /* in the text of the first row's verdict, or of the whole */
} expectations[] = {
    {"check_all.xml", 200, four, "ccrc", NULL},
    {"check_all.xml", 200, two, "cc", NULL},
    {"check_order.xml", 200, four, "cc-c", NULL},
    {"check_left_out.xml", 200, four, "-c--", NULL},
    {"check_other_imei.xml", 200, two, "ic", "it is for IMEI " B ", the record for " A},
    {"check_no_imei.xml", 200, one, "c", NULL},
    {"check_no_wrapper.xml", 200, one, "c", NULL},
    {"check_unknown_status.xml", 200, one, "n", "'Waiting for stock'"},
    {"check_id_against_word.xml", 200, one, "i", "its status is number 3, but also 'completed'"},
    {"check_end_against_word.xml", 200, one, "i", "its status is number 1, but also 'Rejected'"},
    {"check_two_waits.xml", 200, one, "c", NULL},
    {"check_no_status.xml", 200, one, "n", "''"},
    {"check_twice_same.xml", 200, one, "c", NULL},
    {"check_twice_other.xml", 200, one, "!", NULL},
    {"check_foreign.xml", 200, two, "c-", NULL},
    {"list_empty.xml", 200, two, "--", NULL},
    {"error_order.xml", 200, one, "n", "Invalid Order ID"},
    {"error_order.xml", 200, two, "-- ns", "Invalid Order ID"},
    {"error_other.xml", 200, one, "- i", "Something went wrong"},
    {"error_other.xml", 200, two, "-- is", "Something went wrong"},
    {"error_credit.xml", 200, two, "-- is", "Credit"},
    {"error_imei.xml", 200, one, "- i", "Invalid IMEI"},
    {"check_and_error.xml", 200, two, "c- ns", NULL},
    {"error_user.xml", 200, two, "-- A", "Invalid User!"},
    {"error_ip.xml", 403, one, "- A", "192.0.2.7"},
    {"error_maintenance.xml", 200, two, "-- L", "in maintenance"},
    {"check_truncated.xml", 200, two, "r- L", NULL},
    {"page.html", 200, two, "-- L", "an HTML page: Just a moment..."},
    {"page.html", 403, one, "- L", "HTTP 403, an HTML page"},
    {"empty.txt", 200, one, "- L", "an empty body"},
    {"json.txt", 200, one, "- L", "JSON"},
    {"mismatched.xml", 200, one, "- L", "damaged XML"},
};

static const struct verdict *first_spoken(const struct call *call) {
    return call->verdicts[0].kind ? &call->verdicts[0] : &call->whole;
}

static void test_replies(void **state) {
    for (size_t i = 0; i < sizeof expectations / sizeof *expectations; i++)
        for (size_t step = 0; step < 3; step++) {
            const struct expectation *expected = &expectations[i];
            struct asking asking;
            char heard[32], text[512];
            ask(*state, &asking, expected->rows);
            hear(&asking, expected->file, expected->status, step == 2 ? 7 : step);
            describe(&asking.call, heard);
            snprintf(text, sizeof text, "%.*s", TEXT_ARG(first_spoken(&asking.call)->text));
            if (strcmp(heard, expected->verdicts) != 0)
                fail_msg("%s: '%s' instead of '%s'", expected->file, heard, expected->verdicts);
            if (expected->says && !strstr(text, expected->says))
                fail_msg("%s: says '%s'", expected->file, text);
            end(&asking);
        }
}

/* ---- columns ------------------------------------------------------------------------------ */

static sluice_text added(const struct asking *asking, uint32_t row, const char *name) {
    const struct sluice_self *self = &asking->h->instance.self;
    for (uint32_t a = 0; a < self->adds_count; a++)
        if (text_is(self->adds[a], name))
            return asking->call.verdicts[row].values[a];
    fail_msg("there is no column %s", name);
    return (sluice_text){NULL, 0};
}

static void assert_added(const struct asking *asking, uint32_t row, const char *name, const char *expected) {
    char text[2048];
    sluice_text value = added(asking, row, name);
    snprintf(text, sizeof text, "%.*s", TEXT_ARG(value));
    if (!expected)
        assert_null(value.ptr);
    else
        assert_string_equal(text, expected);
}

static void test_columns(void **state) {
    struct asking asking;
    ask(*state, &asking, four);
    hear(&asking, "check_all.xml", 200, 0);
    assert_added(&asking, 0, "status", "Completed");
    assert_added(&asking, 0, "model", "iPhone 12");
    assert_added(&asking, 0, "carrier", "US AT&T");
    assert_added(&asking, 0, "fmi", "ON");
    assert_added(&asking, 0, "simlock", "Unlocked");
    assert_added(&asking, 0, "imei2", D);
    assert_added(&asking, 0, "result_code",
                 "Model: iPhone 12<br>IMEI Number: " A "<br>IMEI2 Number: " D
                 "<br>Carrier: US AT&T<br>Find My iPhone: ON<br>SimLock: Unlocked<br>Note: a<br>Note: b "
                 "\"quoted\"<br>Note: a");
    assert_added(&asking, 0, "result_code_display",
                 "Model: iPhone 12\nIMEI Number: " A "\nIMEI2 Number: " D
                 "\nCarrier: US AT&T\nFind My iPhone: ON\nSimLock: Unlocked\nNote: a\nNote: b "
                 "\"quoted\"\nNote: a");
    assert_added(&asking, 0, "raw_response",
                 "{\"check\":{\"id\":\"5000001\",\"package\":\"Carrier & FMI\",\"imei\":\"" A
                 "\",\"statusId\":\"2\",\"status\":\"Completed\",\"requestedat\":\"2025-01-02 10:00:00\"},"
                 "\"pairs\":{\"IMEI Number\":\"" A "\",\"Note\":\"a\",\"Note (2)\":\"b \\\"quoted\\\"\"}}");
    assert_added(&asking, 1, "status", "In Process");
    assert_added(&asking, 1, "result_code", NULL);
    assert_added(&asking, 1, "result_code_display", NULL);
    assert_added(&asking, 1, "carrier", NULL);
    assert_added(&asking, 2, "status", "Rejected");
    assert_added(&asking, 2, "result_code", "Invalid_IMEI");
    assert_added(&asking, 3, "status", "Completed");
    assert_added(&asking, 3, "result_code", NULL);
    assert_string_equal(asking.call.verdicts[2].text.ptr, "Invalid_IMEI");
    end(&asking);
}

static void test_forms(void **state) {
    static const char *const files[] = {"check_raw.xml", "check_cdata.xml", "check_twice_escaped.xml",
                                        "check_joined.xml"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct asking asking;
        ask(*state, &asking, one);
        hear(&asking, files[i], 200, 5);
        assert_added(&asking, 0, "result_code_display",
                     "Model: iPhone 12\nCarrier: US AT&T\nSimLock: Locked");
        assert_added(&asking, 0, "carrier", "US AT&T");
        assert_added(&asking, 0, "simlock", "Locked");
        end(&asking);
    }
}

/* ---- requests ----------------------------------------------------------------------------- */

static void test_request(void **state) {
    struct asking asking;
    ask(*state, &asking, two);
    char body[512];
    snprintf(body, sizeof body, "%.*s", (int)asking.call.request.length, asking.call.request.body);
    assert_string_equal(body, "userId=tester&apiKey=k-e-y%26&action=getimeis&orderIds=5000001%2C5000002");
    end(&asking);
}

static void assert_refused(struct harness *h, const char *id) {
    const char *const lines[] = {"order_id|imei", id, NULL};
    struct asking asking = {.h = h, .batch = harness_batch(lines)};
    asking.rows[0] = (sluice_row){&asking.batch->view, 0, 0};
    h->error = (sluice_error)ERROR_INIT;
    assert_int_equal(harness_call(h, &asking.call, SLUICE_OP_CHECK, asking.rows, 1), SLUICE_E_DATA);
    assert_non_null(strstr(h->error.text, "is no order id"));
    end(&asking);
}

/* What would ask for something else than one order: all orders, or two of them. */
static void test_odd_ids(void **state) {
    assert_refused(*state, "0|" A);
    assert_refused(*state, "000|" A);
    assert_refused(*state, "17,18|" A);
    assert_refused(*state, "17 18|" A);
    assert_refused(*state, "1234567890123456789012345678901234567890123456789012345678901234|" A);
}

/* One order in several rows: each of them gets the news. */
static void test_repeated(void **state) {
    static const char *const rows[] = {"order_id|imei", "5000002|" B, "5000001|" A,
                                       "5000002|" B,    "5000002|" C, NULL};
    struct asking asking;
    char heard[32];
    ask(*state, &asking, rows);
    hear(&asking, "check_all.xml", 200, 0);
    describe(&asking.call, heard);
    assert_string_equal(heard, "ccci"); /* the last one is another phone */
    end(&asking);
}

/* ---- both --------------------------------------------------------------------------------- */

static int setup(void **state) {
    struct harness *h = calloc(1, sizeof *h);
    assert_int_equal(harness_open(h, "gsm_fusion", "check", SLUICE_ACTION, false, options), 0);
    assert_int_equal(h->instance.self.endpoint.list, 100);
    *state = h;
    return 0;
}

static int teardown(void **state) {
    harness_close(*state);
    free(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_replies, setup, teardown),
        cmocka_unit_test_setup_teardown(test_columns, setup, teardown),
        cmocka_unit_test_setup_teardown(test_forms, setup, teardown),
        cmocka_unit_test_setup_teardown(test_request, setup, teardown),
        cmocka_unit_test_setup_teardown(test_odd_ids, setup, teardown),
        cmocka_unit_test_setup_teardown(test_repeated, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
