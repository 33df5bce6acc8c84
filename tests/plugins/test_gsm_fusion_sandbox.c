/* The sandbox and the action face to face: what one builds the other answers. */
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
#define WRONG "001001001234560"

/* ---- a host for the sandbox: its memory, its flags, its books ------------------------------ */

enum { KEPT_MOST = 4096 };

struct world {
    char *keys[KEPT_MOST], *values[KEPT_MOST];
    size_t kept;
    const char *flags; /* " duplicate partial " */
    size_t charges;
    char charged[4096]; /* "IMEI SERVICE AMOUNT\n" each */
    int64_t now_ms;
};

static struct world world;

static void charged(sluice_self *self, sluice_text identifier, sluice_text service, sluice_text amount) {
    size_t length = strlen(world.charged);
    (void)self;
    world.charges++;
    if (length < sizeof world.charged - 100)
        snprintf(world.charged + length, sizeof world.charged - length, "%.*s %.*s %.*s\n",
                 TEXT_ARG(identifier), TEXT_ARG(service), TEXT_ARG(amount));
}

static int32_t flag(sluice_self *self, const char *fault) {
    char word[64];
    (void)self;
    snprintf(word, sizeof word, " %s ", fault);
    return strstr(world.flags, word) != NULL;
}

static int64_t flag_value(sluice_self *self, const char *fault) {
    (void)self;
    return strcmp(fault, "timezone") == 0 ? -5 * 3600 * 1000 : strcmp(fault, "list-late") == 0 ? 60000 : 1;
}

static size_t find_kept(sluice_text key) {
    for (size_t i = 0; i < world.kept; i++)
        if (text_is(key, world.keys[i]))
            return i;
    return world.kept;
}

static void remember(sluice_self *self, sluice_text key, sluice_text value) {
    size_t at = find_kept(key);
    (void)self;
    if (at == world.kept) {
        assert_true(world.kept < KEPT_MOST);
        world.keys[world.kept++] = strndup(key.ptr, key.len);
    }
    free(world.values[at]);
    world.values[at] = strndup(value.ptr, value.len);
}

static int32_t recall(sluice_self *self, sluice_text key, sluice_arena *arena, sluice_text *value) {
    size_t at = find_kept(key);
    (void)self;
    if (at == world.kept)
        return 0;
    *value = arena_copy(arena, text_of(world.values[at]));
    return 1;
}

static void recall_all(sluice_self *self, sluice_text prefix,
                       int32_t (*each)(void *user, sluice_text key, sluice_text value), void *user) {
    (void)self;
    for (size_t i = 0; i < world.kept; i++)
        if (strncmp(world.keys[i], prefix.ptr, prefix.len) == 0 &&
            each(user, text_of(world.keys[i]), text_of(world.values[i])))
            return;
}

static int64_t now_ms(void) {
    return world.now_ms;
}

static void forget_all(void) {
    for (size_t i = 0; i < world.kept; i++) {
        free(world.keys[i]);
        free(world.values[i]);
    }
    world = (struct world){.flags = " ", .now_ms = 1735732800000}; /* 2025-01-01 12:00:00 */
}

/* ---- the two components ------------------------------------------------------------------- */

struct site {
    struct harness place;
    struct harness sandbox; /* for its config and its descriptor; run by the host above */
    sluice_host host;
    void *instance;
    char reply[1 << 20];
};

static void open_sandbox(struct site *site, const char *const *options) {
    struct harness *h = &site->sandbox;
    assert_int_equal(harness_open(h, "gsm_fusion", "gsm_fusion", SLUICE_SANDBOX, false, options), 0);
    site->host = *host_table();
    site->host.charged = charged;
    site->host.flag = flag;
    site->host.flag_value = flag_value;
    site->host.remember = remember;
    site->host.recall = recall;
    site->host.recall_all = recall_all;
    site->host.now_ms = now_ms;
    assert_int_equal(
        h->instance.type->open(&site->host, &h->instance.self, h->config, &site->instance, &h->error), 0);
}

