/* A JSON API that options describe: what is sent, and what the action and the source make of replies. */
#include <setjmp.h>
#include <stdarg.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "text.h"

#include <cmocka.h> /* after the core: it has a macro `fail` */

#define A "001001001234563"
#define BASE \
    "url=http://127.0.0.1:9/v1/checks", "api_key=k-e-y&\"", "headers.Authorization=Bearer {{api_key}}"
#define ORDER \
    BASE, "spends=true", "provider=example", "order_id=/id", "price=/amount", "identifier=/deviceId", \
        "service_id=12"
#define BODY "body={\"deviceId\": \"{{imei}}\", \"serviceId\": {{service_id}}}"
#define RULES \
    "verdicts.auth=401", "verdicts.no_credit=402", "verdicts.rejected=422", \
        "verdicts.rejected=4xx /code=invalid", "verdicts.duplicate=409", \
        "verdicts.retry_later=503 /message*=Maint"

static const char *const order[] = {ORDER,
                                    BODY,
                                    RULES,
                                    "status=/status",
                                    "statuses.Completed=successful",
                                    "statuses.Rejected=failed",
                                    "statuses.In Process=running",
                                    "refunds=true",
                                    "fields.result_code=/properties",
                                    "fields.model=/properties/deviceName",
                                    "fields.model=/model",
                                    NULL};

/* ---- one call ------------------------------------------------------------------------------ */

struct asking {
    struct harness h;
    struct batch *batch;
    struct call call;
    sluice_row row;
    sluice_text reference;
};

static void ask(struct asking *asking, uint32_t kind, const char *const *options, uint32_t op,
                const char *const *lines) {
    *asking = (struct asking){.reference = TEXT("r-0")};
    int failed = harness_open(&asking->h, "http", "http", kind, true, options);
    if (failed)
        fail_msg("open: %s", asking->h.error.text);
    asking->batch = lines ? harness_batch(lines) : NULL;
    asking->row = (sluice_row){asking->batch ? &asking->batch->view : NULL, 0, 0};
    struct call *call = &asking->call;
    assert_int_equal(call_begin(call, &asking->h.instance, op, &asking->row, lines ? 1 : 0, &asking->h.error),
                     0);
    call->view.service = TEXT("12");
    call->view.client_refs = &asking->reference;
    if (call_build(call, &asking->h.error))
        fail_msg("build: %s", asking->h.error.text);
}

static int hear(struct asking *asking, int status, const char *body) {
    return harness_reply(&asking->h, &asking->call, status, "application/json", body, strlen(body), 0);
}

static void end(struct asking *asking) {
    call_end(&asking->call);
    call_free(&asking->call);
    if (asking->batch)
        batch_unref(asking->batch);
    harness_close(&asking->h);
}

static const char *text(sluice_text value) {
    static char rooms[8][2048];
    static unsigned next;
    char *room = rooms[next++ % 8];
    snprintf(room, sizeof rooms[0], "%.*s", value.ptr ? (int)value.len : 6, value.ptr ? value.ptr : "(null)");
    return room;
}

static const char *value(const struct asking *asking, const char *name) {
    const struct sluice_self *self = &asking->h.instance.self;
    const sluice_text *values = asking->call.verdicts[0].values;
    for (uint32_t i = 0; values && i < self->adds_count; i++)
        if (text_is(self->adds[i], name))
            return text(values[i]);
    return "(no such field)";
}

static const char *const one[] = {"imei", A, NULL};

/* ---- what a reply to an order means ---------------------------------------------------------- */

#define PLACED "{\"id\": \"77\", \"deviceId\": \"" A "\", \"amount\": 0.10, \"status\": \"waiting\"}"

