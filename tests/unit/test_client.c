#include "support.h"

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "catalogue.h"
#include "client.h"
#include "clock.h"
#include "log.h"
#include "shop.h"
#include "text.h"

static struct shop shop;
static struct instance instance;
static struct client client;
static struct limits limits;
static atomic_bool stopping;
static sluice_error error;

static int begin(void **state) {
    (void)state;
    log_configure(&(struct log_settings){0});
    shop_open(&shop);
    limits = (struct limits){.concurrency = 1, .connect_ms = 5000, .timeout_ms = 5000};
    error = (sluice_error)ERROR_INIT;
    atomic_store(&stopping, false);
    return instance_open(&instance, &shop_pages, &shop, "source pages", NULL, false, &error);
}

static int end(void **state) {
    (void)state;
    client_close(&client);
    instance_close(&instance);
    shop_close(&shop);
    return 0;
}

static void open_client(void) {
    assert_int_equal(client_open(&client, &instance, &limits, &stopping, &error), 0);
}

/* ---- what comes back ------------------------------------------------------------------------- */

static char heard[500];

static void on_record(void *user, const sluice_text *values) {
    size_t used = strlen(heard);
    (void)user;
    snprintf(heard + used, sizeof heard - used, "%.*s,%.*s ", TEXT_ARG(values[0]), TEXT_ARG(values[1]));
}

static int page(void) {
    static const struct call_results results = {.record = on_record};
    heard[0] = 0;
    return client_run(&client, SLUICE_OP_PAGE, &results, &error);
}

static bool three_pages(struct shop *from, const char *body, char *out, size_t room) {
    const char *cookie = strstr(body, "&cookie=");
    (void)from;
    if (!cookie)
        snprintf(out, room, "record 1|one\nrecord 2|two\nmore p2\n");
    else if (strcmp(cookie, "&cookie=p2") == 0)
        snprintf(out, room, "record 3|three\nmore p3\n");
    else
        snprintf(out, room, "record 4|four\n");
    return true;
}

static void pages_follow_their_cookies(void **state) {
    (void)state;
    shop_behave(&shop, three_pages, HTTP_KEEP, NULL);
    open_client();
    assert_int_equal(page(), 0);
    assert_string_equal(heard, "1,one 2,two 3,three 4,four ");
    assert_int_equal(shop_asked(&shop), 3);
    assert_int_equal(page(), 0); /* from the beginning again */
    assert_int_equal(shop_asked(&shop), 6);
}

static void services_and_balance_are_read(void **state) {
    struct catalogue catalogue;
    struct balance balance;
    (void)state;
    open_client();
    assert_int_equal(catalogue_fetch(&catalogue, &client, &error), 0);
    assert_int_equal(catalogue.count, 2);
    catalogue_free(&catalogue);
    assert_int_equal(balance_fetch(&balance, &client, &error), 0);
    assert_true(balance.known);
    assert_int_equal(balance.amount, 100000000);
    assert_string_equal(balance.currency, "USD");
    assert_int_equal(shop_asked(&shop), 2);
}

static const char *refusal; /* under the shop's lock */

static bool refuse(struct shop *from, const char *body, char *out, size_t room) {
    (void)from, (void)body;
    snprintf(out, room, "%s\n", refusal);
    return true;
}

static void check_refusal(const char *line, int code, const char *part) {
    unsigned before = shop_asked(&shop);
    pthread_mutex_lock(&shop.lock);
    refusal = line;
    shop.reply = refuse;
    pthread_mutex_unlock(&shop.lock);
    assert_int_equal(page(), code);
    assert_non_null(strstr(error.text, part));
    assert_non_null(strstr(error.text, "source pages"));
    assert_int_equal(shop_asked(&shop), before + 1); /* the provider's words are final */
}

static void a_refusal_is_passed_on_in_the_providers_words(void **state) {
    (void)state;
    open_client();
    check_refusal("auth * Invalid API Key!", SLUICE_E_AUTH, "refused the credentials: Invalid API Key!");
    check_refusal("later * 5 Website is in maintenance", SLUICE_E_UNAVAILABLE, "Website is in maintenance");
    check_refusal("rejected * x Invalid Action", SLUICE_E_UNAVAILABLE, "Invalid Action");
}

