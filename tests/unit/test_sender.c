#include "support.h"

#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../plugins/harness.h"
#include "catalogue.h"
#include "client.h"
#include "clock.h"
#include "log.h"
#include "sender.h"
#include "shop.h"
#include "text.h"

enum { FLIGHTS = 64 };

static struct shop shop;
static struct instance instance;
static struct limits limits;
static struct catalogue catalogue;
static struct sender sender;
static struct lot *lot;
static struct flight *flights[FLIGHTS];
static unsigned flight_count;
static sluice_error error;

static struct {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    struct flight *order[FLIGHTS];
    unsigned count;
} landed = {.lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER};

static void on_landed(void *user, struct flight *chain) {
    assert_ptr_equal(user, &landed);
    pthread_mutex_lock(&landed.lock);
    for (; chain; chain = chain->next)
        landed.order[landed.count++] = chain;
    pthread_cond_broadcast(&landed.moved);
    pthread_mutex_unlock(&landed.lock);
}

static void await_landed(unsigned count) {
    pthread_mutex_lock(&landed.lock);
    while (landed.count < count)
        pthread_cond_wait(&landed.moved, &landed.lock);
    pthread_mutex_unlock(&landed.lock);
}

static int begin(void **state) {
    (void)state;
    log_configure(&(struct log_settings){0});
    shop_open(&shop);
    limits = (struct limits){.concurrency = 10, .connect_ms = 5000, .timeout_ms = 20000};
    error = (sluice_error)ERROR_INIT;
    flight_count = landed.count = 0;
    return 0;
}

static int end(void **state) {
    (void)state;
    sender_close(&sender);
    for (unsigned i = 0; i < flight_count; i++) {
        call_end(&flights[i]->call);
        flight_free(flights[i]);
    }
    if (lot)
        lot_free(lot);
    lot = NULL;
    catalogue_free(&catalogue);
    instance_close(&instance);
    shop_close(&shop);
    return 0;
}

static void refuse(void *user, const struct batch *batch, uint32_t row, const struct order_refusal *refusal) {
    (void)user, (void)batch, (void)row;
    print_error("refused: %s\n", refusal->code);
    abort();
}

/* The catalogue, and a lot of one order a row of `imeis`. */
static void prepare(const char *const *imeis) {
    struct client client;
    assert_int_equal(instance_open(&instance, &shop_place, &shop, "actions[0] shop", NULL, true, &error), 0);
    assert_int_equal(client_open(&client, &instance, &limits, NULL, &error), 0);
    assert_int_equal(catalogue_fetch(&catalogue, &client, &error), 0);
    client_close(&client);
    struct order_maker maker = {.instance = &instance,
                                .catalogue = &catalogue,
                                .provider = TEXT("shop"),
                                .account = TEXT("a"),
                                .max_price = MONEY_NONE,
                                .fixed_price = MONEY_NONE};
    lot = lot_make(&maker, harness_batch(imeis), refuse, NULL, &error);
    assert_non_null(lot);
}

static void start(void) {
    assert_int_equal(sender_start(&sender, &instance, &limits, on_landed, &landed, &error), 0);
}

#define PREPARE(...) prepare((const char *const[]){"imei", __VA_ARGS__, NULL})

/* The orders first … first + count - 1 of the lot in one flight. */
static struct flight *board(uint32_t first, uint32_t count) {
    struct flight *flight = flight_new(count);
    for (; flight->count < count; flight->count++) {
        struct order *order = &lot->orders[first + flight->count];
        flight->orders[flight->count] = order;
        flight->rows[flight->count] = (sluice_row){&lot->batch->view, order->row, 0};
    }
    return flights[flight_count++] = flight;
}

/* Flights of one order each, in a chain. */
static struct flight *board_all(void) {
    struct flight *first = NULL, **last = &first;
    for (uint32_t i = 0; i < lot->count; i++) {
        *last = board(i, 1);
        last = &(*last)->next;
    }
    return first;
}

static void check_end(unsigned flight, enum flight_end expected) {
    assert_int_equal(flights[flight]->end, expected);
}