static void close_sandbox(struct site *site) {
    site->sandbox.instance.type->close(site->instance);
    harness_close(&site->sandbox);
}

static int setup(void **state) {
    struct site *site = calloc(1, sizeof *site);
    forget_all();
    open_sandbox(site, NULL);
    assert_int_equal(harness_open(&site->place, "gsm_fusion", "place", SLUICE_ACTION, true,
                                  (const char *const[]){"base_url=http://127.0.0.1:9", "username=tester",
                                                        "api_key=sandbox-key", "list=10", NULL}),
                     0);
    *state = site;
    return 0;
}

static int teardown(void **state) {
    struct site *site = *state;
    harness_close(&site->place);
    close_sandbox(site);
    free(site);
    forget_all();
    return 0;
}

static int hex(char c) {
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

static sluice_text decode(sluice_arena *arena, const char *at, size_t length) {
    char *out = arena_alloc(arena, length + 1);
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        if (at[i] == '%') {
            out[n++] = (char)(hex(at[i + 1]) * 16 + hex(at[i + 2]));
            i += 2;
        } else {
            out[n++] = at[i] == '+' ? ' ' : at[i];
        }
    }
    return (sluice_text){out, n};
}

/* A form body, answered; the reply's text is in site->reply. */
static sluice_text serve(struct site *site, const char *path, const char *body, size_t length) {
    sluice_arena arena = {0};
    sluice_pair pairs[16];
    sluice_text values[16];
    sluice_sandbox_request request = {
        .size = sizeof request, .method = SLUICE_METHOD_POST, .path = text_of(path), .arena = &arena};
    sluice_sandbox_reply reply = {.size = sizeof reply, .status = 200};
    const char *end = body + length;
    while (body < end) {
        const char *next = memchr(body, '&', (size_t)(end - body)), *stop = next ? next : end;
        const char *equals = memchr(body, '=', (size_t)(stop - body));
        uint64_t n = request.parameters.count++;
        values[n] = decode(&arena, equals + 1, (size_t)(stop - equals - 1));
        pairs[n] = (sluice_pair){decode(&arena, body, (size_t)(equals - body)), {&values[n], 1}};
        body = next ? next + 1 : end;
    }
    request.parameters.items = pairs;
    const struct harness *h = &site->sandbox;
    assert_int_equal(
        h->instance.type->sandbox->handle(site->instance, &request, &reply, (sluice_error *)&h->error), 0);
    assert_true(reply.body.len < sizeof site->reply);
    memcpy(site->reply, reply.body.ptr, reply.body.len);
    site->reply[reply.body.len] = 0;
    arena_free(&arena);
    return (sluice_text){site->reply, reply.body.len};
}

static sluice_text serve_text(struct site *site, const char *body) {
    return serve(site, "/gsmfusion_api/index.php", body, strlen(body));
}

static char letter(const struct verdict *verdict) {
    static const char letters[] = "-PcDRNALi";
    return verdict->twice ? '!' : verdict->kind < sizeof letters - 1 ? letters[verdict->kind] : '?';
}

/* Order the rows ("A|B") of a service in one call; one letter for each verdict. */
static const char *order(struct site *site, const char *service, const char *imeis, char first_id[64]) {
    static char got[16];
    const char *lines[12] = {"imei"};
    char copy[512], *save;
    uint32_t count = 0;
    sluice_row rows[10];
    struct call call = {0};
    snprintf(copy, sizeof copy, "%s", imeis);
    for (char *imei = strtok_r(copy, "|", &save); imei; imei = strtok_r(NULL, "|", &save))
        lines[++count] = imei;
    struct batch *batch = harness_batch(lines);
    for (uint32_t i = 0; i < count; i++)
        rows[i] = (sluice_row){&batch->view, i, 0};
    struct harness *h = &site->place;
    assert_int_equal(call_begin(&call, &h->instance, SLUICE_OP_PLACE, rows, count, &h->error), 0);
    call.view.service = text_of(service);
    assert_int_equal(call_build(&call, &h->error), 0);
    sluice_text reply = serve(site, "/gsmfusion_api/index.php", call.request.body, call.request.length);
    assert_int_equal(harness_reply(h, &call, 200, "application/xml", reply.ptr, reply.len, 13), 0);
    memset(got, 0, sizeof got);
    for (uint32_t i = 0; i < count; i++)
        got[i] = letter(call_verdict(&call, i));
    if (first_id)
        snprintf(first_id, 64, "%.*s", TEXT_ARG(call_verdict(&call, 0)->order_id));
    call_end(&call);
    call_free(&call);
    batch_unref(batch);
    return got;
}

