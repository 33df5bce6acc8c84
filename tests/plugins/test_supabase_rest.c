/* What the sink and the source say to a project, and what they make of its replies, one after the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "text.h"

#include <cmocka.h> /* after the core: it has a macro `fail` */

static const char *const options[] = {"url=http://127.0.0.1:9", "key=sb_secret_abcdefgh", NULL};

static const char *range; /* header of the next reply; NULL: it has none */

/* In place of the core's, which asks libcurl. */
const char *__wrap_http_result_header(const struct http_result *result, const char *name);
const char *__wrap_http_result_header(const struct http_result *result, const char *name) {
    (void)result;
    return strcmp(name, "Content-Range") == 0 ? range : NULL;
}

struct talk {
    struct harness h;
    struct batch *batch;
    struct call call;
    sluice_row rows[8];
    uint32_t op, count;
    char cookie[64];
};

static void begin(struct talk *talk, uint32_t kind, uint32_t op, const char *const *lines) {
    *talk = (struct talk){.op = op, .batch = lines ? harness_batch(lines) : NULL};
    assert_int_equal(harness_open(&talk->h, "supabase", "supabase", kind, false, options), 0);
    assert_true(talk->h.instance.self.has_endpoint);
    talk->count = lines ? talk->batch->view.row_count : 0;
    for (uint32_t i = 0; i < talk->count; i++)
        talk->rows[i] = (sluice_row){&talk->batch->view, i, 0};
}

/* The next request of the sequence; its address. */
static const char *ask(struct talk *talk) {
    assert_int_equal(
        call_begin(&talk->call, &talk->h.instance, talk->op, talk->rows, talk->count, &talk->h.error), 0);
    if (*talk->cookie)
        talk->call.view.cookie = text_of(talk->cookie);
    if (call_build(&talk->call, &talk->h.error))
        fail_msg("%s", talk->h.error.text);
    return talk->call.url + strlen("http://127.0.0.1:9/rest/v1/orders?");
}

static const char *body(const struct talk *talk) {
    static char text[2000];
    snprintf(text, sizeof text, "%.*s", (int)talk->call.request.length, talk->call.request.body);
    return text;
}

static bool has_header(const struct talk *talk, const char *line) {
    for (size_t i = 0; i < talk->call.request.header_count; i++)
        if (strcmp(talk->call.request.headers[i].line, line) == 0)
            return true;
    return false;
}

/* The reply; true: more is to be asked. */
static int hear(struct talk *talk, int status, const char *text) {
    int failed = harness_reply(&talk->h, &talk->call, status, "application/json", text, strlen(text), 0);
    snprintf(talk->cookie, sizeof talk->cookie, "%.*s", TEXT_ARG(talk->call.next_cookie));
    range = NULL;
    return failed ? failed : talk->call.more;
}

/* The same, with the number of rows that it was about. */
static int hear_count(struct talk *talk, int status, const char *content_range) {
    range = content_range;
    return hear(talk, status, "");
}

static void end(struct talk *talk) {
    call_end(&talk->call);
    call_free(&talk->call);
    batch_unref(talk->batch);
    harness_close(&talk->h);
}

static const char *const two[] = {"order_id|imei|status|credits|raw_response",
                                  "7|001001001234563|Completed|0.08|~",
                                  "8|004400000000016|Pending|~|{\"a\":\"\xc3\xa9\"}", NULL};

/* A table of an older system: no provider, no account. */
static void learn_table(struct talk *talk) {
    assert_non_null(
        strstr(ask(talk), "limit=0&select=order_id,imei,status,credits,raw_response,provider,account"));
    assert_true(has_header(talk, "apikey: sb_secret_abcdefgh"));
    assert_false(has_header(talk, "Authorization: Bearer sb_secret_abcdefgh"));
    assert_int_equal(
        hear(talk, 400, "{\"code\":\"42703\",\"message\":\"column orders.provider does not exist\"}"), 1);
    assert_null(strstr(ask(talk), "provider"));
    assert_int_equal(
        hear(talk, 400, "{\"code\":\"42703\",\"message\":\"column orders.account does not exist\"}"), 1);
    ask(talk);
    assert_int_equal(hear(talk, 200, "[]"), 1);
    assert_string_equal(ask(talk), "on_conflict=order_id&columns=order_id");
    assert_string_equal(body(talk), "[]");
    assert_int_equal(hear_count(talk, 200, "*/0"), 1);
    assert_string_equal(ask(talk), "select=order_id&limit=1&order_id=like.import-*");
}