static const struct expectation {
    int status;
    const char *body;
    uint32_t kind;
    const char *says;
} expectations[] = {
    {201, PLACED, SLUICE_VERDICT_PLACED, NULL},
    {200, "\xef\xbb\xbf\r\n {\"id\": 5000001}\n", SLUICE_VERDICT_PLACED, NULL},
    {200, "{\"note\": \"Caf\xe9\", \"id\": \"x-1\"}", SLUICE_VERDICT_PLACED, NULL},
    {200, "{\"id\": \"1\", \"id\": \"2\"}", SLUICE_VERDICT_PLACED, NULL},
    {500, PLACED, SLUICE_VERDICT_IN_DOUBT, "'77' for an order id, and fits no rule of 'placed'"},
    {404, PLACED, SLUICE_VERDICT_IN_DOUBT, "fits no rule of 'placed'"},
    {201, "{\"id\": \"77\", \"deviceId\": \"004400000000016\"}", SLUICE_VERDICT_IN_DOUBT,
     "another identifier"},
    {201, "{\"id\": 5.000001e6}", SLUICE_VERDICT_IN_DOUBT, "'5.000001e6' for an order id, and that can't"},
    {201, "{\"id\": \"see below\"}", SLUICE_VERDICT_IN_DOUBT, "can't be one"},
    {201, "{\"id\": \"0000\"}", SLUICE_VERDICT_IN_DOUBT, "can't be one"},
    {201, "{\"id\": {\"a\": 1}}", SLUICE_VERDICT_IN_DOUBT, "can't be one"},
    {201, "{\"id\": null}", SLUICE_VERDICT_IN_DOUBT, "no order id and fits no rule"},
    {201, "{\"ID\": \"77\"}", SLUICE_VERDICT_IN_DOUBT, "no order id"},
    {201, "[{\"id\": \"77\"}]", SLUICE_VERDICT_IN_DOUBT, "no order id"},
    {200, "{}", SLUICE_VERDICT_IN_DOUBT, "no order id"},
    {401, "{\"message\": \"Unauthenticated.\"}", SLUICE_VERDICT_REFUSED_AUTH, "HTTP 401: Unauthenticated."},
    {402, "{\"error\": {\"message\": \"No funds\"}}", SLUICE_VERDICT_NO_CREDIT, "No funds"},
    {422, "{\"message\": \"bad \\u0130MEI\"}", SLUICE_VERDICT_REJECTED, "bad İMEI"},
    {422, "{\"id\": \"0\", \"message\": \"bad\"}", SLUICE_VERDICT_REJECTED, "bad"},
    {400, "{\"code\": \"INVALID\"}", SLUICE_VERDICT_REJECTED, "HTTP 400, JSON"},
    {400, "{\"code\": \"other\"}", SLUICE_VERDICT_IN_DOUBT, "no order id and fits no rule"},
    {409, "{\"message\": \"exists\", \"id\": \"76\"}", SLUICE_VERDICT_DUPLICATE, "exists"},
    {503, "{\"message\": \"maintenance\"}", SLUICE_VERDICT_RETRY_LATER, "maintenance"},
    {503, "{\"message\": \"busy\"}", SLUICE_VERDICT_IN_DOUBT, "busy"},
    {422, "{\"id\": \"77\", \"message\": \"bad\"}", SLUICE_VERDICT_IN_DOUBT,
     "and is a refusal: HTTP 422: bad"},
    {402, "{\"id\": 5.1, \"message\": \"bad\"}", SLUICE_VERDICT_IN_DOUBT, "and is a refusal"},
    {422, "<html>blocked</html>", SLUICE_VERDICT_IN_DOUBT, "HTTP 422, a page: <html>"},
    {401, "", SLUICE_VERDICT_IN_DOUBT, "an empty body"},
    {201, "{\"id\": \"77\"", SLUICE_VERDICT_IN_DOUBT, "damaged JSON"},
    {201, "{\"id\": \"77\"} trailing", SLUICE_VERDICT_IN_DOUBT, "damaged JSON"},
    {422, "{\"message\": \"bad\"", SLUICE_VERDICT_IN_DOUBT, "damaged JSON"},
    {302, "{\"id\": \"77\"}", SLUICE_VERDICT_IN_DOUBT, "change 'url'"},
    {200, "77", SLUICE_VERDICT_IN_DOUBT, "HTTP 200, text: 77"},
};

static void test_replies(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof expectations / sizeof *expectations; i++) {
        const struct expectation *expected = &expectations[i];
        struct asking asking;
        ask(&asking, SLUICE_ACTION, order, SLUICE_OP_PLACE, one);
        assert_int_equal(asking.call.view.flags, SLUICE_CALL_PAID);
        assert_int_equal(hear(&asking, expected->status, expected->body), 0);
        const struct verdict *verdict = call_verdict(&asking.call, 0);
        if (verdict->kind != expected->kind)
            fail_msg("%d %s: verdict %u (%s), expected %u", expected->status, expected->body, verdict->kind,
                     text(verdict->text), expected->kind);
        if (expected->says && !strstr(text(verdict->text), expected->says))
            fail_msg("%d %s says '%s', expected '%s'", expected->status, expected->body, text(verdict->text),
                     expected->says);
        end(&asking);
    }
}

static void test_placed_fields(void **state) {
    struct asking asking;
    (void)state;
    ask(&asking, SLUICE_ACTION, order, SLUICE_OP_PLACE, one);
    assert_int_equal(hear(&asking, 201,
                          "{\"id\": 77, \"amount\": \"$0.10\", \"status\": \"Successful\", \"properties\": "
                          "{\"deviceName\": \"iPhone \\\"13\\\"\", \"carrier\": \"None\", \"imei\": \"" A
                          "\"}, \"key\": \"k-e-y&\\\"k-e-y\"}"),
                     0);
    const struct verdict *verdict = &asking.call.verdicts[0];
    assert_string_equal(text(verdict->order_id), "77");
    assert_string_equal(text(verdict->price), "0.10");
    assert_string_equal(value(&asking, "status"), "Completed");
    assert_string_equal(value(&asking, "model"), "iPhone \"13\"");
    assert_string_equal(value(&asking, "carrier"), "None");
    assert_string_equal(value(&asking, "simlock"), "(null)");
    assert_non_null(strstr(value(&asking, "result_code"), "{\"deviceName\""));
    assert_non_null(strstr(value(&asking, "result_code_display"), "carrier: None"));
    assert_non_null(strstr(value(&asking, "raw_response"), "{\"place\":{\"id\": 77,"));
    end(&asking);
    /* Its end, and the refund, are told by the check. */
    ask(&asking, SLUICE_ACTION, order, SLUICE_OP_PLACE, one);
    assert_int_equal(hear(&asking, 201, "{\"id\": 77, \"status\": \"failed\"}"), 0);
    assert_string_equal(value(&asking, "status"), "Pending");
    assert_null(asking.call.verdicts[0].price.ptr);
    end(&asking);
}