static void a_paid_call_is_refused(void **state) {
    struct call_results none = {0};
    (void)state;
    instance_close(&instance);
    assert_int_equal(instance_open(&instance, &shop_place, &shop, "place", NULL, true, &error), 0);
    open_client();
    assert_int_equal(client_run(&client, SLUICE_OP_PLACE, &none, &error), SLUICE_E_SOFTWARE);
    assert_int_equal(shop_paid(&shop), 0);
}

static bool fail_pages(struct shop *from, const char *body, char *out, size_t room) {
    (void)from, (void)body;
    snprintf(out, room, "record 1|one\nfail -65 no page\n");
    return true;
}

static void what_the_plugin_cannot_read_is_a_failure(void **state) {
    (void)state;
    shop_behave(&shop, fail_pages, HTTP_KEEP, NULL);
    open_client();
    assert_int_equal(page(), SLUICE_E_DATA);
    assert_non_null(strstr(error.text, "no page"));
    assert_int_equal(shop_asked(&shop), 1);
}

/* ---- trouble on the way ----------------------------------------------------------------------- */

static bool busy_once(struct shop *from, const char *body, char *out, size_t room) {
    (void)body;
    from->status = from->free == 0 ? "503 Busy" : NULL;
    snprintf(out, room, from->free == 0 ? "record 9|half of a reply that failed\n" : "record 1|one\n");
    return true;
}

static void a_busy_server_is_asked_again(void **state) {
    (void)state;
    shop_behave(&shop, busy_once, HTTP_KEEP, NULL);
    open_client();
    assert_int_equal(page(), 0);
    assert_string_equal(heard, "1,one ");
    assert_int_equal(shop_asked(&shop), 2);
}

/* 500 with these lines, one a request; then a page. */
static const char *const *failures;

static bool say_failures(struct shop *from, const char *body, char *out, size_t room) {
    const char *line = failures[from->free];
    (void)body;
    from->status = line ? "500 Internal Server Error" : NULL;
    snprintf(out, room, "%s\n", line ? line : "record 1|one");
    return true;
}

static int hear_failures(const char *const *lines) {
    failures = lines;
    instance.self.endpoint.failures = 1;
    shop_behave(&shop, say_failures, HTTP_KEEP, NULL);
    open_client();
    client.pause_most_ms = 1;
    return page();
}

static void failures_are_read_by_a_plugin_that_wants_to(void **state) {
    static const char *const passing[] = {"later * 5 busy", "", "later * 5 busy", NULL};
    (void)state;
    assert_int_equal(hear_failures(passing), 0);
    assert_string_equal(heard, "1,one ");
    assert_int_equal(shop_asked(&shop), 4);
}

static void what_it_says_of_a_failure_may_be_the_last_word(void **state) {
    static const char *const no[] = {"rejected * x the project is paused", NULL};
    (void)state;
    assert_int_equal(hear_failures(no), SLUICE_E_UNAVAILABLE);
    assert_non_null(strstr(error.text, "the project is paused"));
    assert_int_equal(shop_asked(&shop), 1);
}

static void it_may_fail_by_itself(void **state) {
    static const char *const no[] = {"fail -78 no such table", NULL};
    (void)state;
    assert_int_equal(hear_failures(no), SLUICE_E_CONFIG);
    assert_non_null(strstr(error.text, "no such table"));
    assert_int_equal(shop_asked(&shop), 1);
}

static void or_ask_for_something_else(void **state) {
    static const char *const less[] = {"more smaller", NULL};
    (void)state;
    assert_int_equal(hear_failures(less), 0);
    assert_string_equal(heard, "1,one ");
    assert_int_equal(shop_asked(&shop), 2);
}

static void its_words_are_shown_when_all_attempts_fail(void **state) {
    static const char *const busy[] = {"later * 5 one",
                                       "later * 5 two",
                                       "later * 5 three",
                                       "later * 5 four",
                                       "later * 5 five",
                                       "later * 5 six",
                                       NULL};
    (void)state;
    assert_int_equal(hear_failures(busy), SLUICE_E_UNAVAILABLE);
    assert_non_null(strstr(error.text, "says: five"));
    assert_int_equal(shop_asked(&shop), 5);
}

