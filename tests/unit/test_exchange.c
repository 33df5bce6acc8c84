#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange.h"
#include "order_id.h"
#include "secret.h"
#include "text.h"

/* ---- an exchanger that does as the test says ------------------------------------------------ */

static void (*building)(sluice_call *call, sluice_request *request);
static int32_t (*parsing)(sluice_call *call, const sluice_reply *reply, sluice_error *error);
static int finished;
static char heard[1000]; /* what parse got, piece by piece */

static int32_t build(void *instance, sluice_call *call, sluice_request *request, sluice_error *error) {
    (void)error;
    if (building)
        building(call, request);
    return instance ? *(const int32_t *)instance : 0;
}

static int32_t parse(void *instance, sluice_call *call, const sluice_reply *reply, sluice_error *error) {
    size_t used = strlen(heard);
    (void)instance;
    snprintf(heard + used, sizeof heard - used, "[%llu:%.*s%s]", (unsigned long long)reply->offset,
             TEXT_ARG(reply->body), reply->last ? "." : "");
    return parsing ? parsing(call, reply, error) : 0;
}

static void finish(void *instance, sluice_call *call) {
    (void)instance;
    free(call->state);
    finished++;
}

static const sluice_exchanger exchanger = {
    .size = sizeof exchanger, .build = build, .parse = parse, .finish = finish};
static const char *const adds[] = {"order_id", "status", "code", NULL};
static const sluice_component whole = {.size = sizeof whole,
                                       .kind = SLUICE_ACTION,
                                       .flags = SLUICE_SPENDS,
                                       .name = "place",
                                       .adds = adds,
                                       .exchanger = &exchanger};
static const sluice_component streaming = {.size = sizeof streaming,
                                           .kind = SLUICE_ACTION,
                                           .flags = SLUICE_STREAMS,
                                           .name = "check",
                                           .adds = adds,
                                           .exchanger = &exchanger};

static struct instance instance;
static struct call call;
static sluice_error error;

static int begin(void **state) {
    (void)state;
    building = NULL;
    parsing = NULL;
    finished = 0;
    heard[0] = 0;
    error = (sluice_error)ERROR_INIT;
    instance = (struct instance){.type = &whole,
                                 .self = {.type = &whole, .place = "actions[0] place", .has_endpoint = true}};
    instance.self.endpoint.base_url = TEXT("https://provider.test/base/");
    assert_int_equal(instance_name_adds(&instance.self, NULL, 0, &error), 0);
    call = (struct call){0};
    return 0;
}

static int end(void **state) {
    (void)state;
    call_end(&call);
    call_free(&call);
    arena_free(&instance.self.arena);
    secret_forget_all();
    return 0;
}

static void start(uint32_t op, uint32_t rows) {
    assert_int_equal(call_begin(&call, &instance, op, NULL, rows, &error), 0);
}

/* ---- the call --------------------------------------------------------------------------------- */

static void fill_form(sluice_call *c, sluice_request *request) {
    (void)c;
    request->method = SLUICE_METHOD_POST;
    request->path = TEXT("/index.php");
    exchange_request_form(request, "imei", TEXT("001001001234563"));
    exchange_request_form(request, "a b", TEXT("x&y=z+\xc3\xa9~._-"));
    exchange_request_form(request, "empty", TEXT(""));
    exchange_request_form(request, "null", (sluice_text){NULL, 0});
}

static void a_plugin_without_an_endpoint_is_refused(void **state) {
    (void)state;
    instance.self.has_endpoint = false;
    start(SLUICE_OP_PLACE, 1);
    assert_int_equal(call_build(&call, &error), SLUICE_E_PLUGIN);
}

static void a_failed_build_is_passed_up(void **state) {
    int32_t answer = SLUICE_E_CONFIG;
    (void)state;
    instance.handle = &answer;
    start(SLUICE_OP_PLACE, 1);
    assert_int_equal(call_build(&call, &error), SLUICE_E_CONFIG);
    assert_int_equal(error.code, SLUICE_E_CONFIG);
    assert_true(error.text[0] != 0);
    answer = 3;
    error = (sluice_error)ERROR_INIT;
    assert_int_equal(call_build(&call, &error), SLUICE_E_PLUGIN);
    instance.handle = NULL;
}