/* ---- requests ------------------------------------------------------------------------------ */

static void expect_request(const char *const *options, uint32_t op, const char *const *lines, uint32_t method,
                           const char *url, const char *body) {
    struct asking asking;
    char sent[2048];
    ask(&asking, SLUICE_ACTION, options, op, lines);
    assert_int_equal(asking.call.request.view.method, method);
    assert_string_equal(asking.call.url, url);
    snprintf(sent, sizeof sent, "%.*s", (int)asking.call.request.length,
             asking.call.request.length ? asking.call.request.body : "");
    assert_string_equal(sent, body);
    end(&asking);
}

static const char *header(const struct asking *asking, const char *name) {
    size_t length = strlen(name);
    for (size_t i = 0; i < asking->call.request.header_count; i++)
        if (strncasecmp(asking->call.request.headers[i].line, name, length) == 0)
            return asking->call.request.headers[i].line + length + 2;
    return "(none)";
}

static void test_requests(void **state) {
    struct asking asking;
    const char *const columns[] = {"imei|note|order_id", A "|a\"b\\c & d/é|../7", NULL};
    const char *const empty[] = {"imei|note|order_id", A "|~|8", NULL};
    (void)state;
    expect_request(order, SLUICE_OP_PLACE, one, SLUICE_METHOD_POST, "http://127.0.0.1:9/v1/checks",
                   "{\"deviceId\": \"" A "\", \"serviceId\": 12}");
    expect_request((const char *const[]){ORDER,
                                         "body={\"n\": \"{{ note }}\", \"r\": \"{{client_ref}}\", \"k\": "
                                         "\"{{password}}\"}",
                                         "password=p\"w", NULL},
                   SLUICE_OP_PLACE, columns, SLUICE_METHOD_POST, "http://127.0.0.1:9/v1/checks",
                   "{\"n\": \"a\\\"b\\\\c & d/é\", \"r\": \"r-0\", \"k\": \"p\\\"w\"}");
    expect_request((const char *const[]){ORDER, "query.note={{note}}", "query.all=x-{{imei}}-{{note}}",
                                         "query.key={{api_key}}", "query.note=2", NULL},
                   SLUICE_OP_PLACE, columns, SLUICE_METHOD_GET,
                   "http://127.0.0.1:9/v1/checks?note=a%22b%5Cc%20%26%20d%2F%C3%A9&note=2&all=x-" A
                   "-a%22b%5Cc%20%26%20d%2F%C3%A9&key=k-e-y%26%22",
                   "");
    expect_request((const char *const[]){ORDER, "form.note={{note}}", "form.imei={{imei}}", NULL},
                   SLUICE_OP_PLACE, empty, SLUICE_METHOD_POST, "http://127.0.0.1:9/v1/checks", "imei=" A);
    expect_request(
        (const char *const[]){"url=http://127.0.0.1:9/o/{{order_id}}/x?n={{note}}", "provider=p", NULL},
        SLUICE_OP_CHECK, columns, SLUICE_METHOD_GET,
        "http://127.0.0.1:9/o/..%2F7/x?n=a%22b%5Cc%20%26%20d%2F%C3%A9", "");
    ask(&asking, SLUICE_ACTION, order, SLUICE_OP_PLACE, one);
    assert_string_equal(header(&asking, "Authorization"), "Bearer k-e-y&\"");
    assert_string_equal(header(&asking, "Content-Type"), "application/json");
    assert_string_equal(header(&asking, "Accept"), "application/json");
    end(&asking);
    ask(&asking, SLUICE_ACTION,
        (const char *const[]){"url=http://127.0.0.1:9/x", "username=u", "password=pw",
                              "headers.Accept=text/json", NULL},
        SLUICE_OP_CHECK, one);
    assert_string_equal(header(&asking, "Authorization"), "Basic dTpwdw==");
    assert_string_equal(header(&asking, "Accept"), "text/json");
    end(&asking);
}