/* ---- tests -------------------------------------------------------------------------------- */

static void test_orders(void **state) {
    struct site *site = *state;
    char first[64], second[64];
    assert_string_equal(order(site, "1739", A, first), "P");
    assert_string_equal(order(site, "1739", A, NULL), "D");
    assert_string_equal(order(site, "1740", A, second), "P");
    assert_string_not_equal(first, second);
    assert_string_equal(order(site, "1739", WRONG, NULL), "R");
    assert_string_equal(order(site, "4711", A, NULL), "R");
    assert_string_equal(order(site, "1960", B, NULL), "R"); /* no price */
    assert_string_equal(order(site, "1739", B "|" A "|" WRONG "|" C, NULL), "PDRP");
    assert_string_equal(world.charged, A " 1739 0.08\n" A " 1740 0.03\n" B " 1739 0.08\n" C " 1739 0.08\n");
}

static void test_state_outlives_the_process(void **state) {
    struct site *site = *state;
    char before[64], after[64];
    assert_string_equal(order(site, "1739", A, before), "P");
    close_sandbox(site);
    open_sandbox(site, NULL);
    assert_string_equal(order(site, "1739", A, NULL), "D");
    assert_string_equal(order(site, "1739", B, after), "P");
    assert_int_equal(atoll(after), atoll(before) + 1);
    serve_text(site, "userId=tester&apiKey=sandbox-key&action=accountinfo");
    assert_non_null(strstr(site->reply, "<ClientCredits>$ 999999.84 USD</ClientCredits>"));
}

static void test_faults(void **state) {
    static const struct {
        const char *flags, *imeis, *verdicts;
        size_t charges;
    } cases[] = {
        {" maintenance ", A, "L", 0},
        {" auth ", A, "A", 0},
        {" no-credit ", A, "N", 0},
        {" no-credit ", A "|" B, "ii", 0},
        {" duplicate ", A, "D", 0},
        {" duplicate ", A "|" B, "ii", 0},
        {" duplicate charge-always ", A, "D", 0},
        {" duplicate-list ", A, "D", 0},
        {" duplicate-list ", A "|" B, "DD", 0},
        {" partial ", A "|" B "|" C, "P--", 3},
        {" foreign-order ", A, "P", 1},
        {" latin1 bare-amp prolog-space ", A "|" B, "PP", 2},
    };
    struct site *site = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        close_sandbox(site);
        forget_all();
        open_sandbox(site, NULL);
        world.flags = cases[i].flags;
        const char *got = order(site, "1739", cases[i].imeis, NULL);
        if (strcmp(got, cases[i].verdicts) != 0 || world.charges != cases[i].charges)
            fail_msg("%s: %s, %zu charges", cases[i].flags, got, world.charges);
    }
}

static void test_charge_always(void **state) {
    struct site *site = *state;
    char first[64], second[64];
    world.flags = " charge-always ";
    assert_string_equal(order(site, "1739", A, first), "P");
    assert_string_equal(order(site, "1739", A, second), "P");
    assert_string_not_equal(first, second);
    assert_int_equal(world.charges, 2);
}

static void test_price_change(void **state) {
    struct site *site = *state;
    world.flags = " price-change ";
    assert_string_equal(order(site, "1739", A, NULL), "P");
    assert_string_equal(world.charged, A " 1739 0.0808\n");
}