static void paths_are_joined_with_one_slash(void **state) {
    static const char *const cases[][3] = {{"https://a.test", "/x", "https://a.test/x"},
                                           {"https://a.test/", "x", "https://a.test/x"},
                                           {"https://a.test//", "/x", "https://a.test/x"},
                                           {"https://a.test/b", "", "https://a.test/b"},
                                           {"https://a.test", "@evil.test/", "https://a.test/@evil.test/"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        instance.self.endpoint.base_url = text_of(cases[i][0]);
        start(SLUICE_OP_CHECK, 0);
        call.request.view.path = text_of(cases[i][1]);
        assert_int_equal(call_build(&call, &error), 0);
        assert_string_equal(call.url, cases[i][2]);
        call_end(&call);
    }
}

static void memory_of_an_earlier_call_is_used_again(void **state) {
    (void)state;
    building = fill_form;
    start(SLUICE_OP_PLACE, 1);
    assert_int_equal(call_build(&call, &error), 0);
    const char *body = call.request.body;
    call_end(&call);
    start(SLUICE_OP_PLACE, 1);
    assert_int_equal(call.request.length, 0);
    assert_int_equal(call_build(&call, &error), 0);
    assert_ptr_equal(call.request.body, body);
    assert_int_equal(call.request.header_count, 1);
}

/* ---- the reply ------------------------------------------------------------------------------ */

static const struct http_result replied = {.status = 200, .content_type = "text/xml", .retry_after_ms = -1};

static void a_body_is_given_whole(void **state) {
    (void)state;
    start(SLUICE_OP_PLACE, 1);
    assert_int_equal(call_data(&call, 200, "text/xml", TEXT("abc")), 0);
    assert_int_equal(call_data(&call, 200, "text/xml", TEXT("")), 0);
    assert_int_equal(call_data(&call, 200, "text/xml", TEXT("def")), 0);
    assert_string_equal(heard, "");
    assert_int_equal(call_reply_end(&call, &replied, &error), 0);
    assert_string_equal(heard, "[0:abcdef.]");
}

static void an_empty_body_is_still_a_reply(void **state) {
    (void)state;
    start(SLUICE_OP_PLACE, 1);
    assert_int_equal(call_reply_end(&call, &replied, &error), 0);
    assert_string_equal(heard, "[0:.]");
}

static void a_large_body_is_kept_whole(void **state) {
    char *piece = malloc(10000);
    (void)state;
    memset(piece, 'x', 10000);
    start(SLUICE_OP_PLACE, 1);
    for (int i = 0; i < 30; i++)
        assert_int_equal(call_data(&call, 200, NULL, (sluice_text){piece, 10000}), 0);
    assert_int_equal(call.body_length, 300000);
    assert_int_equal(call.body[299999], 'x');
    assert_int_equal(call_reply_end(&call, &replied, &error), 0);
    free(piece);
}

static void a_stream_comes_in_pieces(void **state) {
    (void)state;
    instance.type = &streaming;
    start(SLUICE_OP_CHECK, 0);
    call_data(&call, 200, NULL, TEXT("abc"));
    call_data(&call, 200, NULL, TEXT("de"));
    assert_int_equal(call_reply_end(&call, &replied, &error), 0);
    assert_string_equal(heard, "[0:abc][3:de][5:.]");
}

static int32_t give_up(sluice_call *c, const sluice_reply *reply, sluice_error *e) {
    (void)c, (void)reply;
    e->code = SLUICE_E_DATA;
    strcpy(e->text, "no XML");
    return SLUICE_E_DATA;
}

static int32_t give_up_silently(sluice_call *c, const sluice_reply *reply, sluice_error *e) {
    (void)c, (void)reply, (void)e;
    return SLUICE_E_DATA;
}

static int32_t answer_oddly(sluice_call *c, const sluice_reply *reply, sluice_error *e) {
    (void)c, (void)reply, (void)e;
    return 5;
}

static void a_stream_that_failed_is_not_parsed_on(void **state) {
    (void)state;
    instance.type = &streaming;
    parsing = give_up;
    start(SLUICE_OP_CHECK, 0);
    assert_int_not_equal(call_data(&call, 200, NULL, TEXT("abc")), 0);
    assert_int_not_equal(call_data(&call, 200, NULL, TEXT("de")), 0);
    assert_int_equal(call_reply_end(&call, &replied, &error), SLUICE_E_DATA);
    assert_string_equal(error.text, "no XML");
    assert_string_equal(heard, "[0:abc]");
}

static void a_failed_parse_is_never_a_success(void **state) {
    (void)state;
    parsing = give_up_silently;
    start(SLUICE_OP_PLACE, 1);
    assert_int_equal(call_reply_end(&call, &replied, &error), SLUICE_E_DATA);
    assert_true(error.text[0] != 0);
    call_end(&call);
    parsing = answer_oddly;
    start(SLUICE_OP_PLACE, 1);
    assert_int_equal(call_reply_end(&call, &replied, &error), SLUICE_E_PLUGIN);
}

static int32_t look(sluice_call *c, const sluice_reply *reply, sluice_error *e) {
    (void)c, (void)e;
    assert_int_equal(reply->status, 302);
    assert_true(text_is(reply->redirect, "https://b.test/"));
    assert_int_equal(reply->retry_after_ms, 3000);
    assert_true(text_is(reply->content_type, "text/html"));
    return 0;
}

static void what_the_headers_said_comes_with_the_last_piece(void **state) {
    const struct http_result result = {
        .status = 302, .redirect = "https://b.test/", .retry_after_ms = 3000, .content_type = "text/html"};
    (void)state;
    parsing = look;
    start(SLUICE_OP_PLACE, 1);
    assert_int_equal(call_reply_end(&call, &result, &error), 0);
}

/* ---- verdicts ------------------------------------------------------------------------------- */

static void say(uint32_t row, uint32_t kind, const char *order_id, const char *text) {
    const sluice_verdict verdict = {.size = sizeof verdict,
                                    .kind = kind,
                                    .row = row,
                                    .order_id = text_of(order_id),
                                    .text = text_of(text),
                                    .retry_after_ms = -1};
    exchange_verdict(&call.view, &verdict);
}

static void a_row_has_its_own_verdict_or_that_of_the_call(void **state) {
    (void)state;
    start(SLUICE_OP_PLACE, 3);
    assert_int_equal(call_verdict(&call, 0)->kind, 0);
    say(1, SLUICE_VERDICT_PLACED, "77", NULL);
    say(SLUICE_ALL_ROWS, SLUICE_VERDICT_RETRY_LATER, NULL, "maintenance");
    assert_int_equal(call_verdict(&call, 0)->kind, SLUICE_VERDICT_RETRY_LATER);
    assert_ptr_equal(call_verdict(&call, 0), &call.whole);
    assert_int_equal(call_verdict(&call, 1)->kind, SLUICE_VERDICT_PLACED);
    assert_true(text_is(call_verdict(&call, 1)->order_id, "77"));
    assert_false(call_verdict(&call, 1)->twice);
}

static void only_the_same_answer_may_come_twice(void **state) {
    (void)state;
    start(SLUICE_OP_PLACE, 4);
    say(0, SLUICE_VERDICT_PLACED, "77", NULL);
    say(0, SLUICE_VERDICT_PLACED, "77", NULL);
    assert_false(call_verdict(&call, 0)->twice);
    say(1, SLUICE_VERDICT_PLACED, "78", NULL);
    say(1, SLUICE_VERDICT_PLACED, "79", NULL);
    assert_true(call_verdict(&call, 1)->twice);
    assert_true(text_is(call_verdict(&call, 1)->order_id, "78")); /* the first one is kept, marked */
    say(2, SLUICE_VERDICT_PLACED, "80", NULL);
    say(2, SLUICE_VERDICT_REJECTED, NULL, NULL);
    say(2, SLUICE_VERDICT_PLACED, "80", NULL);
    assert_true(call_verdict(&call, 2)->twice);
    say(SLUICE_ALL_ROWS, SLUICE_VERDICT_NO_CREDIT, NULL, NULL);
    say(SLUICE_ALL_ROWS, SLUICE_VERDICT_REFUSED_AUTH, NULL, NULL);
    assert_true(call_verdict(&call, 3)->twice);
}

static void a_row_that_is_not_in_the_call_is_ignored(void **state) {
    (void)state;
    start(SLUICE_OP_PLACE, 2);
    say(2, SLUICE_VERDICT_PLACED, "77", NULL);
    say(UINT32_MAX - 1, SLUICE_VERDICT_PLACED, "77", NULL);
    assert_int_equal(call_verdict(&call, 0)->kind, 0);
    assert_int_equal(call_verdict(&call, 1)->kind, 0);
}

static void a_verdict_is_copied_and_its_columns_are_put_in_order(void **state) {
    char id[] = "77", text[] = "Pending", price[] = "0.08", value[] = "In Process";
    const sluice_text columns[] = {TEXT("code"), TEXT("no such column"), TEXT("status")};
    const sluice_text values[] = {TEXT("c"), TEXT("x"), {value, 10}};
    const sluice_verdict verdict = {.size = sizeof verdict,
                                    .kind = SLUICE_VERDICT_PLACED,
                                    .order_id = {id, 2},
                                    .text = {text, 7},
                                    .price = {price, 4},
                                    .columns = columns,
                                    .values = values,
                                    .column_count = 3,
                                    .retry_after_ms = 5,
                                    .split = 1,
                                    .login = 1};
    (void)state;
    start(SLUICE_OP_PLACE, 1);
    exchange_verdict(&call.view, &verdict);
    memset(id, '?', 2);
    memset(text, '?', 7);
    memset(price, '?', 4);
    memset(value, '?', 10);
    const struct verdict *kept = call_verdict(&call, 0);
    assert_true(text_is(kept->order_id, "77"));
    assert_true(text_is(kept->text, "Pending"));
    assert_true(text_is(kept->price, "0.08"));
    assert_null(kept->values[0].ptr);
    assert_true(text_is(kept->values[1], "In Process"));
    assert_true(text_is(kept->values[2], "c"));
    assert_int_equal(kept->retry_after_ms, 5);
    assert_true(kept->split && kept->login);
    call_finish(&call); /* the connection's part is over; what was said is still known */
    assert_true(text_is(call_verdict(&call, 0)->order_id, "77"));
}

static void a_struct_is_read_as_far_as_its_writer_knows_it(void **state) {
    sluice_verdict verdict = {.size = offsetof(sluice_verdict, retry_after_ms),
                              .kind = SLUICE_VERDICT_PLACED,
                              .order_id = TEXT("7001"),
                              .retry_after_ms = 5000,
                              .split = 1};
    (void)state;
    start(SLUICE_OP_PLACE, 2);
    exchange_verdict(&call.view, &verdict);
    verdict.size = 0; /* forgotten */
    verdict.row = 1;
    exchange_verdict(&call.view, &verdict);
    assert_true(text_is(call.verdicts[0].order_id, "7001"));
    assert_int_equal(call.verdicts[0].retry_after_ms, 0);
    assert_false(call.verdicts[0].split);
    assert_int_equal(call.verdicts[1].kind, 0);
}

static void a_repeated_secret_is_struck_out(void **state) {
    (void)state;
    secret_keep(TEXT("opensesame"));
    start(SLUICE_OP_PLACE, 1);
    say(0, SLUICE_VERDICT_REFUSED_AUTH, NULL, "Invalid API Key opensesame!");
    assert_true(text_is(call_verdict(&call, 0)->text, "Invalid API Key ***!"));
    const sluice_text columns[] = {TEXT("status")}, values[] = {TEXT("{\"apiKey\":\"opensesame\"}")};
    const sluice_verdict verdict = {.size = sizeof verdict,
                                    .kind = SLUICE_VERDICT_PLACED,
                                    .row = 1,
                                    .order_id = TEXT("7001"),
                                    .code = TEXT("E-opensesame"),
                                    .columns = columns,
                                    .values = values,
                                    .column_count = 1};
    start(SLUICE_OP_PLACE, 2);
    exchange_verdict(&call.view, &verdict);
    assert_true(text_is(call_verdict(&call, 1)->values[1], "{\"apiKey\":\"***\"}"));
    assert_true(text_is(call_verdict(&call, 1)->code, "E-***"));
    assert_true(text_is(call_verdict(&call, 1)->order_id, "7001"));
}

/* Struck out, an id would name no order; kept, a key would stand in every store. */
static void an_order_id_that_is_a_secret_is_no_evidence(void **state) {
    (void)state;
    secret_keep(TEXT("opensesame"));
    start(SLUICE_OP_PLACE, 2);
    say(0, SLUICE_VERDICT_PLACED, "opensesame", NULL);
    say(1, SLUICE_VERDICT_DUPLICATE, "id opensesame", "it is there");
    assert_int_equal(call_verdict(&call, 0)->kind, SLUICE_VERDICT_IN_DOUBT);
    assert_int_equal(call_verdict(&call, 0)->order_id.len, 0);
    assert_true(text_is(call_verdict(&call, 0)->text, "the reply has a secret in the place of the order id"));
    assert_int_equal(call_verdict(&call, 1)->kind, SLUICE_VERDICT_DUPLICATE);
    assert_int_equal(call_verdict(&call, 1)->order_id.len, 0);
}

/* What stands in the place of the id is all that there is to find a paid order by. */
static void a_text_too_long_for_an_order_id_is_kept_as_evidence(void **state) {
    char id[ORDER_ID_BYTES + 2];
    (void)state;
    memset(id, '7', sizeof id - 1);
    id[sizeof id - 1] = 0;
    start(SLUICE_OP_PLACE, 2);
    say(0, SLUICE_VERDICT_PLACED, id, NULL);
    say(1, SLUICE_VERDICT_PLACED, id + 1, NULL);
    const struct verdict *verdict = call_verdict(&call, 0);
    assert_int_equal(verdict->kind, SLUICE_VERDICT_IN_DOUBT);
    assert_int_equal(verdict->order_id.len, 0);
    assert_true(text_is(verdict->code, "order_id"));
    assert_non_null(strstr(verdict->text.ptr, "has more than 127 bytes"));
    assert_non_null(strstr(verdict->text.ptr, id));
    assert_int_equal(call_verdict(&call, 1)->kind, SLUICE_VERDICT_PLACED);
    assert_true(text_is(call_verdict(&call, 1)->order_id, id + 1));
}

/* A password of four digits is in one order id of a hundred, and in what a phone is called. */
static void a_short_secret_changes_no_data(void **state) {
    const sluice_text columns[] = {TEXT("status")}, values[] = {TEXT("test 4711")};
    const sluice_verdict verdict = {.size = sizeof verdict,
                                    .kind = SLUICE_VERDICT_PLACED,
                                    .order_id = TEXT("1247115"),
                                    .text = TEXT("4711?"),
                                    .columns = columns,
                                    .values = values,
                                    .column_count = 1};
    (void)state;
    secret_keep(TEXT("4711"));
    start(SLUICE_OP_PLACE, 1);
    exchange_verdict(&call.view, &verdict);
    assert_int_equal(call_verdict(&call, 0)->kind, SLUICE_VERDICT_PLACED);
    assert_true(text_is(call_verdict(&call, 0)->order_id, "1247115"));
    assert_true(text_is(call_verdict(&call, 0)->values[1], "test 4711"));
    assert_true(text_is(call_verdict(&call, 0)->text, "***?"));
}

/* ---- results of free calls ------------------------------------------------------------------ */

static int services, balances, candidates, listings, records;

static void on_service(void *user, const sluice_service *service) {
    (void)user, (void)service;
    services++;
}

static void on_balance(void *user, sluice_text amount, sluice_text currency) {
    (void)user, (void)currency;
    balances += text_is(amount, "1.50");
}

static void on_candidate(void *user, const sluice_candidate *candidate) {
    (void)user, (void)candidate;
    candidates++;
}

static void on_listing(void *user, const sluice_listing *listing) {
    (void)user, (void)listing;
    listings++;
}

static void on_record(void *user, const sluice_text *values) {
    (void)user, (void)values;
    records++;
}

static void say_everything(void) {
    const sluice_service service = {.size = sizeof service};
    const sluice_candidate candidate = {.size = sizeof candidate};
    const sluice_listing listing = {.size = sizeof listing};
    const sluice_text values[3] = {{NULL, 0}};
    exchange_service(&call.view, &service);
    exchange_balance(&call.view, TEXT("1.50"), TEXT("USD"));
    exchange_candidate(&call.view, &candidate);
    exchange_listing(&call.view, &listing);
    exchange_record(&call.view, values);
}

static void results_go_to_those_who_listen(void **state) {
    (void)state;
    start(SLUICE_OP_SERVICES, 0);
    say_everything(); /* nobody does */
    call_end(&call);
    call.results = (struct call_results){.service = on_service,
                                         .balance = on_balance,
                                         .candidate = on_candidate,
                                         .listing = on_listing,
                                         .record = on_record};
    start(SLUICE_OP_SERVICES, 0);
    say_everything();
    assert_int_equal(services + balances + candidates + listings + records, 5);
}

static char clean[200];

static void note(sluice_text text) {
    size_t used = strlen(clean);
    snprintf(clean + used, sizeof clean - used, "<%.*s>", TEXT_ARG(text));
}

static void note_service(void *user, const sluice_service *service) {
    (void)user;
    note(service->id);
    note(service->title);
    note(service->category);
    note(service->time);
}

static void note_balance(void *user, sluice_text amount, sluice_text currency) {
    (void)user, (void)amount;
    note(currency);
}

static void note_candidate(void *user, const sluice_candidate *candidate) {
    (void)user;
    note(candidate->identifier);
    note(candidate->service_title);
    note(candidate->status);
}

static void note_record(void *user, const sluice_text *values) {
    (void)user;
    for (int i = 0; i < 3; i++)
        note(values[i]);
}

static void a_secret_is_struck_out_of_what_is_free_too(void **state) {
    const sluice_service service = {.size = sizeof service,
                                    .id = TEXT("1739"),
                                    .title = TEXT("opensesame check"),
                                    .category = TEXT("opensesame"),
                                    .time = TEXT("1 h opensesame")};
    const sluice_candidate candidate = {.size = sizeof candidate,
                                        .identifier = TEXT("001001001234563"),
                                        .service_title = TEXT("for opensesame"),
                                        .status = TEXT("opensesame")};
    const sluice_text record[3] = {TEXT("1"), TEXT("key=opensesame"), {NULL, 0}};
    (void)state;
    secret_keep(TEXT("opensesame"));
    clean[0] = 0;
    call.results = (struct call_results){
        .service = note_service, .balance = note_balance, .candidate = note_candidate, .record = note_record};
    start(SLUICE_OP_SERVICES, 0);
    exchange_service(&call.view, &service);
    assert_string_equal(clean, "<1739><*** check><***><1 h ***>");
    clean[0] = 0;
    exchange_balance(&call.view, TEXT("1.50"), TEXT("opensesame"));
    exchange_candidate(&call.view, &candidate);
    exchange_record(&call.view, record);
    assert_string_equal(clean, "<***><001001001234563><for ***><***><1><key=***><>");
}

static void a_cookie_is_kept_for_the_next_call(void **state) {
    char cookie[] = "page 2";
    (void)state;
    start(SLUICE_OP_PAGE, 0);
    exchange_more(&call.view, (sluice_text){cookie, 6});
    memset(cookie, '?', 6);
    assert_true(call.more);
    assert_true(text_is(call.next_cookie, "page 2"));
    call_end(&call);
    start(SLUICE_OP_PAGE, 0);
    assert_false(call.more);
}

/* Ignored, the pages behind it would be missing without a word. */
static void a_cookie_that_is_too_large_fails_the_call(void **state) {
    char *cookie = calloc(1, CALL_COOKIE + 1);
    (void)state;
    start(SLUICE_OP_PAGE, 0);
    exchange_more(&call.view, (sluice_text){cookie, CALL_COOKIE});
    assert_int_equal(call_reply_end(&call, &replied, &error), 0);
    call_end(&call);
    start(SLUICE_OP_PAGE, 0);
    exchange_more(&call.view, (sluice_text){cookie, CALL_COOKIE + 1});
    assert_int_equal(call_reply_end(&call, &replied, &error), SLUICE_E_PLUGIN);
    free(cookie);
}

static void a_paid_call_has_no_more(void **state) {
    (void)state;
    start(SLUICE_OP_PLACE, 1);
    exchange_more(&call.view, TEXT("again"));
    assert_false(call.more);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

/* ---- nothing to send -------------------------------------------------------------------------- */

static void nothing_is_sent_where_there_is_nothing_to_ask(void **state) {
    static const uint32_t may[] = {SLUICE_OP_SERVICES, SLUICE_OP_BALANCE};
    static const uint32_t must[] = {SLUICE_OP_PLACE, SLUICE_OP_CHECK, SLUICE_OP_SETTLE, SLUICE_OP_PAGE};
    static const int32_t end_of_it = SLUICE_END;
    (void)state;
    instance.handle = (void *)(uintptr_t)&end_of_it;
    for (size_t i = 0; i < sizeof may / sizeof *may; i++) {
        assert_int_equal(call_begin(&call, &instance, may[i], NULL, 0, &error), 0);
        assert_int_equal(call_build(&call, &error), 0);
        assert_true(call.unsent);
        call_end(&call);
    }
    for (size_t i = 0; i < sizeof must / sizeof *must; i++) {
        assert_int_equal(call_begin(&call, &instance, must[i], NULL, 0, &error), 0);
        assert_int_equal(call_build(&call, &error), SLUICE_E_PLUGIN);
        assert_false(call.unsent);
        call_end(&call);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_plugin_without_an_endpoint_is_refused),
        TEST(a_failed_build_is_passed_up),
        TEST(paths_are_joined_with_one_slash),
        TEST(memory_of_an_earlier_call_is_used_again),
        TEST(a_body_is_given_whole),
        TEST(an_empty_body_is_still_a_reply),
        TEST(a_large_body_is_kept_whole),
        TEST(a_stream_comes_in_pieces),
        TEST(a_stream_that_failed_is_not_parsed_on),
        TEST(a_failed_parse_is_never_a_success),
        TEST(what_the_headers_said_comes_with_the_last_piece),
        TEST(a_row_has_its_own_verdict_or_that_of_the_call),
        TEST(only_the_same_answer_may_come_twice),
        TEST(a_row_that_is_not_in_the_call_is_ignored),
        TEST(a_verdict_is_copied_and_its_columns_are_put_in_order),
        TEST(a_struct_is_read_as_far_as_its_writer_knows_it),
        TEST(a_repeated_secret_is_struck_out),
        TEST(an_order_id_that_is_a_secret_is_no_evidence),
        TEST(a_text_too_long_for_an_order_id_is_kept_as_evidence),
        TEST(a_short_secret_changes_no_data),
        TEST(a_secret_is_struck_out_of_what_is_free_too),
        TEST(results_go_to_those_who_listen),
        TEST(a_cookie_is_kept_for_the_next_call),
        TEST(a_cookie_that_is_too_large_fails_the_call),
        TEST(a_paid_call_has_no_more),
        TEST(nothing_is_sent_where_there_is_nothing_to_ask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