/* A call of its own sends what is the same for every record, and nothing else. */
static void test_other_calls(void **state) {
    (void)state;
    const char *const options[] = {ORDER,
                                   "query.key={{api_key}}",
                                   "query.format=json",
                                   "query.imei={{imei}}",
                                   "services.url=/v1/services?all=1",
                                   "services.id=/id",
                                   "balance.url=http://127.0.0.1:9/v1/account",
                                   "balance.amount=/balance",
                                   "balance.method=POST",
                                   "order.url=/v1/checks/{{order_id}}",
                                   "order.order_id=/id",
                                   "order.imei=/deviceId",
                                   NULL};
    expect_request(options, SLUICE_OP_SERVICES, NULL, SLUICE_METHOD_GET,
                   "http://127.0.0.1:9/v1/services?all=1&key=k-e-y%26%22&format=json", "");
    expect_request(options, SLUICE_OP_BALANCE, NULL, SLUICE_METHOD_POST,
                   "http://127.0.0.1:9/v1/account?key=k-e-y%26%22&format=json", "");
    expect_request(options, SLUICE_OP_SETTLE, (const char *const[]){"order_id", "a b", NULL},
                   SLUICE_METHOD_GET, "http://127.0.0.1:9/v1/checks/a%20b?key=k-e-y%26%22&format=json", "");
}

/* ---- identity ------------------------------------------------------------------------------ */

static void expect_identity(const char *const *options, const char *const *lines, int answer,
                            const char *identifier, const char *service, const char *more) {
    struct harness h;
    sluice_arena arena = {0};
    sluice_identity identity = {.size = sizeof identity};
    assert_int_equal(harness_open(&h, "http", "http", SLUICE_ACTION, true, options), 0);
    struct batch *batch = harness_batch(lines);
    sluice_row row = {&batch->view, 0, 0};
    int got = h.instance.type->exchanger->identity(h.instance.handle, &row, &arena, &identity, &h.error);
    if (got != answer)
        fail_msg("%s: %d, expected %d (%s %s)", lines[1], got, answer, text(identity.reason), h.error.text);
    const char *says = got > 0 ? text(identity.reason) : got < 0 ? h.error.text : text(identity.parameters);
    if (identifier)
        assert_string_equal(text(identity.identifier), identifier);
    if (service)
        assert_string_equal(text(identity.service), service);
    if (!strstr(says, more))
        fail_msg("%s: '%s' doesn't say '%s'", lines[1], says, more);
    batch_unref(batch);
    arena_free(&arena);
    harness_close(&h);
}

static void test_identity(void **state) {
    (void)state;
    const char *const noted[] = {ORDER, "form.b={{b}}", "form.a={{a}}-{{imei}}", "form.s={{service_id}}",
                                 NULL};
    expect_identity(order, (const char *const[]){"imei", "00-100100-123456-3", NULL}, 0, A, "12", "(null)");
    expect_identity(order, (const char *const[]){"imei|service_id", A "|0012.0", NULL}, 0, A, "12", "(null)");
    expect_identity(order, (const char *const[]){"imei|service_id", A "|basic", NULL}, 1, NULL, NULL,
                    "the row's 'service_id' is no number, and its place in the body has no quotes");
    expect_identity(noted, (const char *const[]){"imei|service_id|a|b", A "|basic|x|\"y\"", NULL}, 0, A,
                    "basic", "{\"a\":\"x\",\"b\":\"\\\"y\\\"\"}");
    expect_identity(noted, (const char *const[]){"imei|a|b", A "|~|~", NULL}, 0, A, "12", "");
    expect_identity(noted, (const char *const[]){"imei|a", A "|x", NULL}, SLUICE_E_CONFIG, A, "12",
                    "takes 'b' from a column that the records don't have");
    expect_identity(order, (const char *const[]){"imei", "3.53979E+14", NULL}, 1, NULL, NULL,
                    "cut its digits");
    expect_identity(order, (const char *const[]){"imei|service_id", A "|two words", NULL}, 1, NULL, NULL,
                    "can't be one of a service");
    expect_identity((const char *const[]){ORDER, "headers.X-Note={{note}}", NULL},
                    (const char *const[]){"imei|note", A "|a\nb", NULL}, 1, NULL, NULL, "control character");
    expect_identity((const char *const[]){"url=http://127.0.0.1:9/{{note}}/x", "spends=true", "provider=p",
                                          "order_id=/id", "service_id=1", NULL},
                    (const char *const[]){"imei|note", A "|..", NULL}, 1, NULL, NULL, "no part of a path");
}

/* ---- options that are wrong ------------------------------------------------------------------ */

static void expect_refused(uint32_t kind, const char *const *options, const char *says) {
    struct harness h;
    assert_int_equal(harness_open(&h, "http", "http", kind, true, options), SLUICE_E_CONFIG);
    if (!strstr(h.error.text, says))
        fail_msg("'%s' doesn't say '%s'", h.error.text, says);
    assert_null(strstr(h.error.text, "k-e-y"));
    harness_close(&h);
}

#define REFUSED(says, ...) expect_refused(SLUICE_ACTION, (const char *const[]){__VA_ARGS__, NULL}, says)