static void test_credit(void **state) {
    struct site *site = *state;
    close_sandbox(site);
    open_sandbox(site, (const char *const[]){"credit=0.20", NULL});
    assert_string_equal(order(site, "1739", A, NULL), "P");
    assert_string_equal(order(site, "1739", B "|" C, NULL), "ii"); /* 0.16 of 0.12: refused as a whole */
    assert_string_equal(order(site, "1739", B, NULL), "P");
    assert_string_equal(order(site, "1739", C, NULL), "N");
    assert_int_equal(world.charges, 2);
}

/* As a site does: what it rejects is paid back, and can be spent again. */
static void test_refund(void **state) {
    struct site *site = *state;
    static const char rejected[] = "001001001230157",
                      credit[] = "userId=tester&apiKey=sandbox-key&action=accountinfo";
    close_sandbox(site);
    open_sandbox(site, (const char *const[]){"credit=0.20", "complete_after=1m", NULL});
    assert_string_equal(order(site, "1739", rejected, NULL), "P");
    assert_string_equal(order(site, "1739", A, NULL), "P");
    assert_string_equal(order(site, "1739", B, NULL), "N");
    serve_text(site, credit);
    assert_non_null(strstr(site->reply, "$ 0.04 USD"));
    world.now_ms += 61000;
    serve_text(site, credit);
    assert_non_null(strstr(site->reply, "$ 0.12 USD"));
    assert_string_equal(order(site, "1739", B, NULL), "P");
    assert_string_equal(order(site, "1739", C, NULL), "N");
    assert_int_equal(world.charges, 3);
}

static void test_credentials(void **state) {
    struct site *site = *state;
    serve_text(site, "userId=nobody&apiKey=sandbox-key&action=accountinfo");
    assert_non_null(strstr(site->reply, "<error>Invalid User!</error>"));
    serve_text(site, "action=accountinfo");
    assert_non_null(strstr(site->reply, "<error>Invalid User!</error>"));
    serve_text(site, "userId=tester&apiKey=wrong&action=placeorder&networkId=1739&imei=" A);
    assert_non_null(strstr(site->reply, "<error>Invalid API Key!</error>"));
    assert_int_equal(world.charges, 0);
}

static void test_other_requests(void **state) {
    struct site *site = *state;
    serve_text(site, "userId=tester&apiKey=sandbox-key&action=nonsense");
    assert_non_null(strstr(site->reply, "<error>Invalid Action!</error>"));
    serve_text(site, "userId=tester&apiKey=sandbox-key&action=getproviders");
    assert_non_null(strstr(site->reply, "<Networks>"));
    serve_text(site, "userId=tester&apiKey=sandbox-key&action=placeorder&networkId=1739");
    assert_non_null(strstr(site->reply, "<error>Invalid IMEI!</error>"));
    sluice_text page = serve(site, "/elsewhere", "", 0);
    assert_memory_equal(page.ptr, "<!DOCTYPE html>", 15);
}

struct heard {
    char text[8192];
};

static void on_service(void *user, const sluice_service *service) {
    struct heard *heard = user;
    size_t length = strlen(heard->text);
    snprintf(heard->text + length, sizeof heard->text - length, "%.*s|%.*s|%.*s|%.*s\n",
             TEXT_ARG(service->id), TEXT_ARG(service->title), TEXT_ARG(service->price),
             TEXT_ARG(service->currency));
}

static void on_candidate(void *user, const sluice_candidate *candidate) {
    struct heard *heard = user;
    size_t length = strlen(heard->text);
    snprintf(heard->text + length, sizeof heard->text - length, "%.*s|%.*s|%.*s|%.*s\n",
             TEXT_ARG(candidate->identifier), TEXT_ARG(candidate->service_title), TEXT_ARG(candidate->status),
             TEXT_ARG(candidate->created));
}