static void a_reply_comes_back_with_its_verdicts(void **state) {
    (void)state;
    PREPARE("1", "2");
    start();
    sender_send(&sender, board(0, 2));
    await_landed(1);
    check_end(0, FLIGHT_REPLIED);
    assert_int_equal(call_verdict(&flights[0]->call, 0)->kind, SLUICE_VERDICT_PLACED);
    assert_true(text_is(call_verdict(&flights[0]->call, 1)->order_id, "7002"));
    const sluice_text *references = flights[0]->call.view.client_refs;
    assert_int_equal(references[0].len, 34);
    assert_false(text_equal(references[0], references[1]));
    assert_int_equal(shop_charges(&shop, "1") + shop_charges(&shop, "2"), 2);
    assert_int_equal(shop_paid(&shop), 1);
}

/* Wrong credentials are found out with one call, not with as many as fit in flight. */
static void nothing_follows_the_first_call_before_it_is_allowed(void **state) {
    (void)state;
    PREPARE("1", "2", "3");
    start();
    sender_send(&sender, board_all());
    await_landed(1);
    assert_int_equal(shop_paid(&shop), 1);
    sender_return(&sender);
    await_landed(3);
    assert_int_equal(shop_paid(&shop), 1);
    check_end(0, FLIGHT_REPLIED);
    check_end(1, FLIGHT_RETURNED);
    check_end(2, FLIGHT_RETURNED);
    assert_true(flights[1]->text[0] != 0);
}

static void the_others_follow_when_it_is(void **state) {
    (void)state;
    PREPARE("1", "2", "3", "4");
    start();
    sender_send(&sender, board_all());
    await_landed(1);
    sender_go(&sender);
    await_landed(4);
    for (unsigned i = 0; i < 4; i++)
        check_end(i, FLIGHT_REPLIED);
    assert_int_equal(shop_paid(&shop), 4);
}

static void no_more_are_in_flight_than_allowed(void **state) {
    (void)state;
    limits.concurrency = 2;
    PREPARE("1", "2", "3", "4", "5", "6");
    shop_hold(&shop);
    start();
    sender_go(&sender);
    sender_send(&sender, board_all());
    for (unsigned i = 0; i < 4; i++) {
        shop_await_waiting(&shop, 2);
        shop_release_one(&shop);
    }
    shop_release(&shop);
    await_landed(6);
    assert_int_equal(shop.most_waiting, 2);
}

static void what_waits_for_a_slot_comes_back_when_the_run_stops(void **state) {
    (void)state;
    limits.concurrency = 1;
    PREPARE("1", "2");
    shop_hold(&shop);
    start();
    sender_go(&sender);
    sender_send(&sender, board_all());
    shop_await_waiting(&shop, 1);
    sender_return(&sender);
    await_landed(1);
    check_end(1, FLIGHT_RETURNED);
    shop_release(&shop); /* what is in flight is waited for */
    await_landed(2);
    check_end(0, FLIGHT_REPLIED);
    assert_int_equal(shop_paid(&shop), 1);
}

static void a_connection_that_breaks_is_a_doubt_and_sent_once(void **state) {
    static const enum http_then ways[] = {HTTP_CLOSE, HTTP_RESET};
    (void)state;
    PREPARE("1", "2");
    start();
    sender_go(&sender);
    for (unsigned i = 0; i < 2; i++) {
        shop_behave(&shop, NULL, ways[i], NULL);
        sender_send(&sender, board(i, 1));
        await_landed(i + 1);
        check_end(i, FLIGHT_DOUBT);
        assert_true(flights[i]->text[0] != 0);
    }
    assert_int_equal(shop_paid(&shop), 2);
}

static bool speak_html(struct shop *from, const char *body, char *out, size_t room) {
    (void)from;
    snprintf(out, room, "<html>busy</html>");
    return strstr(body, "op=place") != NULL;
}

static void a_reply_that_cannot_be_read_is_a_doubt(void **state) {
    (void)state;
    PREPARE("1");
    shop_behave(&shop, speak_html, HTTP_KEEP, NULL);
    start();
    sender_send(&sender, board_all());
    await_landed(1);
    check_end(0, FLIGHT_DOUBT);
    assert_non_null(strstr(flights[0]->text, "isn't the shop's language"));
}