static void test_options(void **state) {
    (void)state;
    REFUSED("needs 'order_id'", BASE, "spends=true", "provider=p");
    REFUSED("need a 'provider'", BASE, "spends=true", "order_id=/id");
    REFUSED("need a 'provider'", "url=https://x.example/{{order_id}}");
    REFUSED("of an action that spends; write spends: true", BASE, "price=/amount");
    REFUSED("an order has no id before it is placed", ORDER, "query.o={{order_id}}");
    REFUSED("'order_id': 'id' is no JSON pointer", BASE, "spends=true", "provider=p", "order_id=id");
    REFUSED("'body' isn't JSON", ORDER, "body={\"a\": }");
    REFUSED("'body' has a secret outside of quotes", ORDER, "body={\"a\": {{api_key}}}");
    REFUSED("'body' has {{ without }}", ORDER, "body={\"a\": \"{{imei\"}");
    REFUSED("has a 'body' or a 'form', not both", ORDER, BODY, "form.a=b");
    REFUSED("a GET has no body", ORDER, BODY, "method=GET");
    REFUSED("'url' has a secret in the address", "url=https://x.example/?k={{api_key}}", "api_key=k-e-y");
    REFUSED("'headers': Authorization is a credential: write {{api_key}}", "url=https://x.example/",
            "headers.Authorization=Bearer k-e-y");
    REFUSED("'query': key is a credential", "url=https://x.example/", "query.key=k-e-y");
    REFUSED("must be the whole value", "url=https://x.example/", "query.key=x{{api_key}}", "api_key=k-e-y");
    REFUSED("must end with the secret", "url=https://x.example/", "headers.X={{api_key}}x", "api_key=k-e-y");
    REFUSED("'api_key' is given and sent nowhere", "url=https://x.example/", "api_key=k-e-y");
    REFUSED("{{api_key}} is sent, and not given", "url=https://x.example/", "query.key={{api_key}}");
    REFUSED("a 'password' needs a 'username'", "url=https://x.example/", "password=k-e-y");
    REFUSED("neither a path, /v1/…, nor an address on the host", ORDER, "balance.amount=/a",
            "balance.url=https://other.example/v1");
    REFUSED("neither a path", ORDER, "balance.amount=/a", "balance.url=//other.example/v1");
    REFUSED("neither a path", ORDER, "balance.amount=/a", "balance.url=http://127.0.0.1:99/v1");
    REFUSED("'balance' has no 'amuont'; it has url, method, amount, currency", ORDER, "balance.amuont=/a");
    REFUSED("'services' needs an id", ORDER, "services.url=/s");
    REFUSED("'orders' needs order_id and imei", ORDER, "orders.url=/s");
    REFUSED("its url needs {{order_id}}", ORDER, "order.url=/s", "order.order_id=/id", "order.imei=/i");
    REFUSED("'orders': complete is true or false", ORDER, "orders.url=/s", "orders.order_id=/id",
            "orders.imei=/i", "orders.complete=yes");
    REFUSED("prices come from 'services' or 'prices'", ORDER, "services.url=/s", "services.id=/id",
            "prices.12=0.08");
    REFUSED("'verdicts' has no 'refused'", ORDER, "verdicts.refused=422");
    REFUSED("rejected: '42' has no HTTP status", ORDER, "verdicts.rejected=42");
    REFUSED("names a range of statuses", ORDER, "verdicts.rejected=4xx");
    REFUSED("a status that may come after the charge", ORDER, "verdicts.retry_later=503");
    REFUSED("a status that may come after the charge", ORDER, "verdicts.auth=408");
    REFUSED("has nothing behind ^=", ORDER, "verdicts.auth=/error^=");
    REFUSED("is a verdict on an order", BASE, "verdicts.rejected=422");
    REFUSED("'Done' is no status", ORDER, "status=/s", "statuses.Done=x");
    REFUSED("give both", ORDER, "status=/s");
    REFUSED("'credits' is the action's own to set", ORDER, "fields.credits=/x");
    expect_refused(SLUICE_SOURCE,
                   (const char *const[]){"url=https://x.example/{{imei}}", "fields.a=/a", NULL},
                   "a source has no record");
    expect_refused(SLUICE_SOURCE, (const char *const[]){"url=https://x.example/", NULL}, "names 1 to");
}

/* ---- checks ---------------------------------------------------------------------------------- */

static const char *const checking[] = {"url=http://127.0.0.1:9/o/{{order_id}}",
                                       "provider=example",
                                       "identifier=/deviceId",
                                       "status=/status",
                                       "statuses.Completed=done",
                                       "statuses.Rejected=failed",
                                       "refunds=true",
                                       "verdicts.auth=/error*=key",
                                       "fields.result_code=/result",
                                       NULL};

static void expect_news(int status, const char *body, uint32_t kind, const char *says) {
    struct asking asking;
    ask(&asking, SLUICE_ACTION, checking, SLUICE_OP_CHECK,
        (const char *const[]){"order_id|imei", "7|" A, NULL});
    assert_int_equal(asking.call.view.flags, 0);
    assert_int_equal(hear(&asking, status, body), 0);
    const struct verdict *verdict = call_verdict(&asking.call, 0);
    if (verdict->kind != kind || (says && !strstr(text(verdict->text), says)))
        fail_msg("%d %s: verdict %u, '%s'", status, body, verdict->kind, text(verdict->text));
    end(&asking);
}