static void a_status_that_is_final_is_read_by_the_plugin(void **state) {
    (void)state;
    shop_behave(&shop, three_pages, HTTP_KEEP, "404 Not Found");
    open_client();
    assert_int_equal(page(), 0);
    assert_string_equal(heard, "1,one 2,two 3,three 4,four ");
}

static void a_redirect_is_named_and_not_followed(void **state) {
    (void)state;
    shop.headers = "Location: https://me:hunter22@elsewhere.test/index.php?apiKey=hunter23\r\n";
    shop_behave(&shop, NULL, HTTP_KEEP, "301 Moved");
    open_client();
    assert_int_equal(page(), SLUICE_E_CONFIG);
    assert_non_null(strstr(error.text, "redirects to https://elsewhere.test/index.php; "));
    assert_null(strstr(error.text, "hunter"));
    assert_non_null(strstr(error.text, "change the base URL"));
    assert_int_equal(shop_asked(&shop), 1);
}

static void a_reply_over_the_limit_is_a_failure(void **state) {
    (void)state;
    instance.self.endpoint.reply_limit = 10;
    shop_behave(&shop, three_pages, HTTP_KEEP, NULL);
    open_client();
    assert_int_equal(page(), SLUICE_E_UNAVAILABLE);
    assert_non_null(strstr(error.text, "larger than 10 bytes"));
    assert_int_equal(shop_asked(&shop), 1);
}

static bool busy_and_stop(struct shop *from, const char *body, char *out, size_t room) {
    (void)body;
    from->status = "503 Busy";
    snprintf(out, room, "x");
    atomic_store(&stopping, true);
    return true;
}

static void a_stop_ends_the_wait_for_another_try(void **state) {
    (void)state;
    shop_behave(&shop, busy_and_stop, HTTP_KEEP, NULL);
    open_client();
    assert_int_equal(page(), SLUICE_E_BUSY);
    assert_int_equal(shop_asked(&shop), 1);
}

static void a_call_that_cannot_be_started_keeps_no_slot(void **state) {
    struct http_request other = {.method = "GET", .url = shop.http.url};
    (void)state;
    shop_behave(&shop, three_pages, HTTP_KEEP, NULL);
    open_client();
    assert_int_equal(http_start(client.http, &other, &error), 0); /* the only place is taken */
    assert_int_equal(page(), SLUICE_E_SOFTWARE);
    assert_int_equal(client.limit.in_flight, 0); /* else the next call would wait for ever */
}

static void nobody_there_is_said_after_a_few_tries(void **state) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    char url[64];
    (void)state;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); /* bound, but nobody listens */
    assert_int_equal(bind(fd, (void *)&address, sizeof address), 0);
    assert_int_equal(getsockname(fd, (void *)&address, &length), 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%u", ntohs(address.sin_port));
    instance.self.endpoint.base_url = text_of(url);
    open_client();
    client.pause_most_ms = 1;
    assert_int_equal(page(), SLUICE_E_UNAVAILABLE);
    assert_non_null(strstr(error.text, "refused the connection"));
    assert_non_null(strstr(error.text, "(5 attempts)"));
    close(fd);
}

static void the_providers_clock_is_compared(void **state) {
    (void)state;
    shop.headers = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    shop_behave(&shop, three_pages, HTTP_KEEP, NULL);
    open_client();
    assert_int_equal(page(), 0);
    assert_true(client.has_date);
    int64_t behind = clock_wall_ms() - 784111777000;
    assert_in_range(behind + client.date_offset_ms, 0, 60000);
    assert_int_equal(client_check_clock(&client, &error), SLUICE_E_CONFIG);
    assert_non_null(strstr(error.text, "clock is off by"));
    client.date_offset_ms = -299000;
    assert_int_equal(client_check_clock(&client, &error), 0);
}

static char noted[80];

static int32_t note(void *handle, sluice_call *view, const sluice_reply *reply, sluice_error *e) {
    sluice_text text = host_table()->reply_header(view, "x-note");
    sluice_text none = host_table()->reply_header(view, "X-Other");
    (void)handle, (void)e;
    if (reply->last)
        snprintf(noted, sizeof noted, "%.*s%s", TEXT_ARG(text), none.ptr ? " and another" : "");
    return 0;
}