static void learn_columns(struct talk *talk) {
    learn_table(talk);
    assert_int_equal(hear(talk, 200, "[]"), 1);
}

static void new_orders_are_inserted_and_old_ones_completed(void **state) {
    struct talk talk;
    (void)state;
    begin(&talk, SLUICE_SINK, SLUICE_OP_WRITE, two);
    learn_columns(&talk);
    assert_string_equal(ask(&talk), "on_conflict=order_id&columns=order_id,imei,status,credits,raw_response");
    assert_true(
        has_header(&talk, "Prefer: resolution=ignore-duplicates,return=minimal,count=exact,missing=default"));
    assert_string_equal(body(&talk),
                        "[{\"order_id\":\"7\",\"imei\":\"001001001234563\",\"status\":\"Completed\","
                        "\"credits\":\"0.08\"},{\"order_id\":\"8\",\"imei\":\"004400000000016\","
                        "\"status\":\"Pending\",\"raw_response\":\"{\\\"a\\\":\\\"\xc3\xa9\\\"}\"}]");
    /* How many went in isn't known, so they are looked at. */
    assert_int_equal(hear(&talk, 201, ""), 1);
    assert_string_equal(ask(&talk), "select=order_id,imei,status,credits,raw_response&order_id=in.(7,8)");
    assert_int_equal(
        hear(&talk, 200,
             "[{\"order_id\":\"7\",\"imei\":\"001001001234563\",\"status\":\"Pending\",\"credits\":0.0800,"
             "\"raw_response\":\"{}\"}, \n {\"order_id\":\"8\",\"imei\":\"004400000000016\",\"status\":"
             "\"Completed\",\"credits\":null,\"raw_response\":\"{\\\"b\\\":2}\"}]"),
        1);
    /* Only what changed, and of one kind in a request: nobody's other news are written over. */
    assert_string_equal(ask(&talk), "on_conflict=order_id&columns=order_id,imei,status,updated_at");
    assert_non_null(strstr(body(&talk),
                           "[{\"order_id\":\"7\",\"imei\":\"001001001234563\",\"status\":\"Completed\","
                           "\"updated_at\":\"20"));
    assert_null(strstr(body(&talk), "\"8\""));
    assert_int_equal(hear_count(&talk, 200, "*/1"), 1);
    assert_string_equal(ask(&talk), "on_conflict=order_id&columns=order_id,imei,raw_response,updated_at");
    assert_non_null(strstr(body(&talk), "\"raw_response\":\"{\\\"b\\\":2,\\\"a\\\":\\\"\xc3\xa9\\\"}\""));
    assert_int_equal(hear_count(&talk, 200, "*/1"), 0);
    assert_int_equal(talk.call.whole.kind, SLUICE_VERDICT_KEPT);
    end(&talk);
}

static void more_rows_than_were_sent_are_said(void **state) {
    struct talk talk;
    (void)state;
    begin(&talk, SLUICE_SINK, SLUICE_OP_WRITE, two);
    learn_columns(&talk);
    ask(&talk);
    assert_int_equal(hear(&talk, 201, ""), 1);
    ask(&talk);
    assert_int_equal(hear(&talk, 200,
                          "[{\"order_id\":\"7\",\"imei\":\"001001001234563\",\"status\":\"Pending\"},"
                          "{\"order_id\":\"8\",\"imei\":\"004400000000016\",\"status\":\"Pending\","
                          "\"raw_response\":\"{\\\"a\\\":\\\"\xc3\xa9\\\"}\"}]"),
                     1);
    ask(&talk);
    assert_int_equal(hear_count(&talk, 200, "*/3"), SLUICE_E_CONFIG);
    assert_non_null(strstr(talk.h.error.text, "changed 3 rows for the 1 that were sent"));
    end(&talk);
}