static void test_checks(void **state) {
    struct asking asking;
    (void)state;
    expect_news(200, "{\"status\": \"done\", \"deviceId\": \"" A "\"}", SLUICE_VERDICT_CHECKED, NULL);
    expect_news(200, "{\"status\": \"failed\", \"message\": \"blocked\"}", SLUICE_VERDICT_REFUNDED,
                "blocked");
    expect_news(200, "{\"status\": \"failed\"}", SLUICE_VERDICT_REFUNDED, "failed");
    expect_news(200, "{\"status\": \"odd\"}", SLUICE_VERDICT_NO_NEWS, "'odd', is none of 'statuses'");
    expect_news(200, "{\"status\": \"done\", \"deviceId\": \"004400000000016\"}", SLUICE_VERDICT_IN_DOUBT,
                "another identifier");
    expect_news(404, "{\"message\": \"Not found.\"}", SLUICE_VERDICT_NO_NEWS, "HTTP 404: Not found.");
    expect_news(401, "{\"message\": \"no\"}", SLUICE_VERDICT_REFUSED_AUTH, "no");
    expect_news(200, "{\"error\": \"the KEY is wrong\"}", SLUICE_VERDICT_REFUSED_AUTH, "KEY");
    expect_news(200, "<html>", SLUICE_VERDICT_RETRY_LATER, "a page");
    ask(&asking, SLUICE_ACTION, checking, SLUICE_OP_CHECK,
        (const char *const[]){"order_id|imei", "7|" A, NULL});
    assert_int_equal(
        hear(&asking, 200, "{\"status\": \"done\", \"result\": \"Model: X 5<br>Carrier: Y<br>Colour: red\"}"),
        0);
    assert_string_equal(value(&asking, "status"), "Completed");
    assert_string_equal(value(&asking, "model"), "X 5");
    assert_string_equal(value(&asking, "carrier"), "Y");
    assert_string_equal(value(&asking, "result_code_display"), "Model: X 5\nCarrier: Y\nColour: red");
    assert_non_null(strstr(value(&asking, "raw_response"), "\"pairs\":{\"Colour\":\"red\"}"));
    end(&asking);
}

/* ---- lists ----------------------------------------------------------------------------------- */

static char heard[4096];

static void say(const char *format, ...) SLUICE_PRINTF(1, 2);

static void say(const char *format, ...) {
    size_t length = strlen(heard);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(heard + length, sizeof heard - length, format, arguments);
    va_end(arguments);
}

static void on_service(void *user, const sluice_service *service) {
    (void)user;
    say("%s|%s|%s|%s\n", text(service->id), text(service->title), text(service->price),
        text(service->currency));
}

static void on_balance(void *user, sluice_text amount, sluice_text currency) {
    (void)user;
    say("%s %s\n", text(amount), text(currency));
}

static void on_candidate(void *user, const sluice_candidate *candidate) {
    (void)user;
    say("%s|%s|%s|%s|%s|%lld|%s\n", text(candidate->order_id), text(candidate->identifier),
        text(candidate->service), text(candidate->status), text(candidate->created),
        (long long)candidate->created_ms, text(candidate->price));
}

static void on_listing(void *user, const sluice_listing *listing) {
    (void)user;
    say("%s %s\n", listing->complete ? "complete" : "recent", text(listing->oldest));
}

static void on_record(void *user, const sluice_text *values) {
    (void)user;
    say("%s|%s\n", text(values[0]), text(values[1]));
}

static const struct call_results results = {.service = on_service,
                                            .balance = on_balance,
                                            .candidate = on_candidate,
                                            .listing = on_listing,
                                            .record = on_record};

/* Returns what parse answered; the cookie of the next page goes to `next`. */
static int list(uint32_t kind, const char *const *options, uint32_t op, const char *cookie, int status,
                const char *body, const char *url, char next[4096]) {
    struct asking asking = {.reference = {NULL, 0}};
    struct call *call = &asking.call;
    heard[0] = 0;
    if (harness_open(&asking.h, "http", "http", kind, true, options))
        fail_msg("open: %s", asking.h.error.text);
    assert_int_equal(call_begin(call, &asking.h.instance, op, NULL, 0, &asking.h.error), 0);
    call->results = results;
    call->view.cookie = text_of(cookie);
    call->view.since_ms = 1700000000000;
    assert_int_equal(call_build(call, &asking.h.error), 0);
    if (url)
        assert_string_equal(call->url, url);
    int answer = call->unsent ? 0 : hear(&asking, status, body);
    if (answer)
        say("%s", asking.h.error.text);
    if (next)
        snprintf(next, 4096, "%.*s", call->more ? (int)call->next_cookie.len : 0,
                 call->more ? call->next_cookie.ptr : "");
    end(&asking);
    return answer;
}