static void a_header_of_the_reply_is_read(void **state) {
    sluice_exchanger exchanger = *shop_pages.exchanger;
    sluice_component component = shop_pages;
    (void)state;
    exchanger.parse = note;
    component.exchanger = &exchanger;
    instance.type = &component;
    shop.headers = "X-Note: one of two\r\n";
    shop_behave(&shop, three_pages, HTTP_KEEP, NULL);
    open_client();
    assert_int_equal(page(), 0);
    assert_string_equal(noted, "one of two");
    client_close(&client);
    instance.type = &shop_pages;
}

static void a_client_that_was_never_opened_can_be_closed(void **state) {
    struct client none = {0};
    (void)state;
    client_close(&none);
}

/* ---- replies that break off ------------------------------------------------------------------- */

static sluice_component streaming;
static unsigned broken;   /* replies that break off midway before a whole one */
static const char *whole; /* the body of that one */

/* The first line of the reply, and the end of the connection where the rest should be. */
static enum http_then break_off(const struct http_seen *seen) {
    char reply[400];
    if (broken == 0) {
        http_server_reply(seen->fd, "200 OK", "", whole);
        return HTTP_KEEP;
    }
    broken--;
    int line = (int)strcspn(whole, "\n") + 1;
    int length = snprintf(reply, sizeof reply, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%.*s",
                          strlen(whole), line, whole);
    http_server_write(seen->fd, reply, (size_t)length);
    return HTTP_CLOSE;
}

static int begin_broken(void **state) {
    (void)state;
    log_configure(&(struct log_settings){0});
    shop = (struct shop){.http.answer = break_off, .list = 1};
    http_server_start(&shop.http);
    error = (sluice_error)ERROR_INIT;
    broken = 0;
    return 0;
}

static int end_broken(void **state) {
    (void)state;
    client_close(&client);
    instance_close(&instance);
    http_server_stop(&shop.http);
    return 0;
}

static void open_streaming(const sluice_component *component) {
    limits = (struct limits){.concurrency = 1, .connect_ms = 5000, .timeout_ms = 20000};
    streaming = *component;
    streaming.flags |= SLUICE_STREAMS;
    assert_int_equal(instance_open(&instance, &streaming, &shop, "actions[0] shop", NULL, true, &error), 0);
    assert_int_equal(client_open(&client, &instance, &limits, NULL, &error), 0);
}

static void a_catalogue_that_broke_off_is_fetched_again_and_listed_once(void **state) {
    struct catalogue catalogue;
    (void)state;
    whole = "service 1739 0.50 A check\nservice 1740 0.08 Another\n";
    broken = 1;
    open_streaming(&shop_place);
    assert_int_equal(catalogue_fetch(&catalogue, &client, &error), 0);
    assert_int_equal(atomic_load(&shop.http.requests), 2);
    assert_int_equal(catalogue.count, 2);
    assert_non_null(catalogue_find(&catalogue, TEXT("1739")));
    assert_int_equal(catalogue_find(&catalogue, TEXT("1740"))->index, 1);
    catalogue_free(&catalogue);
}

struct records {
    unsigned count, most;
};

static void count_record(void *user, const sluice_text *values) {
    (void)values;
    ((struct records *)user)->count++;
}

static bool on_enough(void *user) {
    const struct records *records = user;
    return records->most && records->count >= records->most;
}

static void records_of_a_page_that_broke_off_do_not_come_twice(void **state) {
    struct records records = {0};
    const struct call_results results = {.record = count_record, .user = &records};
    (void)state;
    whole = "record 1|2\nrecord 3|4\n";
    broken = 1;
    open_streaming(&shop_pages);
    assert_int_equal(client_run(&client, SLUICE_OP_PAGE, &results, &error), SLUICE_E_UNAVAILABLE);
    assert_int_equal(atomic_load(&shop.http.requests), 1);
    assert_int_equal(records.count, 1);
    assert_non_null(strstr(error.text, "broke off"));
}

