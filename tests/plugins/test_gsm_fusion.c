/* Replies of the API, recorded or written by hand, and what the action makes of them. */
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
                                      "service_id=1739", NULL};

/* ---- replies ------------------------------------------------------------------------------ */

static char *read_file(const char *name, size_t *length) {
    char path[4096];
    const char *folder = getenv("SLUICE_TEST_DATA");
    snprintf(path, sizeof path, "%s/gsm_fusion/%s", folder ? folder : "tests/plugins", name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *body = malloc(65536);
    *length = fread(body, 1, 65536, file);
    fclose(file);
    return body;
}

struct expectation {
    const char *file;
    int status;
    const char *imeis;    /* of the call, '|' between */
    const char *verdicts; /* one letter a row, see letter() */
    const char *says;     /* in the text of the first row that isn't placed */
};

static char letter(const struct verdict *verdict) {
    static const char letters[] = "-PcDRNALi";
    return verdict->twice ? '!' : verdict->kind < sizeof letters - 1 ? letters[verdict->kind] : '?';
}

/* P placed, D duplicate, R rejected, N no credit, A auth, L later, ? (8) in doubt, - nothing said */
static const struct expectation expectations[] = {
    {"placed.xml", 200, A, "P", NULL},
    {"placed_no_wrapper.xml", 200, A, "P", NULL},
    {"placed_two_roots.xml", 200, A "|" B, "PP", NULL},
    {"placed_declared.xml", 200, A, "P", NULL},
    {"placed_bom.xml", 200, A, "P", NULL},
    {"placed_bare_amp.xml", 200, A, "P", NULL},
    {"placed_latin1.xml", 200, A, "P", NULL},
    {"placed_nul.xml", 200, A, "P", NULL},
    {"placed_cdata.xml", 200, A, "P", NULL},
    {"placed_comment.xml", 200, A, "P", NULL},
    {"placed_attributes.xml", 200, A, "P", NULL},
    {"placed_upper.xml", 200, A, "P", NULL},
    {"placed.xml", 500, A, "P", NULL},
    {"list.xml", 200, A "|" B "|" C, "PPP", NULL},
    {"list.xml", 200, C "|" A "|" B, "PPP", NULL},
    {"list_partial.xml", 200, A "|" B "|" C, "P--", NULL},
    {"list_mixed.xml", 200, A "|" B "|" C "|" D, "DPDR", "already has"},
    {"list_empty.xml", 200, A "|" B, "--", NULL},
    {"list_duplicates_apart.xml", 200, A "|" B, "DD", "already has"},
    {"list_errors_together.xml", 200, A "|" B, "RD", "Invalid IMEI!"},
    {"foreign_order.xml", 200, A, "P", NULL},
    {"foreign_only.xml", 200, A, "-", NULL},
    {"twice_same.xml", 200, A, "P", NULL},
    {"twice_other.xml", 200, A, "i", "'5000001', but also '5000002'"},
    {"placed_and_refused.xml", 200, A, "i", "'5000001', but also 'invalid_imei'"},
    {"placed_and_error.xml", 200, A, "P", NULL},
    {"placed_and_error.xml", 200, A "|" B, "Pi", "Invalid User!"},
    {"no_id.xml", 200, A, "i", "'' is no order id"},
    {"zero_id.xml", 200, A, "i", "'0' is no order id"},
    {"odd_id.xml", 200, A, "i", "'see below' is no order id"},
    {"no_imei.xml", 200, A, "-", NULL},
    {"error_user.xml", 200, A, "A", "Invalid User!"},
    {"error_key.xml", 200, A, "A", "Invalid API Key!"},
    {"error_access.xml", 200, A, "A", "API access to you is not allowed!"},
    {"error_inactive.xml", 200, A, "A", "This user is not active"},
    {"error_ip.xml", 200, A, "A", "192.0.2.7"},
    {"error_user.xml", 200, A "|" B, "AA", "Invalid User!"},
    {"error_credit.xml", 200, A, "N", "Credit has been finished!"},
    {"error_credits.xml", 200, A, "N", "Your Credits have been finished!"},
    {"error_wrapped.xml", 200, A, "N", "Credit has been finished!"},
    {"error_credit.xml", 200, A "|" B, "ii", "Credit has been finished!"},
    {"error_maintenance.xml", 200, A, "L", "in maintenance"},
    {"error_maintenance.xml", 200, A "|" B, "LL", "in maintenance"},
    {"error_duplicate.xml", 200, A, "D", "IMEI already exists!"},
    {"error_duplicate.xml", 200, A "|" B, "ii", "IMEI already exists!"},
    {"error_imei.xml", 200, A, "R", "Invalid IMEI"},
    {"error_imei.xml", 200, A "|" B, "ii", "Invalid IMEI"},
    {"error_service.xml", 200, A, "R", "Network Id"},
    {"error_order.xml", 200, A, "i", "Invalid Order ID"},
    {"error_other.xml", 200, A, "i", "Something went wrong at our side"},
    {"error_empty.xml", 200, A, "i", "without a text"},
    {"truncated.xml", 200, A "|" B, "Pi", "damaged XML"},
    {"truncated_error.xml", 200, A, "i", "damaged XML"},
    {"truncated_comment.xml", 200, A, "i", "it breaks off"},
    {"mismatched.xml", 200, A, "i", "damaged XML"},
    {"trailing.xml", 200, A, "i", "outside"},
    {"empty.txt", 200, A, "i", "HTTP 200, an empty body"},
    {"blank.txt", 502, A, "i", "HTTP 502, an empty body"},
    {"page.html", 503, A "|" B, "ii", "HTTP 503, an HTML page: Just a moment..."},
    {"page_bare.html", 403, A, "i", "HTTP 403, an HTML page"},
    {"json.txt", 200, A, "i", "JSON: {\"error\""},
    {"soap.xml", 200, A, "i", "XML of another kind: <soap:Envelope"},
    {"doctype.xml", 200, A, "i", "HTTP 200"},
    {"php_notice.txt", 200, A, "i", "text: &lt;br />"},
    {"error_imei.xml", 500, A, "i", "HTTP 500: Invalid IMEI"},
    {"list_mixed.xml", 503, A "|" B "|" C "|" D, "iPii", "HTTP 503: no proof"},
    {"error_user.xml", 403, A, "A", "Invalid User!"},
    {"error_user.xml", 302, A, "i", "change base_url"},
};

static struct batch *make_batch(const char *imeis, sluice_row *rows, uint32_t *count) {
    char lines[8][64];
    const char *pointers[10] = {"imei"};
    *count = 0;
    for (const char *at = imeis; at; (*count)++) {
        const char *bar = strchr(at, '|');
        snprintf(lines[*count], sizeof *lines, "%.*s", bar ? (int)(bar - at) : (int)strlen(at), at);
        pointers[*count + 1] = lines[*count];
        at = bar ? bar + 1 : NULL;
    }
    pointers[*count + 1] = NULL;
    struct batch *batch = harness_batch(pointers);
    for (uint32_t i = 0; i < *count; i++)
        rows[i] = (sluice_row){&batch->view, i, 0};
    return batch;
}

static void start_order(struct harness *h, struct call *call, const sluice_row *rows, uint32_t count) {
    assert_int_equal(call_begin(call, &h->instance, SLUICE_OP_PLACE, rows, count, &h->error), 0);
    call->view.service = TEXT("1739");
    assert_int_equal(call_build(call, &h->error), 0);
}

static void check_reply(struct harness *h, const struct expectation *expected, size_t step) {
    sluice_row rows[8];
    uint32_t count;
    size_t length;
    char got[9] = {0};
    struct call call = {0};
    char *body = read_file(expected->file, &length);
    struct batch *batch = make_batch(expected->imeis, rows, &count);
    start_order(h, &call, rows, count);
    assert_int_equal(harness_reply(h, &call, expected->status, "application/xml", body, length, step), 0);
    const struct verdict *told = NULL;
    for (uint32_t i = 0; i < count; i++) {
        const struct verdict *verdict = call_verdict(&call, i);
        got[i] = letter(verdict);
        if (!told && got[i] != 'P')
            told = verdict;
    }
    if (strcmp(got, expected->verdicts) != 0)
        fail_msg("%s in steps of %zu: %s, expected %s", expected->file, step, got, expected->verdicts);
    if (expected->says) {
        char text[1024];
        snprintf(text, sizeof text, "%.*s", TEXT_ARG(told->text));
        if (!strstr(text, expected->says))
            fail_msg("%s says '%s', expected '%s'", expected->file, text, expected->says);
        assert_true(told->code.len > 0);
    }
    call_end(&call);
    call_free(&call);
    batch_unref(batch);
    free(body);
}

static void test_replies(void **state) {
    static const size_t steps[] = {0, 1, 2, 3, 7, 16, 17, 64};
    struct harness h;
    (void)state;
    const char *const list[] = {options[0], options[1], options[2], options[3], "list=10", NULL};
    assert_int_equal(harness_open(&h, "gsm_fusion", "place", SLUICE_ACTION, true, list), 0);
    for (size_t e = 0; e < sizeof expectations / sizeof *expectations; e++)
        for (size_t s = 0; s < sizeof steps / sizeof *steps; s++)
            check_reply(&h, &expectations[e], steps[s]);
    harness_close(&h);
}

static void test_placed_columns(void **state) {
    struct harness h;
    struct call call = {0};
    sluice_row rows[8];
    uint32_t count;
    size_t length;
    (void)state;
    assert_int_equal(harness_open(&h, "gsm_fusion", "place", SLUICE_ACTION, true, options), 0);
    struct batch *batch = make_batch(A, rows, &count);
    char *body = read_file("placed_bare_amp.xml", &length);
    start_order(&h, &call, rows, count);
    assert_int_equal(harness_reply(&h, &call, 200, "application/xml", body, length, 0), 0);
    const struct verdict *verdict = call_verdict(&call, 0);
    assert_true(text_is(verdict->order_id, "5000001"));
    const char *const *adds = h.instance.type->adds;
    for (size_t i = 0; adds[i]; i++) {
        if (strcmp(adds[i], "status") == 0)
            assert_true(text_is(verdict->values[i], "Pending"));
        if (strcmp(adds[i], "raw_response") == 0)
            assert_true(text_is(verdict->values[i],
                                "{\"place\":{\"id\":\"5000001\",\"imei\":\"" A "\",\"status\":\"Pending\","
                                "\"package\":\"AT&T \\\"clean\\\" \\\\ #1\"}}"));
    }
    call_end(&call);
    call_free(&call);
    batch_unref(batch);
    free(body);
    harness_close(&h);
}

/* ---- requests ----------------------------------------------------------------------------- */

static void expect_body(struct harness *h, const char *const *lines, const char *expected) {
    struct call call = {0};
    sluice_row rows[8];
    struct batch *batch = harness_batch(lines);
    for (uint32_t i = 0; i < batch->view.row_count; i++)
        rows[i] = (sluice_row){&batch->view, i, 0};
    start_order(h, &call, rows, batch->view.row_count);
    assert_int_equal(call.request.view.method, SLUICE_METHOD_POST);
    assert_string_equal(call.url, "http://127.0.0.1:9/gsmfusion_api/index.php");
    char body[1024];
    snprintf(body, sizeof body, "%.*s", (int)call.request.length, call.request.body);
    assert_string_equal(body, expected);
    call_end(&call);
    call_free(&call);
    batch_unref(batch);
}

static void test_requests(void **state) {
    struct harness h;
    (void)state;
    assert_int_equal(harness_open(&h, "gsm_fusion", "place", SLUICE_ACTION, true, options), 0);
    expect_body(&h, (const char *const[]){"imei", A, NULL},
                "userId=tester&apiKey=k-e-y%26&action=placeorder&networkId=1739&imei=" A);
    expect_body(&h, (const char *const[]){"imei", "00-100100-123456-3", NULL},
                "userId=tester&apiKey=k-e-y%26&action=placeorder&networkId=1739&imei=" A);
    expect_body(&h, (const char *const[]){"imei", " c39-xyz 7 ", NULL},
                "userId=tester&apiKey=k-e-y%26&action=placeorder&networkId=1739&imei=c39-xyz%207");
    harness_close(&h);
    const char *const list[] = {options[0], options[1], options[2], "list=3", NULL};
    assert_int_equal(harness_open(&h, "gsm_fusion", "place", SLUICE_ACTION, true, list), 0);
    expect_body(&h, (const char *const[]){"imei", A, B, C, NULL},
                "userId=tester&apiKey=k-e-y%26&action=placeorder&networkId=1739&imei=" A "%2C" B "%2C" C);
    harness_close(&h);
    const char *const fields[] = {options[0],
                                  options[1],
                                  options[2],
                                  "fields.mep=mep",
                                  "fields.PolicyID=policy",
                                  "fields.PolicyID=other",
                                  NULL};
    assert_int_equal(harness_open(&h, "gsm_fusion", "place", SLUICE_ACTION, true, fields), 0);
    expect_body(&h, (const char *const[]){"imei|policy|mep|other", A "||M 1|2&3", NULL},
                "userId=tester&apiKey=k-e-y%26&action=placeorder&networkId=1739&imei=" A
                "&PolicyID=2%263&mep=M%201");
    harness_close(&h);
}

static void expect_path(const char *base, const char *url) {
    struct harness h;
    struct call call = {0};
    char option[128];
    snprintf(option, sizeof option, "base_url=%s", base);
    const char *const list[] = {option, options[1], options[2], NULL};
    assert_int_equal(harness_open(&h, "gsm_fusion", "place", SLUICE_ACTION, true, list), 0);
    assert_int_equal(harness_call(&h, &call, SLUICE_OP_BALANCE, NULL, 0), 0);
    assert_string_equal(call.url, url);
    call_end(&call);
    call_free(&call);
    harness_close(&h);
}

static void test_paths(void **state) {
    (void)state;
    expect_path("https://x.example/", "https://x.example/gsmfusion_api/index.php");
    expect_path("https://x.example/shop", "https://x.example/shop/gsmfusion_api/index.php");
    expect_path("https://x.example/gsmfusion_api/", "https://x.example/gsmfusion_api/index.php");
    expect_path("https://x.example/gsmfusion_api/index.php", "https://x.example/gsmfusion_api/index.php");
    expect_path("https://x.example/UPAPI_api", "https://x.example/UPAPI_api/index.php");
    expect_path("https://x.example/api/", "https://x.example/api/index.php");
}

static void expect_refused(const char *const *list, const char *says) {
    struct harness h;
    assert_int_equal(harness_open(&h, "gsm_fusion", "place", SLUICE_ACTION, true, list), SLUICE_E_CONFIG);
    if (!strstr(h.error.text, says))
        fail_msg("'%s' doesn't say '%s'", h.error.text, says);
    harness_close(&h);
}

static void test_options(void **state) {
    (void)state;
    expect_refused((const char *const[]){options[0], options[1], options[2], "service_id=abc", NULL},
                   "'abc'");
    expect_refused((const char *const[]){options[0], options[1], options[2], "fields.imei=x", NULL}, "imei");
    expect_refused((const char *const[]){options[0], options[1], options[2], "fields.apikey=x", NULL},
                   "apikey");
    expect_refused((const char *const[]){options[0], options[1], options[2], "fields.mep=x", "list=2", NULL},
                   "list");
}

/* ---- identity ----------------------------------------------------------------------------- */

struct identity_case {
    const char *header, *row;
    int answer;
    const char *service, *identifier, *parameters, *code;
};

static void check_identity(struct harness *h, const struct identity_case *expected) {
    sluice_arena arena = {0};
    sluice_identity identity = {.size = sizeof identity};
    struct batch *batch = harness_batch((const char *const[]){expected->header, expected->row, NULL});
    sluice_row row = {&batch->view, 0, 0};
    int answer =
        h->instance.type->exchanger->identity(h->instance.handle, &row, &arena, &identity, &h->error);
    if (answer != expected->answer)
        fail_msg("'%s' answered %d", expected->row, answer);
    if (answer == 0 && !text_is(identity.identifier, expected->identifier))
        fail_msg("'%s' became '%.*s'", expected->row, TEXT_ARG(identity.identifier));
    if (answer == 0 && !text_is(identity.service, expected->service))
        fail_msg("'%s' got the service '%.*s'", expected->row, TEXT_ARG(identity.service));
    if (answer == 0 && expected->parameters)
        assert_true(text_is(identity.parameters, expected->parameters));
    if (answer == 1) {
        assert_true(text_is(identity.code, expected->code));
        assert_true(identity.reason.len > 0);
    }
    batch_unref(batch);
    arena_free(&arena);
}

static void test_identity(void **state) {
    static const struct identity_case cases[] = {
        {"imei", A, 0, "1739", A, "", NULL},
        {"imei|service_id", A "|1740", 0, "1740", A, "", NULL},
        {"imei|service_id", A "| 01740.0 ", 0, "1740", A, "", NULL},
        {"imei|service_id", A "|", 0, "1739", A, "", NULL},
        {"imei|service_id", A "|~", 0, "1739", A, "", NULL},
        {"imei|service_id", A "|17,40", 1, NULL, NULL, NULL, "invalid_service"},
        {"imei|service_id", A "|0", 1, NULL, NULL, NULL, "invalid_service"},
        {"imei|service_id", A "|1740.5", 1, NULL, NULL, NULL, "invalid_service"},
        {"imei|service_id", A "|123456789012345678901", 1, NULL, NULL, NULL, "invalid_service"},
        {"imei", " 00 100100-123456.3\t", 0, "1739", A, "", NULL},
        {"imei", "'" A, 0, "1739", A, "", NULL},
        {"imei", "=\"" A "\"", 0, "1739", A, "", NULL},
        {"imei", A ".0", 0, "1739", A, "", NULL},
        {"imei", "1001001234563.0", 0, "1739", "1001001234563", "", NULL}, /* a number that lost its zeros */
        {"imei",
         "00\xc2\xa0"
         "1001001234563",
         0, "1739", A, "", NULL},
        {"imei", "\xef\xbb\xbf" A, 0, "1739", A, "", NULL},
        {"imei",
         "00\xe2\x80\x93"
         "1001001234563",
         0, "1739", A, "", NULL},
        {"imei",
         "\xef\xbc\x90\xef\xbc\x90"
         "1001001234563",
         0, "1739", A, "", NULL},
        {"imei", "\xe2\x80\xad" A "\xe2\x80\xac", 0, "1739", A, "", NULL}, /* as an address book copies it */
        {"imei", "\xe2\x81\xa6'" A ".0'\xe2\x81\xa9", 0, "1739", A, "", NULL},
        {"imei",
         "00\xc2\xad"
         "1001001234563",
         0, "1739", A, "", NULL}, /* a soft hyphen */
        {"imei",
         "00\xe2\x80\x95"
         "1001001234563",
         0, "1739", A, "", NULL}, /* a bar */
        {"imei", A "\xe2\x80\xa8", 0, "1739", A, "", NULL},
        {"imei", A "\xc2\x85", 0, "1739", A, "", NULL},
        {"imei", A "\xef\xb8\x8f", 0, "1739", A, "", NULL},
        {"imei", "\xd8\x9c" A "\xe1\xa0\x8e", 0, "1739", A, "", NULL},
        {"imei", A "\xf3\xa0\x80\xa0", 0, "1739", A, "", NULL},
        {"imei", "\xe2\x80\xad", 1, NULL, NULL, NULL, "no_imei"},
        {"imei", "'", 1, NULL, NULL, NULL, "no_imei"},
        {"imei", "\"" A "\"", 0, "1739", A, "", NULL},
        {"imei", "'" A "'", 0, "1739", A, "", NULL},
        {"imei", "00100100123456", 0, "1739", "00100100123456", "", NULL},     /* 14: not completed */
        {"imei", "0010010012345601", 0, "1739", "0010010012345601", "", NULL}, /* 16: not cut */
        {"imei", "a0000012-34abcd", 0, "1739", "A000001234ABCD", "", NULL},
        {"imei", "C39xyz7", 0, "1739", "C39xyz7", "", NULL},
        {"imei", "", 1, NULL, NULL, NULL, "no_imei"},
        {"imei", "~", 1, NULL, NULL, NULL, "no_imei"},
        {"imei", " - ", 1, NULL, NULL, NULL, "no_imei"},
        {"other", "x", 1, NULL, NULL, NULL, "no_imei"},
        {"imei", "3.53979E+14", 1, NULL, NULL, NULL, "lost_digits"},
        {"imei", "3,53979e+14", 1, NULL, NULL, NULL, "lost_digits"},
        {"imei", A "," B, 1, NULL, NULL, NULL, "invalid_imei"},
        {"imei",
         "00100\x01"
         "1001234563",
         1, NULL, NULL, NULL, "invalid_imei"},
        {"imei", "12345\xff", 1, NULL, NULL, NULL, "invalid_imei"},
        {"imei", "12345678901234567890123456789012345678901234567890123456789012345", 1, NULL, NULL, NULL,
         "invalid_imei"},
    };
    struct harness h;
    (void)state;
    assert_int_equal(harness_open(&h, "gsm_fusion", "place", SLUICE_ACTION, true, options), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_identity(&h, &cases[i]);
    harness_close(&h);
    assert_int_equal(harness_open(&h, "gsm_fusion", "place", SLUICE_ACTION, true,
                                  (const char *const[]){options[0], options[1], options[2], NULL}),
                     0);
    check_identity(&h, &(struct identity_case){"imei", A, 1, NULL, NULL, NULL, "no_service"});
    harness_close(&h);
}

static void test_parameters(void **state) {
    struct harness h;
    (void)state;
    const char *const list[] = {options[0],     options[1],       options[2], options[3],
                                "fields.mep=m", "fields.Alpha=a", NULL};
    assert_int_equal(harness_open(&h, "gsm_fusion", "place", SLUICE_ACTION, true, list), 0);
    check_identity(&h, &(struct identity_case){"imei|m|a", A "|1|x=y&z%", 0, "1739", A,
                                               "Alpha=x%3Dy%26z%25&mep=1", NULL});
    check_identity(&h, &(struct identity_case){"a|m|imei", "| 1 |" A, 0, "1739", A, "mep=1", NULL});
    check_identity(&h, &(struct identity_case){"imei|m", A "|1", SLUICE_E_CONFIG, NULL, NULL, NULL, NULL});
    assert_non_null(strstr(h.error.text, "'a'"));
    harness_close(&h);
}

/* ---- free calls --------------------------------------------------------------------------- */

struct heard {
    char text[4096];
    size_t count;
};

static void hear(struct heard *heard, const char *format, ...) {
    va_list arguments;
    size_t length = strlen(heard->text);
    va_start(arguments, format);
    vsnprintf(heard->text + length, sizeof heard->text - length, format, arguments);
    va_end(arguments);
    heard->count++;
}

static const char *shown(sluice_text text, char room[256]) {
    snprintf(room, 256, "%.*s", text.ptr ? (int)text.len : 1, text.ptr ? text.ptr : "~");
    return room;
}

static void on_service(void *user, const sluice_service *service) {
    char id[256], price[256], currency[256];
    hear(user, "%s %s %s\n", shown(service->id, id), shown(service->price, price),
         shown(service->currency, currency));
}

static void on_balance(void *user, sluice_text amount, sluice_text currency) {
    char a[256], c[256];
    hear(user, "%s %s\n", shown(amount, a), shown(currency, c));
}

static void on_candidate(void *user, const sluice_candidate *candidate) {
    char id[256], imei[256], title[256], created[256], status[256];
    hear(user, "%s %s %s %s %s\n", shown(candidate->order_id, id), shown(candidate->identifier, imei),
         shown(candidate->service_title, title), shown(candidate->created, created),
         shown(candidate->status, status));
}

static void on_listing(void *user, const sluice_listing *listing) {
    char oldest[256];
    hear(user, "complete %u, oldest %s\n", listing->complete, shown(listing->oldest, oldest));
}

static void on_record(void *user, const sluice_text *values) {
    char room[8][256];
    for (int i = 0; i < 8; i++)
        hear(user, "%s%s", shown(values[i], room[i]), i < 7 ? "|" : "\n");
}

static int ask(const char *component, uint32_t kind, uint32_t op, int status, const char *file, size_t step,
               struct heard *heard, sluice_error *error) {
    struct harness h;
    struct call call = {.results = {.service = on_service,
                                    .balance = on_balance,
                                    .candidate = on_candidate,
                                    .listing = on_listing,
                                    .record = on_record,
                                    .user = heard}};
    size_t length;
    char *body = read_file(file, &length);
    *heard = (struct heard){0};
    const char *const list[] = {options[0], options[1], options[2], NULL};
    assert_int_equal(harness_open(&h, "gsm_fusion", component, kind, false, list), 0);
    assert_int_equal(harness_call(&h, &call, op, NULL, 0), 0);
    int answer = harness_reply(&h, &call, status, "application/xml", body, length, step);
    *error = h.error;
    call_end(&call);
    call_free(&call);
    free(body);
    harness_close(&h);
    return answer;
}

static void test_catalogue(void **state) {
    struct heard heard;
    sluice_error error;
    (void)state;
    for (size_t step = 0; step < 20; step += 3) {
        assert_int_equal(
            ask("place", SLUICE_ACTION, SLUICE_OP_SERVICES, 200, "services.xml", step, &heard, &error), 0);
        assert_string_equal(heard.text,
                            "1739 0.08 USD\n1740 0.03 ~\n1741 1234.50 EUR\n1742 ~ ~\n1743 ~ ~\n1744 ~ ~\n"
                            "1745 ~ ~\n1746 2.00 ~\n");
    }
}

static void test_services_source(void **state) {
    struct heard heard;
    sluice_error error;
    (void)state;
    assert_int_equal(ask("services", SLUICE_SOURCE, SLUICE_OP_PAGE, 200, "services.xml", 5, &heard, &error),
                     0);
    assert_non_null(
        strstr(heard.text, "1739|Carrier & FMI \xf0\x9f\x8d\x8f #1|0.08|USD|Apple Checks|Instant|~|~\n"));
    assert_non_null(strstr(heard.text, "1742|On request|~|~|Apple Checks|Instant|~|~\n"));
    assert_non_null(strstr(heard.text, "1746|Fields|2.00|~|Apple Checks|Instant|~|PolicyID, mep\n"));
}

static void test_balance(void **state) {
    struct heard heard;
    sluice_error error;
    (void)state;
    assert_int_equal(ask("place", SLUICE_ACTION, SLUICE_OP_BALANCE, 200, "account.xml", 0, &heard, &error),
                     0);
    assert_string_equal(heard.text, "1150.00 USD\n");
    assert_int_equal(
        ask("services", SLUICE_SOURCE, SLUICE_OP_BALANCE, 200, "account_sister.xml", 2, &heard, &error), 0);
    assert_string_equal(heard.text, "12.5 EUR\n");
}

static void test_recent_orders(void **state) {
    struct heard heard;
    sluice_error error;
    (void)state;
    assert_int_equal(ask("place", SLUICE_ACTION, SLUICE_OP_SETTLE, 200, "orders.xml", 9, &heard, &error), 0);
    assert_string_equal(heard.text, "5000002 " B " Carrier & FMI 2025-01-02 10:00:00 In Process\n"
                                    "5000001 " A " Carrier & FMI 2025-01-01 09:00:00 In Process\n"
                                    "complete 0, oldest 2025-01-01 09:00:00\n");
}

static void test_free_failures(void **state) {
    static const struct {
        const char *file;
        int status;
        int32_t code;
        const char *says;
    } cases[] = {
        {"error_user.xml", 200, SLUICE_E_AUTH, "'Invalid User!'; check username and api_key"},
        {"error_maintenance.xml", 200, SLUICE_E_UNAVAILABLE, "in maintenance"},
        {"error_other.xml", 200, SLUICE_E_UNAVAILABLE, "Something went wrong at our side"},
        {"page.html", 403, SLUICE_E_UNAVAILABLE, "HTTP 403, an HTML page: Just a moment..."},
        {"truncated.xml", 200, SLUICE_E_UNAVAILABLE, "damaged XML"},
        {"empty.txt", 200, SLUICE_E_UNAVAILABLE, "an empty body"},
        {"page_bare.html", 301, SLUICE_E_CONFIG, "redirects to another address: change base_url"},
    };
    struct heard heard;
    sluice_error error;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(ask("place", SLUICE_ACTION, SLUICE_OP_SERVICES, cases[i].status, cases[i].file, 0,
                             &heard, &error),
                         cases[i].code);
        if (!strstr(error.text, cases[i].says))
            fail_msg("'%s' doesn't say '%s'", error.text, cases[i].says);
        assert_int_equal(
            ask("place", SLUICE_ACTION, SLUICE_OP_BALANCE, cases[i].status, cases[i].file, 0, &heard, &error),
            cases[i].code);
        assert_int_equal(heard.count, 0);
    }
}

/* Replies that overlap: each call has a parser of its own. */
static void test_replies_at_once(void **state) {
    struct harness h;
    struct call calls[12] = {0};
    sluice_row rows[12][8];
    struct batch *batches[12];
    uint32_t count;
    size_t length;
    (void)state;
    char *body = read_file("placed.xml", &length);
    assert_int_equal(harness_open(&h, "gsm_fusion", "place", SLUICE_ACTION, true, options), 0);
    for (int i = 0; i < 12; i++) {
        batches[i] = make_batch(A, rows[i], &count);
        start_order(&h, &calls[i], rows[i], count);
        call_data(&calls[i], 200, "application/xml", (sluice_text){body, 40 + (size_t)i});
    }
    for (int i = 11; i >= 0; i--) { /* every third is cut off */
        size_t got = 40 + (size_t)i;
        if (i % 3)
            assert_int_equal(
                harness_reply(&h, &calls[i], 200, "application/xml", body + got, length - got, 11), 0);
        if (i % 3)
            assert_int_equal(call_verdict(&calls[i], 0)->kind, SLUICE_VERDICT_PLACED);
        call_end(&calls[i]);
        call_free(&calls[i]);
        batch_unref(batches[i]);
    }
    free(body);
    harness_close(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replies),         cmocka_unit_test(test_placed_columns),
        cmocka_unit_test(test_requests),        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_options),         cmocka_unit_test(test_identity),
        cmocka_unit_test(test_parameters),      cmocka_unit_test(test_catalogue),
        cmocka_unit_test(test_services_source), cmocka_unit_test(test_balance),
        cmocka_unit_test(test_recent_orders),   cmocka_unit_test(test_free_failures),
        cmocka_unit_test(test_replies_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