static void test_catalogue(void **state) {
    const char *const described[] = {ORDER,
                                     "services.url=/v1/services",
                                     "services.items=/Service List",
                                     "services.id=/id",
                                     "services.title=/name",
                                     "services.price=/price",
                                     "services.currency=/cur",
                                     "balance.url=/v1/account",
                                     "balance.amount=/credit",
                                     NULL};
    const char *const priced[] = {ORDER, "prices.12=0.08", "prices.basic=1.50", NULL};
    const char *const bare[] = {ORDER, NULL};
    (void)state;
    assert_int_equal(
        list(SLUICE_ACTION, described, SLUICE_OP_SERVICES, NULL, 200,
             "{\"Service List\": [{\"id\": 12, \"name\": \"A & B\", \"price\": 0.08}, null, {\"id\": "
             "\"012\", \"price\": \"1,234.50 USD\", \"cur\": \"EUR\"}, {\"id\": \"\"}]}",
             "http://127.0.0.1:9/v1/services", NULL),
        0);
    assert_string_equal(heard, "12|A & B|0.08|(null)\n12|(null)|1234.50|EUR\n");
    assert_int_equal(
        list(SLUICE_ACTION, described, SLUICE_OP_SERVICES, NULL, 200, "{\"services\": []}", NULL, NULL),
        SLUICE_E_UNAVAILABLE);
    assert_non_null(strstr(heard, "no list at '/Service List'"));
    assert_int_equal(
        list(SLUICE_ACTION, described, SLUICE_OP_SERVICES, NULL, 403, "{\"message\": \"go\"}", NULL, NULL),
        SLUICE_E_AUTH);
    assert_non_null(strstr(heard, "HTTP 403: go"));
    assert_int_equal(list(SLUICE_ACTION, described, SLUICE_OP_SERVICES, NULL, 200, "<html>", NULL, NULL),
                     SLUICE_E_UNAVAILABLE);
    assert_int_equal(list(SLUICE_ACTION, described, SLUICE_OP_BALANCE, NULL, 200,
                          "{\"credit\": \"$ 7.25 USD\"}", "http://127.0.0.1:9/v1/account", NULL),
                     0);
    assert_string_equal(heard, "7.25 USD\n");
    assert_int_equal(list(SLUICE_ACTION, priced, SLUICE_OP_SERVICES, NULL, 0, "", NULL, NULL), 0);
    assert_string_equal(heard, "12|12|0.08|(null)\nbasic|basic|1.50|(null)\n");
    assert_int_equal(list(SLUICE_ACTION, bare, SLUICE_OP_SERVICES, NULL, 0, "", NULL, NULL), 0);
    assert_string_equal(heard, "12|12|(null)|(null)\n");
    assert_int_equal(list(SLUICE_ACTION, bare, SLUICE_OP_BALANCE, NULL, 0, "", NULL, NULL), 0);
    assert_string_equal(heard, "");
}

static void test_minor_units(void **state) {
    const char *const cents[] = {ORDER,
                                 "minor_units=2",
                                 "services.url=/s",
                                 "services.id=/id",
                                 "services.price=/price",
                                 "balance.url=/b",
                                 "balance.amount=/cents",
                                 "balance.currency=EUR",
                                 NULL};
    struct asking asking;
    (void)state;
    assert_int_equal(
        list(SLUICE_ACTION, cents, SLUICE_OP_SERVICES, NULL, 200,
             "[{\"id\": 12, \"price\": 8}, {\"id\": 13, \"price\": \"1250\"}, {\"id\": 14, \"price\": 0.5}]",
             NULL, NULL),
        0);
    assert_string_equal(heard, "12|(null)|0.08|(null)\n13|(null)|12.50|(null)\n14|(null)|(null)|(null)\n");
    assert_int_equal(
        list(SLUICE_ACTION, cents, SLUICE_OP_BALANCE, NULL, 200, "{\"cents\": 100000}", NULL, NULL), 0);
    assert_string_equal(heard, "1000.00 EUR\n");
    ask(&asking, SLUICE_ACTION, cents, SLUICE_OP_PLACE, one);
    assert_int_equal(hear(&asking, 200, "{\"id\": 1, \"amount\": 8}"), 0);
    assert_string_equal(text(asking.call.verdicts[0].price), "0.08");
    end(&asking);
}

#define ORDERS \
    ORDER, "orders.items=/data", "orders.order_id=/id", "orders.imei=/imei", \
        "orders.service_id=/service/id", "orders.created=/at", "orders.price=/price", \
        "orders.status=/status"