static void a_strangers_row_is_refused(void **state) {
    struct talk talk;
    (void)state;
    begin(&talk, SLUICE_SINK, SLUICE_OP_WRITE, two);
    learn_columns(&talk);
    ask(&talk);
    assert_int_equal(hear(&talk, 201, ""), 1);
    ask(&talk);
    assert_int_equal(
        hear(
            &talk, 200,
            "[{\"order_id\":\"7\",\"imei\":\"004900000000015\"},{\"order_id\":\"8\",\"imei\":"
            "\"004400000000016\",\"status\":\"Pending\",\"raw_response\":\"{\\\"a\\\":\\\"\xc3\xa9\\\"}\"}]"),
        0);
    assert_int_equal(talk.call.verdicts[0].kind, SLUICE_VERDICT_REJECTED);
    assert_true(text_is(talk.call.verdicts[0].code, "order_id_taken"));
    assert_int_equal(call_verdict(&talk.call, 1)->kind, SLUICE_VERDICT_KEPT);
    end(&talk);
}

static void rows_that_vanish_are_missed(void **state) {
    struct talk talk;
    (void)state;
    begin(&talk, SLUICE_SINK, SLUICE_OP_WRITE, two);
    learn_columns(&talk);
    ask(&talk);
    assert_int_equal(hear(&talk, 201, ""), 1);
    ask(&talk);
    assert_int_equal(hear(&talk, 200, "[{\"order_id\":\"8\",\"imei\":\"004400000000016\"}]"), SLUICE_E_AUTH);
    assert_non_null(strstr(talk.h.error.text, "dropped 1 rows without a word"));
    end(&talk);
}

static void replies_that_say_no(void **state) {
    struct talk talk;
    (void)state;
    begin(&talk, SLUICE_SINK, SLUICE_OP_WRITE, two);
    learn_columns(&talk);
    ask(&talk);
    assert_int_equal(hear(&talk, 400, "{\"code\":\"22P02\",\"message\":\"much\"}"), 0);
    assert_int_equal(talk.call.whole.kind, SLUICE_VERDICT_REJECTED);
    assert_true(talk.call.whole.split && text_is(talk.call.whole.text, "much (22P02)"));
    *talk.cookie = 0;
    ask(&talk);
    assert_int_equal(hear(&talk, 500, "{\"code\":\"57014\",\"message\":\"slow\"}"), 0);
    assert_true(talk.call.whole.kind == SLUICE_VERDICT_RETRY_LATER && talk.call.whole.split);
    ask(&talk);
    assert_int_equal(hear(&talk, 503, ""), 0);
    assert_true(talk.call.whole.kind == SLUICE_VERDICT_RETRY_LATER && !talk.call.whole.split);
    ask(&talk);
    assert_int_equal(hear(&talk, 404, "{}"), SLUICE_E_CONFIG);
    end(&talk);
}

static void expect_again(const struct talk *talk) {
    assert_int_equal(talk->call.whole.kind, SLUICE_VERDICT_RETRY_LATER);
    assert_true(text_is(talk->call.whole.code, "unreadable_reply"));
}

/* A page of whoever stands in between says 200, too; that nothing was written shows in what it doesn't say.
 */
static void yes_without_a_count_is_no_yes(void **state) {
    struct talk talk;
    (void)state;
    begin(&talk, SLUICE_SINK, SLUICE_OP_WRITE, two);
    ask(&talk);
    assert_int_equal(hear(&talk, 200, "[]"), 1);
    ask(&talk);
    assert_int_equal(hear(&talk, 200, "<html>"), 0); /* is there a key? */
    expect_again(&talk);
    assert_string_equal(ask(&talk), "on_conflict=order_id&columns=order_id");
    assert_int_equal(hear_count(&talk, 200, "*/0"), 1);
    ask(&talk);
    assert_int_equal(hear(&talk, 200, "[]"), 1);
    ask(&talk);
    assert_int_equal(hear(&talk, 201, "<html>"), 1); /* new orders: they are looked for */
    ask(&talk);
    assert_int_equal(hear(&talk, 200,
                          "[{\"order_id\":\"7\",\"imei\":\"001001001234563\",\"status\":\"Pending\"},"
                          "{\"order_id\":\"8\",\"imei\":\"004400000000016\",\"status\":\"Pending\","
                          "\"raw_response\":\"{\\\"a\\\":\\\"\xc3\xa9\\\"}\"}]"),
                     1);
    char update[300];
    snprintf(update, sizeof update, "%s", ask(&talk));
    assert_non_null(strstr(update, "on_conflict=order_id"));
    assert_int_equal(hear(&talk, 200, "<html>"), 0); /* old ones */
    expect_again(&talk);
    snprintf(talk.cookie, sizeof talk.cookie, "rows");
    assert_string_equal(ask(&talk), update);
    assert_int_equal(hear_count(&talk, 200, "*/1"), 0);
    assert_int_equal(talk.call.whole.kind, SLUICE_VERDICT_KEPT);
    end(&talk);
}