/* 503 with a page of HTML, 500 with a real answer: the plugin says what it means. */
static void a_reply_is_read_whatever_its_status(void **state) {
    (void)state;
    PREPARE("1");
    shop_behave(&shop, NULL, HTTP_KEEP, "503 Busy");
    start();
    sender_send(&sender, board_all());
    await_landed(1);
    check_end(0, FLIGHT_REPLIED);
    assert_int_equal(shop_paid(&shop), 1);
}

static void a_request_that_cannot_be_made_is_unsent(void **state) {
    (void)state;
    PREPARE("unbuildable", "2");
    start();
    sender_send(&sender, board_all());
    await_landed(1);
    check_end(0, FLIGHT_UNSENT);
    assert_int_equal(flights[0]->failure, SLUICE_E_CONFIG);
    assert_string_equal(flights[0]->text, "no request can be made of it");
    sender_go(&sender);
    await_landed(2);
    check_end(1, FLIGHT_REPLIED);
    assert_int_equal(shop_paid(&shop), 1);
}

/* A port that is taken, but nobody listens there. */
static unsigned deaf_port(int *socket_fd) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    *socket_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(*socket_fd, (void *)&address, sizeof address), 0);
    assert_int_equal(getsockname(*socket_fd, (void *)&address, &length), 0);
    return ntohs(address.sin_port);
}

static void no_connection_means_unsent(void **state) {
    char url[64];
    int fd;
    (void)state;
    PREPARE("1", "2");
    snprintf(url, sizeof url, "http://127.0.0.1:%u", deaf_port(&fd));
    instance.self.endpoint.base_url = text_of(url);
    start();
    sender_go(&sender);
    sender_send(&sender, board_all());
    await_landed(2);
    for (unsigned i = 0; i < 2; i++) {
        check_end(i, FLIGHT_UNSENT);
        assert_int_equal(flights[i]->failure, 0);
        assert_non_null(strstr(flights[i]->text, "refused the connection"));
    }
    close(fd);
}

static void nothing_starts_during_a_pause(void **state) {
    (void)state;
    PREPARE("1");
    start();
    int64_t until = clock_us() + 150000;
    sender_pause(&sender, until);
    sender_pause(&sender, until - 100000); /* the longer one holds */
    sender_send(&sender, board_all());
    await_landed(1);
    assert_true(clock_us() >= until);
    check_end(0, FLIGHT_REPLIED);
}

static void doubts_in_a_row_hold_the_next_ones(void **state) {
    (void)state;
    PREPARE("1", "2", "3", "4", "5", "6", "7");
    limits.concurrency = 1;
    shop_behave(&shop, NULL, HTTP_CLOSE, NULL);
    start();
    sender_go(&sender);
    sender_send(&sender, board_all());
    await_landed(SENDER_DOUBTS);
    sender_return(&sender);
    await_landed(7);
    assert_int_equal(shop_paid(&shop), SENDER_DOUBTS);
    check_end(4, FLIGHT_DOUBT);
    check_end(5, FLIGHT_RETURNED);
    check_end(6, FLIGHT_RETURNED);
}

static bool run_dry(struct shop *from, const char *body, char *out, size_t room) {
    (void)from;
    snprintf(out, room, "no_credit * Credit has been finished!\n");
    return strstr(body, "imei=2") != NULL;
}

static void a_refusal_that_ends_the_run_holds_the_next_ones(void **state) {
    (void)state;
    limits.concurrency = 2;
    PREPARE("21", "22", "3", "4");
    shop_behave(&shop, run_dry, HTTP_KEEP, NULL);
    shop_hold(&shop);
    start();
    sender_go(&sender);
    sender_send(&sender, board_all());
    shop_await_waiting(&shop, 2);
    shop_release_one(&shop);
    await_landed(1);
    shop_release(&shop);
    await_landed(2); /* so the sender has looked for more since the first one landed */
    sender_return(&sender);
    await_landed(4);
    assert_int_equal(shop_paid(&shop), 2);
    check_end(2, FLIGHT_RETURNED);
}

/* Of several orders it isn't believed, and ends nothing: the next ones must not wait for ever. */
static void a_refusal_that_is_a_doubt_holds_nobody(void **state) {
    (void)state;
    limits.concurrency = 1;
    PREPARE("2", "1", "3");
    shop_behave(&shop, run_dry, HTTP_KEEP, NULL);
    start();
    sender_go(&sender);
    sender_send(&sender, board(0, 2));
    sender_send(&sender, board(2, 1));
    await_landed(2);
    check_end(1, FLIGHT_REPLIED);
    assert_int_equal(shop_paid(&shop), 2);
}

