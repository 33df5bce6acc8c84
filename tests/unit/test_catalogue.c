#include "support.h"

#include <stdio.h>
#include <string.h>

#include "catalogue.h"
#include "shop.h"
#include "text.h"

static struct shop shop;
static struct instance instance;
static struct client client;
static struct catalogue catalogue;
static sluice_error error;

static int begin(void **state) {
    static const struct limits limits = {.concurrency = 1, .connect_ms = 5000, .timeout_ms = 5000};
    (void)state;
    shop_open(&shop);
    error = (sluice_error)ERROR_INIT;
    catalogue = (struct catalogue){0};
    assert_int_equal(instance_open(&instance, &shop_place, &shop, "place", NULL, true, &error), 0);
    return client_open(&client, &instance, &limits, NULL, &error);
}

static int end(void **state) {
    (void)state;
    catalogue_free(&catalogue);
    client_close(&client);
    instance_close(&instance);
    shop_close(&shop);
    return 0;
}

static const char *listed; /* what the shop answers; under its lock */

static bool list(struct shop *from, const char *body, char *out, size_t room) {
    (void)from, (void)body;
    snprintf(out, room, "%s", listed);
    return true;
}

static void shop_lists(const char *lines) {
    pthread_mutex_lock(&shop.lock);
    listed = lines;
    pthread_mutex_unlock(&shop.lock);
    shop_behave(&shop, list, HTTP_KEEP, NULL);
}

static int fetch(const char *lines) {
    catalogue_free(&catalogue);
    shop_lists(lines);
    return catalogue_fetch(&catalogue, &client, &error);
}

static void services_are_found_by_their_id(void **state) {
    (void)state;
    assert_int_equal(
        fetch("service 1739 0.50 A check\nservice 01739 1.00 Another\nservice x-1 $2.25 Third\n"), 0);
    assert_int_equal(catalogue.count, 3);
    const struct service *service = catalogue_find(&catalogue, TEXT("01739"));
    assert_true(text_is(service->title, "Another"));
    assert_int_equal(service->price, 1000000);
    assert_int_equal(service->index, 1);
    assert_int_equal(catalogue_find(&catalogue, TEXT("x-1"))->price, 2250000);
    assert_null(catalogue_find(&catalogue, TEXT("1740")));
    assert_null(catalogue_find(&catalogue, TEXT("")));
    assert_null(catalogue_find(&catalogue, (sluice_text){NULL, 0}));
}

static void what_is_no_price_is_unknown(void **state) {
    (void)state;
    assert_int_equal(
        fetch("service 1 free A\nservice 2 -0.50 B\nservice 3 0 C\nservice 4 1e3 D\nservice 5\n"), 0);
    assert_int_equal(catalogue_find(&catalogue, TEXT("1"))->price, MONEY_NONE);
    assert_int_equal(catalogue_find(&catalogue, TEXT("2"))->price, MONEY_NONE);
    assert_int_equal(catalogue_find(&catalogue, TEXT("3"))->price, 0);
    assert_int_equal(catalogue_find(&catalogue, TEXT("4"))->price, MONEY_NONE);
    assert_int_equal(catalogue_find(&catalogue, TEXT("5"))->price, MONEY_NONE);
}

static void of_two_with_one_id_the_first_counts(void **state) {
    (void)state;
    assert_int_equal(fetch("service 1 0.10 First\nservice 1 0.20 Second\n"), 0);
    assert_int_equal(catalogue_find(&catalogue, TEXT("1"))->price, 100000);
}

static void a_service_without_an_id_is_left_out(void **state) {
    (void)state;
    assert_int_equal(fetch("service\nservice 2 0.10 B\n"), 0);
    assert_int_equal(catalogue.count, 1);
    assert_int_equal(catalogue_find(&catalogue, TEXT("2"))->index, 0);
}

static bool list_many(struct shop *from, const char *body, char *out, size_t room) {
    const char *cookie = strstr(body, "cookie=");
    unsigned page = cookie ? (unsigned)(cookie[7] - '0') : 0;
    size_t used = 0;
    (void)from;
    for (unsigned i = 0; i < 100; i++)
        used += (size_t)snprintf(out + used, room - used, "service %u 0.%02u T\n", page * 100 + i, i);
    if (page < 7)
        snprintf(out + used, room - used, "more %u\n", page + 1);
    return true;
}

static void hundreds_are_found(void **state) {
    char id[8];
    (void)state;
    shop_behave(&shop, list_many, HTTP_KEEP, NULL);
    assert_int_equal(catalogue_fetch(&catalogue, &client, &error), 0);
    assert_int_equal(catalogue.count, 800);
    for (unsigned i = 0; i < 800; i++) {
        snprintf(id, sizeof id, "%u", i);
        const struct service *service = catalogue_find(&catalogue, text_of(id));
        assert_non_null(service);
        assert_int_equal(service->index, i);
        assert_int_equal(service->price, i % 100 * 10000);
    }
}

static void a_failure_leaves_nothing_to_find(void **state) {
    (void)state;
    assert_int_equal(fetch("service 1 0.10 A\nauth * Invalid User!\n"), SLUICE_E_AUTH);
    assert_null(catalogue_find(&catalogue, TEXT("1")));
    catalogue_free(&catalogue);
    assert_null(catalogue_find(&catalogue, TEXT("1")));
}

static void a_balance_is_read(void **state) {
    struct balance balance;
    (void)state;
    shop_lists("balance $150.00 USD\n");
    assert_int_equal(balance_fetch(&balance, &client, &error), 0);
    assert_true(balance.known);
    assert_int_equal(balance.amount, 150000000);
    assert_string_equal(balance.currency, "USD");
    shop_lists("balance unlimited\n");
    assert_int_equal(balance_fetch(&balance, &client, &error), 0);
    assert_false(balance.known);
    assert_string_equal(balance.currency, "");
    shop_lists("balance 1.00 a_currency_with_a_very_long_name\n");
    assert_int_equal(balance_fetch(&balance, &client, &error), 0);
    assert_int_equal(strlen(balance.currency), sizeof balance.currency - 1);
    shop_lists("\n");
    assert_int_equal(balance_fetch(&balance, &client, &error), 0);
    assert_false(balance.known);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(services_are_found_by_their_id),
        TEST(what_is_no_price_is_unknown),
        TEST(of_two_with_one_id_the_first_counts),
        TEST(a_service_without_an_id_is_left_out),
        TEST(hundreds_are_found),
        TEST(a_failure_leaves_nothing_to_find),
        TEST(a_balance_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