static void orders_without_an_id_are_passed_over(void **state) {
    static const char *const none[] = {"order_id|imei", "~|001001001234563", NULL};
    struct talk talk;
    (void)state;
    begin(&talk, SLUICE_SINK, SLUICE_OP_WRITE, none);
    ask(&talk);
    assert_int_equal(hear(&talk, 200, "[]"), 1);
    ask(&talk);
    assert_int_equal(hear_count(&talk, 200, "*/0"), 1);
    assert_string_equal(ask(&talk), "limit=0&select=order_id");
    assert_int_equal(hear(&talk, 200, "[]"), 0);
    assert_int_equal(talk.call.verdicts[0].kind, SLUICE_VERDICT_NO_NEWS);
    end(&talk);
}

/* ---- orders that were imported ---------------------------------------------------------------- */

static const char *const one[] = {"order_id|imei|status|credits|raw_response",
                                  "77|001001001234563|Pending|~|~", NULL};
#define IMPORTED "[{\"order_id\":\"import-1\",\"imei\":\"001001001234563\",\"status\":\"Pending\"}]"

/* Up to the PATCH that gives a stored order its id. */
static void find_imported(struct talk *talk) {
    assert_non_null(strstr(ask(talk), "&imei=in.(001001001234563)&order_id=like.import-*"));
    assert_int_equal(hear(talk, 200, IMPORTED), 1);
}

static void begin_to_adopt(struct talk *talk) {
    begin(talk, SLUICE_SINK, SLUICE_OP_WRITE, one);
    learn_table(talk);
    assert_int_equal(hear(talk, 200, "[{\"order_id\":\"import-1\"}]"), 1);
    assert_non_null(strstr(ask(talk), "&order_id=in.(77)"));
    assert_int_equal(hear(talk, 200, "[]"), 1);
    find_imported(talk);
    assert_string_equal(ask(talk), "order_id=eq.import-1");
    assert_string_equal(body(talk), "{\"order_id\":\"77\"}");
    assert_true(has_header(talk, "Prefer: return=minimal,count=exact"));
}

static void an_imported_order_gets_its_id(void **state) {
    struct talk talk;
    (void)state;
    begin_to_adopt(&talk);
    assert_int_equal(hear(&talk, 500, "{\"code\":\"57014\",\"message\":\"slow\"}"), 0);
    assert_int_equal(talk.call.whole.kind, SLUICE_VERDICT_RETRY_LATER);
    assert_non_null(strstr(ask(&talk), "&order_id=in.(77)")); /* from the beginning */
    assert_int_equal(hear(&talk, 200, "[]"), 1);
    find_imported(&talk);
    assert_string_equal(ask(&talk), "order_id=eq.import-1");
    assert_int_equal(hear_count(&talk, 204, "*/1"), 1);
    assert_non_null(strstr(ask(&talk), "&order_id=in.(77)"));
    assert_int_equal(
        hear(&talk, 200, "[{\"order_id\":\"77\",\"imei\":\"001001001234563\",\"status\":\"Pending\"}]"), 0);
    end(&talk);
}

/* Without a policy for UPDATE the API says 204, and has changed nothing. */
static void one_that_stays_as_it_was_is_a_fault(void **state) {
    struct talk talk;
    (void)state;
    begin_to_adopt(&talk);
    assert_int_equal(hear_count(&talk, 204, "*/0"), 1);
    assert_non_null(strstr(ask(&talk), "&order_id=in.(77)"));
    assert_int_equal(hear(&talk, 200, "[]"), 1);
    assert_non_null(strstr(ask(&talk), "&imei=in.(001001001234563)"));
    assert_int_equal(hear(&talk, 200, IMPORTED), SLUICE_E_AUTH);
    assert_non_null(strstr(talk.h.error.text, "keeps order import-1 as it is"));
    assert_non_null(strstr(talk.h.error.text, "add a policy"));
    end(&talk);
}