static bool doubt_all(struct shop *from, const char *body, char *out, size_t room) {
    (void)from;
    snprintf(out, room, "doubt * what is this\n");
    return strstr(body, "op=place") != NULL;
}

/* A bot wall answers all calls alike, and says nothing about any order. */
static void replies_without_a_word_on_an_order_are_doubts(void **state) {
    (void)state;
    PREPARE("1", "2", "3", "4", "5", "6", "7");
    limits.concurrency = 1;
    shop_behave(&shop, doubt_all, HTTP_KEEP, NULL);
    start();
    sender_go(&sender);
    sender_send(&sender, board_all());
    await_landed(SENDER_DOUBTS);
    sender_return(&sender);
    await_landed(7);
    assert_int_equal(shop_paid(&shop), SENDER_DOUBTS);
    check_end(4, FLIGHT_REPLIED);
    check_end(5, FLIGHT_RETURNED);
}

static const char *refusal;

static bool refuse_all(struct shop *from, const char *body, char *out, size_t room) {
    (void)from;
    snprintf(out, room, "%s\n", refusal);
    return strstr(body, "op=place") != NULL;
}

static void later_holds_the_next_ones_up(void **state) {
    (void)state;
    PREPARE("1", "2");
    limits.concurrency = 1;
    refusal = "later * -1 maintenance";
    shop_behave(&shop, refuse_all, HTTP_KEEP, NULL);
    start();
    sender_go(&sender);
    sender_send(&sender, board_all());
    await_landed(1);
    sender_return(&sender);
    await_landed(2);
    assert_int_equal(shop_paid(&shop), 1);
    check_end(1, FLIGHT_RETURNED);
}

static void flights_land_in_the_order_of_their_replies(void **state) {
    (void)state;
    PREPARE("1", "2", "3", "4");
    shop_hold(&shop);
    start();
    sender_go(&sender);
    sender_send(&sender, board_all());
    for (unsigned i = 0; i < 4; i++) {
        shop_await_waiting(&shop, 4 - i);
        shop_release_one(&shop);
        await_landed(i + 1);
    }
    for (unsigned i = 0; i < 4; i++)
        assert_true(call_verdict(&landed.order[i]->call, 0)->kind == SLUICE_VERDICT_PLACED);
}

static void closing_waits_for_what_is_in_flight(void **state) {
    (void)state;
    PREPARE("1", "2", "3");
    start();
    sender_go(&sender);
    sender_send(&sender, board_all());
    sender_close(&sender);
    assert_int_equal(landed.count, 3);
    assert_int_equal(shop_paid(&shop), 3);
    sender_close(&sender); /* does no harm */
}