static void ask(struct site *site, uint32_t op, struct heard *heard) {
    struct call call = {.results = {.service = on_service, .candidate = on_candidate, .user = heard}};
    struct harness *h = &site->place;
    *heard = (struct heard){0};
    assert_int_equal(harness_call(h, &call, op, NULL, 0), 0);
    sluice_text reply = serve(site, "/gsmfusion_api/index.php", call.request.body, call.request.length);
    assert_int_equal(harness_reply(h, &call, 200, "application/xml", reply.ptr, reply.len, 17), 0);
    call_end(&call);
    call_free(&call);
}

static void test_catalogue(void **state) {
    static const char *const flags[] = {" ", " latin1 bare-amp prolog-space "};
    struct site *site = *state;
    struct heard heard;
    for (int i = 0; i < 2; i++) {
        world.flags = flags[i];
        ask(site, SLUICE_OP_SERVICES, &heard);
        assert_non_null(
            strstr(heard.text, "1739|Apple Carrier + Sim-Lock & FMI check \xe2\x9a\xa1|0.08|USD\n"));
        assert_non_null(
            strstr(heard.text, "1850|Samsung Info: Mod\xc3\xa8le, r\xc3\xa9gion, Knox|0.10|USD\n"));
        assert_non_null(strstr(heard.text, "1900|AT&T USA \xe2\x80\x93 iPhone clean #premium|1234.50|USD\n"));
        assert_non_null(strstr(heard.text, "1960|Huawei Info (price on request)||\n"));
    }
}

static void test_recent_orders(void **state) {
    struct site *site = *state;
    struct heard heard;
    assert_string_equal(order(site, "1739", A "|" B, NULL), "PP");
    ask(site, SLUICE_OP_SETTLE, &heard);
    assert_string_equal(heard.text,
                        A "|Apple Carrier + Sim-Lock & FMI check \xe2\x9a\xa1|Pending|2025-01-01 12:00:00\n" B
                          "|Apple Carrier + Sim-Lock & FMI check \xe2\x9a\xa1|Pending|2025-01-01 12:00:00\n");
    world.now_ms += 6000;
    world.flags = " timezone foreign-order ";
    ask(site, SLUICE_OP_SETTLE, &heard);
    assert_non_null(strstr(heard.text, "|In Process|2025-01-01 07:00:00\n"));
    assert_non_null(strstr(heard.text, "008600000000017|"));
    world.now_ms += 6000;
    world.flags = " bare-amp latin1 ";
    ask(site, SLUICE_OP_SETTLE, &heard);
    assert_non_null(strstr(heard.text, A "|Apple Carrier + Sim-Lock & FMI check \xe2\x9a\xa1|In Process|"));
}

static void test_left_out(void **state) {
    struct site *site = *state;
    struct heard heard;
    order(site, "1739", A, NULL);
    world.now_ms += 59999;
    order(site, "1739", B, NULL);
    world.flags = " list-depth ";
    ask(site, SLUICE_OP_SETTLE, &heard);
    assert_null(strstr(heard.text, A));
    assert_non_null(strstr(heard.text, B));
    world.flags = " list-late ";
    ask(site, SLUICE_OP_SETTLE, &heard);
    assert_string_equal(heard.text, "");
    world.now_ms++;
    ask(site, SLUICE_OP_SETTLE, &heard);
    assert_non_null(strstr(heard.text, A));
    assert_null(strstr(heard.text, B));
}

static void test_status_of_some(void **state) {
    struct site *site = *state;
    char id[64], body[256];
    assert_string_equal(order(site, "1739", A, id), "P");
    snprintf(body, sizeof body, "userId=tester&apiKey=sandbox-key&action=getimeis&orderIds=17,%s", id);
    serve_text(site, body);
    assert_non_null(
        strstr(site->reply, "<imei>" A "</imei><statusId>1</statusId><status>Pending</status><code></code>"));
    serve_text(site, "userId=tester&apiKey=sandbox-key&action=getimeis&orderIds=17");
    assert_non_null(strstr(site->reply, "<error>Invalid Order ID</error>"));
}