static void pages_are_asked_for_until_there_are_enough(void **state) {
    struct records records = {.most = 3};
    const struct call_results results = {.record = count_record, .enough = on_enough, .user = &records};
    (void)state;
    whole = "record 1|2\nrecord 3|4\nmore next\n";
    open_streaming(&shop_pages);
    assert_int_equal(client_run(&client, SLUICE_OP_PAGE, &results, &error), 0);
    assert_int_equal(atomic_load(&shop.http.requests), 2);
    assert_int_equal(records.count, 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
#define BROKEN(name) cmocka_unit_test_setup_teardown(name, begin_broken, end_broken)

/* ---- tokens ---------------------------------------------------------------------------------- */

static unsigned logins; /* under the shop's lock */

static bool count_logins(struct shop *from, const char *body, char *out, size_t room) {
    bool login = strstr(body, "op=login") != NULL;
    logins += login;
    return !login && three_pages(from, body, out, room);
}

static void a_log_in_comes_before_the_call_that_needs_it(void **state) {
    (void)state;
    shop.logs_in = true;
    logins = 0;
    shop_behave(&shop, count_logins, HTTP_KEEP, NULL);
    open_client();
    assert_int_equal(page(), 0); /* a token is good for two requests */
    assert_string_equal(heard, "1,one 2,two 3,three 4,four ");
    assert_int_equal(logins, 2);
    assert_int_equal(shop_asked(&shop), 5);
}

static bool expire_once(struct shop *from, const char *body, char *out, size_t room) {
    if (strstr(body, "op=login") || logins++)
        return !strstr(body, "op=login") && three_pages(from, body, out, room);
    snprintf(out, room, "expired * the token has expired\n");
    return true;
}

static void a_token_that_ran_out_is_asked_for_again(void **state) {
    (void)state;
    shop.logs_in = true;
    logins = 0;
    shop_behave(&shop, expire_once, HTTP_KEEP, NULL);
    open_client();
    assert_int_equal(page(), 0);
    assert_string_equal(heard, "1,one 2,two 3,three 4,four ");
}

static void a_refused_log_in_is_the_end(void **state) {
    (void)state;
    shop.logs_in = true;
    open_client();
    check_refusal("auth * wrong key", SLUICE_E_AUTH, "wrong key");
    error = (sluice_error)ERROR_INIT;
    check_refusal("token 0", SLUICE_E_PLUGIN, "log in once more");
}

static void options_that_are_refused_are_the_configuration(void **state) {
    (void)state;
    open_client();
    check_refusal("config * no such action", SLUICE_E_CONFIG, "no such action");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(pages_follow_their_cookies),
        TEST(services_and_balance_are_read),
        TEST(a_log_in_comes_before_the_call_that_needs_it),
        TEST(a_token_that_ran_out_is_asked_for_again),
        TEST(a_refused_log_in_is_the_end),
        TEST(options_that_are_refused_are_the_configuration),
        TEST(a_refusal_is_passed_on_in_the_providers_words),
        TEST(a_paid_call_is_refused),
        TEST(what_the_plugin_cannot_read_is_a_failure),
        TEST(a_busy_server_is_asked_again),
        TEST(a_status_that_is_final_is_read_by_the_plugin),
        TEST(failures_are_read_by_a_plugin_that_wants_to),
        TEST(what_it_says_of_a_failure_may_be_the_last_word),
        TEST(it_may_fail_by_itself),
        TEST(or_ask_for_something_else),
        TEST(its_words_are_shown_when_all_attempts_fail),
        TEST(a_redirect_is_named_and_not_followed),
        TEST(a_reply_over_the_limit_is_a_failure),
        TEST(a_stop_ends_the_wait_for_another_try),
        TEST(a_call_that_cannot_be_started_keeps_no_slot),
        TEST(nobody_there_is_said_after_a_few_tries),
        TEST(the_providers_clock_is_compared),
        TEST(a_header_of_the_reply_is_read),
        TEST(a_client_that_was_never_opened_can_be_closed),
        BROKEN(a_catalogue_that_broke_off_is_fetched_again_and_listed_once),
        BROKEN(records_of_a_page_that_broke_off_do_not_come_twice),
        BROKEN(pages_are_asked_for_until_there_are_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