static void a_flight_can_be_used_again(void **state) {
    (void)state;
    PREPARE("1", "2");
    start();
    sender_go(&sender);
    struct flight *flight = board(0, 1);
    sender_send(&sender, flight);
    await_landed(1);
    call_end(&flight->call);
    flight->orders[0] = &lot->orders[1];
    flight->rows[0].row = lot->orders[1].row;
    sender_send(&sender, flight);
    await_landed(2);
    check_end(0, FLIGHT_REPLIED);
    assert_true(text_is(call_verdict(&flight->call, 0)->order_id, "7002"));
    assert_int_equal(shop_charges(&shop, "2"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

/* ---- tokens ---------------------------------------------------------------------------------- */

static bool refuse_log_in(struct shop *from, const char *body, char *out, size_t room) {
    (void)from;
    snprintf(out, room, "auth * wrong key\n");
    return strstr(body, "op=login") != NULL;
}

static bool expire_first(struct shop *from, const char *body, char *out, size_t room) {
    if (!strstr(body, "op=place") || from->paid)
        return false;
    snprintf(out, room, "expired 0 the token has expired\n");
    return true;
}

/* Each token is good for two requests: three log-ins, and not one order is sent without, or twice. */
static void calls_wait_for_a_log_in(void **state) {
    (void)state;
    PREPARE("1", "2", "3", "4", "5", "6");
    shop.logs_in = true;
    unsigned before = shop_asked(&shop);
    start();
    sender_send(&sender, board_all());
    await_landed(1);
    check_end(0, FLIGHT_REPLIED);
    sender_go(&sender);
    await_landed(6);
    for (unsigned i = 0; i < 6; i++) {
        check_end(i, FLIGHT_REPLIED);
        assert_int_equal(call_verdict(&flights[i]->call, 0)->kind, SLUICE_VERDICT_PLACED);
    }
    assert_int_equal(shop_paid(&shop), 6);
    assert_int_equal(shop_asked(&shop) - before, 3);
}

static void a_log_in_that_fails_sends_no_order(void **state) {
    (void)state;
    PREPARE("1", "2");
    shop.logs_in = true;
    unsigned before = shop_asked(&shop);
    shop_behave(&shop, refuse_log_in, HTTP_KEEP, NULL);
    start();
    sender_send(&sender, board_all());
    await_landed(1);
    check_end(0, FLIGHT_UNSENT);
    assert_int_equal(flights[0]->failure, SLUICE_E_AUTH);
    assert_non_null(strstr(flights[0]->text, "wrong key"));
    sender_return(&sender);
    await_landed(2);
    check_end(1, FLIGHT_RETURNED);
    assert_int_equal(shop_paid(&shop), 0);
    assert_int_equal(shop_asked(&shop) - before, 1);
}

/* The server that gives tokens is down: that is waited for, but not against a stop. */
static void a_stop_ends_the_wait_for_a_log_in(void **state) {
    (void)state;
    PREPARE("1", "2");
    shop.logs_in = true;
    unsigned before = shop_asked(&shop);
    shop_behave(&shop, NULL, HTTP_KEEP, "503 Busy");
    start();
    sender_send(&sender, board_all());
    while (shop_asked(&shop) == before)
        sched_yield();
    sender_return(&sender);
    await_landed(2);
    check_end(0, FLIGHT_RETURNED);
    check_end(1, FLIGHT_RETURNED);
    assert_int_equal(shop_paid(&shop), 0);
}

static void a_token_that_ran_out_early_releases_the_order(void **state) {
    (void)state;
    PREPARE("1", "2");
    shop.logs_in = true;
    unsigned before = shop_asked(&shop);
    shop_behave(&shop, expire_first, HTTP_KEEP, NULL);
    start();
    sender_send(&sender, board_all());
    await_landed(1);
    check_end(0, FLIGHT_REPLIED);
    assert_int_equal(call_verdict(&flights[0]->call, 0)->kind, SLUICE_VERDICT_RETRY_LATER);
    sender_go(&sender);
    await_landed(2);
    assert_int_equal(call_verdict(&flights[1]->call, 0)->kind, SLUICE_VERDICT_PLACED);
    assert_int_equal(shop_asked(&shop) - before, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_reply_comes_back_with_its_verdicts),
        TEST(nothing_follows_the_first_call_before_it_is_allowed),
        TEST(the_others_follow_when_it_is),
        TEST(no_more_are_in_flight_than_allowed),
        TEST(what_waits_for_a_slot_comes_back_when_the_run_stops),
        TEST(a_connection_that_breaks_is_a_doubt_and_sent_once),
        TEST(a_reply_that_cannot_be_read_is_a_doubt),
        TEST(a_reply_is_read_whatever_its_status),
        TEST(a_request_that_cannot_be_made_is_unsent),
        TEST(calls_wait_for_a_log_in),
        TEST(a_log_in_that_fails_sends_no_order),
        TEST(a_token_that_ran_out_early_releases_the_order),
        TEST(a_stop_ends_the_wait_for_a_log_in),
        TEST(no_connection_means_unsent),
        TEST(nothing_starts_during_a_pause),
        TEST(doubts_in_a_row_hold_the_next_ones),
        TEST(a_refusal_that_ends_the_run_holds_the_next_ones),
        TEST(a_refusal_that_is_a_doubt_holds_nobody),
        TEST(replies_without_a_word_on_an_order_are_doubts),
        TEST(later_holds_the_next_ones_up),
        TEST(flights_land_in_the_order_of_their_replies),
        TEST(closing_waits_for_what_is_in_flight),
        TEST(a_flight_can_be_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