/* Results come in every form that is known, and which one depends on the IMEI alone. */
static void test_codes(void **state) {
    static const char *const forms[] = {
        "<code>NCK-",
        "<code></code>",
        "Black&lt;br&gt;IMEI Number: ",
        "Black&amp;lt;br&amp;gt;IMEI Number: ",
        "<code><![CDATA[Model: iPhone 12 128GB Black<br>IMEI",
        "Black<br>IMEI Number: ",
        "Black - IMEI Number: ",
        "Black\nIMEI Number: ",
        "&lt;b&gt;Model:&lt;/b&gt;&amp;nbsp;iPhone 12 128GB Black&lt;br /&gt;\r\n",
        "<code><![CDATA[<p class=\"pair\">Model: <span",
        "&lt;BR/&gt;FMI:  O",
        "<code>Invalid_IMEI</code>",
        "<code>Not found &lt;br&gt; T&amp;C apply</code>",
        "<status>completed</status>",
        "<status>REJECTED</status>",
    };
    struct site *site = *state;
    char imei[16];
    for (unsigned i = 0; i < 440; i++) {
        unsigned sum = 0;
        snprintf(imei, sizeof imei, "00100100%06u0", i);
        for (int k = 0; k < 14; k++) {
            unsigned digit = (unsigned)(imei[k] - '0') << (k % 2);
            sum += digit > 9 ? digit - 9 : digit;
        }
        imei[14] = (char)('0' + (10 - sum % 10) % 10);
        assert_string_equal(order(site, "1739", imei, NULL), "P");
    }
    world.now_ms += 20000;
    serve_text(site, "userId=tester&apiKey=sandbox-key&action=getimeis");
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (!strstr(site->reply, forms[i]))
            fail_msg("no result is written as %s", forms[i]);
    char *first = strdup(site->reply);
    serve_text(site, "userId=tester&apiKey=sandbox-key&action=getimeis&orderIds=0");
    assert_string_equal(first, site->reply);
    free(first);
}

static void ask_for(struct site *site, const char *flags, const char *ids) {
    char body[256];
    world.flags = flags;
    snprintf(body, sizeof body, "userId=tester&apiKey=sandbox-key&action=getimeis&orderIds=%s", ids);
    serve_text(site, body);
    world.flags = " ";
}

/* The faults of those who ask about orders. */
static void test_status_faults(void **state) {
    struct site *site = *state;
    char a[64], b[64], ids[160];
    assert_string_equal(order(site, "1739", A, a), "P");
    assert_string_equal(order(site, "1739", B, b), "P");
    snprintf(ids, sizeof ids, "%s,%s", a, b);
    ask_for(site, " status-half ", ids);
    assert_non_null(strstr(site->reply, A));
    assert_null(strstr(site->reply, B));
    ask_for(site, " status-strict ", ids);
    assert_non_null(strstr(site->reply, B));
    snprintf(ids, sizeof ids, "%s,17", a);
    ask_for(site, " status-strict ", ids);
    assert_non_null(strstr(site->reply, "<error>Invalid Order ID</error>"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_orders, setup, teardown),
        cmocka_unit_test_setup_teardown(test_state_outlives_the_process, setup, teardown),
        cmocka_unit_test_setup_teardown(test_faults, setup, teardown),
        cmocka_unit_test_setup_teardown(test_charge_always, setup, teardown),
        cmocka_unit_test_setup_teardown(test_price_change, setup, teardown),
        cmocka_unit_test_setup_teardown(test_credit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refund, setup, teardown),
        cmocka_unit_test_setup_teardown(test_credentials, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_requests, setup, teardown),
        cmocka_unit_test_setup_teardown(test_catalogue, setup, teardown),
        cmocka_unit_test_setup_teardown(test_recent_orders, setup, teardown),
        cmocka_unit_test_setup_teardown(test_left_out, setup, teardown),
        cmocka_unit_test_setup_teardown(test_status_of_some, setup, teardown),
        cmocka_unit_test_setup_teardown(test_codes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_status_faults, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