/* Somebody has deleted it meanwhile, or given it the id. */
static void one_that_is_gone_meanwhile_is_none(void **state) {
    struct talk talk;
    (void)state;
    begin_to_adopt(&talk);
    assert_int_equal(hear_count(&talk, 204, "*/0"), 1);
    ask(&talk);
    assert_int_equal(hear(&talk, 200, "[]"), 1);
    ask(&talk);
    assert_int_equal(hear(&talk, 200, "[]"), 1);
    assert_non_null(strstr(ask(&talk), "on_conflict=order_id"));
    assert_int_equal(hear_count(&talk, 201, "*/1"), 0);
    end(&talk);
}

static void an_id_that_was_given_without_a_count_is_asked_for_again(void **state) {
    struct talk talk;
    (void)state;
    begin_to_adopt(&talk);
    assert_int_equal(hear(&talk, 200, "<html>"), 0);
    assert_int_equal(talk.call.whole.kind, SLUICE_VERDICT_RETRY_LATER);
    end(&talk);
}

/* ---- the source ----------------------------------------------------------------------------- */

static char heard[1000];

static void on_record(void *user, const sluice_text *values) {
    const struct talk *talk = user;
    for (uint32_t i = 0; i < talk->h.instance.self.adds_count; i++) {
        size_t used = strlen(heard);
        sluice_text value = values[i].ptr ? values[i] : TEXT("~");
        snprintf(heard + used, sizeof heard - used, "%.*s=%.*s ", TEXT_ARG(talk->h.instance.self.adds[i]),
                 TEXT_ARG(value));
    }
}

static void pages_go_on_until_one_is_empty(void **state) {
    struct talk talk;
    (void)state;
    *heard = 0;
    begin(&talk, SLUICE_SOURCE, SLUICE_OP_PAGE, NULL);
    talk.call.results = (struct call_results){.record = on_record, .user = &talk};
    assert_string_equal(ask(&talk), "select=sluice_key:id,*&order=id.asc&limit=1000");
    assert_int_equal(hear(&talk, 200,
                          "[{\"sluice_key\":6,\"credits\":0.0800,\"n\":12.000,\"order_date\":"
                          "\"2026-11-22T10:00:00.5+00:00\",\"j\":{\"a\": 1},\"b\":true,\"x\":null}]"),
                     1);
    assert_string_equal(heard, "credits=0.08 n=12 order_date=2026-11-22 10:00:00 j={\"a\": 1} b=true x=~ ");
    assert_string_equal(ask(&talk), "select=sluice_key:id,*&order=id.asc&limit=1000&id=gt.6");
    assert_int_equal(hear(&talk, 200, "[{\"sluice_key\":9,\"b\":\"\\u00e9\"},"), SLUICE_E_UNAVAILABLE);
    ask(&talk);
    assert_int_equal(hear(&talk, 200, "[]"), 0);
    end(&talk);
}

static void a_table_without_id_is_read_by_order_id(void **state) {
    struct talk talk;
    (void)state;
    begin(&talk, SLUICE_SOURCE, SLUICE_OP_PAGE, NULL);
    ask(&talk);
    assert_int_equal(hear(&talk, 400, "{\"code\":\"42703\",\"message\":\"column orders.id does not exist\"}"),
                     1);
    assert_string_equal(ask(&talk), "select=sluice_key:order_id,*&order=order_id.asc&limit=1000");
    assert_int_equal(hear(&talk, 500, "{\"code\":\"57014\",\"message\":\"slow\"}"), 0);
    assert_non_null(strstr(ask(&talk), "&limit=500")); /* half of it may do */
    assert_int_equal(hear(&talk, 200, "[]"), 0);
    end(&talk);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_orders_are_inserted_and_old_ones_completed),
        cmocka_unit_test(a_strangers_row_is_refused),
        cmocka_unit_test(rows_that_vanish_are_missed),
        cmocka_unit_test(replies_that_say_no),
        cmocka_unit_test(yes_without_a_count_is_no_yes),
        cmocka_unit_test(more_rows_than_were_sent_are_said),
        cmocka_unit_test(orders_without_an_id_are_passed_over),
        cmocka_unit_test(an_imported_order_gets_its_id),
        cmocka_unit_test(one_that_stays_as_it_was_is_a_fault),
        cmocka_unit_test(one_that_is_gone_meanwhile_is_none),
        cmocka_unit_test(an_id_that_was_given_without_a_count_is_asked_for_again),
        cmocka_unit_test(pages_go_on_until_one_is_empty),
        cmocka_unit_test(a_table_without_id_is_read_by_order_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