static void test_orders(void **state) {
    char next[4096];
    const char *const linked[] = {ORDERS, "orders.url=/v1/list?since={{since}}", "orders.next=/next", NULL};
    const char *const numbered[] = {ORDERS, "orders.url=/v1/list/{{page}}", "orders.first_page=0",
                                    "orders.complete=true", NULL};
    (void)state;
    assert_int_equal(list(SLUICE_ACTION, linked, SLUICE_OP_SETTLE, NULL, 200,
                          "{\"data\": [{\"id\": 5, \"imei\": \"" A "\", \"service\": {\"id\": 12}, \"at\": "
                          "1700000100, \"price\": \"0.08\", \"status\": \"x\"}], \"next\": \"/v1/list?p=2\"}",
                          "http://127.0.0.1:9/v1/list?since=2023-11-14T22%3A13%3A20Z", next),
                     0);
    assert_string_equal(heard, "5|" A "|12|In Process|2023-11-14 22:15:00|1700000100000|0.08\n");
    assert_int_equal(
        list(SLUICE_ACTION, linked, SLUICE_OP_SETTLE, next, 200,
             "{\"data\": [{\"id\": 4, \"imei\": \"x\", \"at\": \"2023-11-14T23:10:00+01:00\"}, {\"id\": "
             "3, \"at\": \"2023-11-14 20:00:00\"}], \"next\": null}",
             "http://127.0.0.1:9/v1/list?p=2", next),
        0);
    assert_string_equal(heard, "4|x|(null)|In Process|2023-11-14 22:10:00|1699999800000|(null)\n"
                               "3|(null)|(null)|In Process|2023-11-14 20:00:00|0|(null)\n"
                               "recent 2023-11-14 20:00:00\n");
    assert_string_equal(next, "");
    assert_int_equal(list(SLUICE_ACTION, numbered, SLUICE_OP_SETTLE, NULL, 200,
                          "{\"data\": [{\"id\": 5, \"imei\": \"1\"}]}", "http://127.0.0.1:9/v1/list/0", next),
                     0);
    assert_int_equal(list(SLUICE_ACTION, numbered, SLUICE_OP_SETTLE, next, 200, "{\"data\": []}",
                          "http://127.0.0.1:9/v1/list/1", next),
                     0);
    assert_string_equal(heard, "complete (null)\n");
    assert_int_equal(list(SLUICE_ACTION, numbered, SLUICE_OP_SETTLE, NULL, 200,
                          "{\"data\": [{\"id\": \"\"}]}", NULL, NULL),
                     SLUICE_E_UNAVAILABLE);
    assert_non_null(strstr(heard, "lists an order without an order id at '/id'"));
}

static void test_source(void **state) {
    char next[4096];
    const char *const linked[] = {"url=http://127.0.0.1:9/d?c={{next}}",
                                  "items=/rows",
                                  "fields.imei=/n/0",
                                  "fields.note=/a",
                                  "fields.note=/b",
                                  "next=/next",
                                  NULL};
    (void)state;
    assert_int_equal(
        list(SLUICE_SOURCE, linked, SLUICE_OP_PAGE, NULL, 200,
             "{\"rows\": [{\"n\": [\"1\"], \"b\": \"x\\ty\"}, {\"n\": [2.50], \"a\": {\"k\": 1}}], "
             "\"next\": \"a&b\"}",
             "http://127.0.0.1:9/d?c=", next),
        0);
    assert_string_equal(heard, "1|x\ty\n2.50|{\"k\": 1}\n");
    assert_int_equal(list(SLUICE_SOURCE, linked, SLUICE_OP_PAGE, next, 200,
                          "{\"rows\": null, \"next\": \"\"}", "http://127.0.0.1:9/d?c=a%26b", next),
                     0);
    assert_string_equal(next, "");
    assert_int_equal(list(SLUICE_SOURCE, linked, SLUICE_OP_PAGE, NULL, 200,
                          "{\"rows\": [], \"next\": \"https://evil.example/\"}", NULL, next),
                     SLUICE_E_DATA);
    assert_non_null(strstr(heard, "on another host, where the key mustn't go"));
    assert_int_equal(list(SLUICE_SOURCE, linked, SLUICE_OP_PAGE, "2\n1\n\nsame", 200,
                          "{\"rows\": [], \"next\": \"same\"}", NULL, next),
                     SLUICE_E_DATA);
    assert_non_null(strstr(heard, "names the page that it is as the next one"));
    const char *const few[] = {"url=http://127.0.0.1:9/d?p={{page}}", "fields.a=/a", "fields.b=/b",
                               "max_pages=2", NULL};
    assert_int_equal(list(SLUICE_SOURCE, few, SLUICE_OP_PAGE, "2\n1\n\n", 200, "[{\"a\": 1}]", NULL, next),
                     SLUICE_E_DATA);
    assert_non_null(strstr(heard, "more than 2 pages"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replies),     cmocka_unit_test(test_placed_fields),
        cmocka_unit_test(test_requests),    cmocka_unit_test(test_other_calls),
        cmocka_unit_test(test_identity),    cmocka_unit_test(test_options),
        cmocka_unit_test(test_checks),      cmocka_unit_test(test_catalogue),
        cmocka_unit_test(test_orders),      cmocka_unit_test(test_source),
        cmocka_unit_test(test_minor_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
