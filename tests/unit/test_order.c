#include "support.h"

#include <stdio.h>
#include <string.h>

#include "../plugins/harness.h"
#include "order.h"
#include "shop.h"
#include "text.h"

static struct shop shop;
static struct instance instance;
static struct catalogue catalogue;
static struct order_maker maker;
static sluice_error error;

static struct {
    unsigned count;
    uint32_t row;
    char code[32], reason[200];
} refused;

static void refuse(void *user, const struct batch *batch, uint32_t row, const struct order_refusal *refusal) {
    assert_ptr_equal(user, &refused);
    assert_true(row < batch->view.row_count);
    refused.count++;
    refused.row = row;
    strncpy(refused.code, refusal->code, sizeof refused.code - 1);
    snprintf(refused.reason, sizeof refused.reason, "%.*s", TEXT_ARG(refusal->reason));
}

static int begin(void **state) {
    struct limits limits = {.concurrency = 1, .connect_ms = 5000, .timeout_ms = 5000};
    struct client client;
    (void)state;
    error = (sluice_error)ERROR_INIT;
    memset(&refused, 0, sizeof refused);
    shop_open(&shop);
    assert_int_equal(instance_open(&instance, &shop_place, &shop, "place", NULL, true, &error), 0);
    assert_int_equal(client_open(&client, &instance, &limits, NULL, &error), 0);
    assert_int_equal(catalogue_fetch(&catalogue, &client, &error), 0);
    client_close(&client);
    maker = (struct order_maker){.instance = &instance,
                                 .catalogue = &catalogue,
                                 .provider = TEXT("shop"),
                                 .account = TEXT("tester@shop"),
                                 .max_price = MONEY_NONE,
                                 .fixed_price = MONEY_NONE};
    return 0;
}

static int end(void **state) {
    (void)state;
    catalogue_free(&catalogue);
    instance_close(&instance);
    shop_close(&shop);
    return 0;
}

static struct lot *make(const char *const *rows) {
    return lot_make(&maker, harness_batch(rows), refuse, &refused, &error);
}

#define MAKE(...) make((const char *const[]){__VA_ARGS__, NULL})

static void rows_become_orders(void **state) {
    (void)state;
    struct lot *lot = MAKE("imei|service_id|extra", "1|1740|x", "2||");
    assert_int_equal(lot->count, 2);
    assert_true(text_is(lot->orders[0].identifier, "1"));
    assert_true(text_is(lot->orders[0].parameters, "x"));
    assert_true(text_is(lot->orders[0].service->id, "1740"));
    assert_true(text_is(lot->orders[1].service->id, "1739"));
    assert_int_equal(order_price(&maker, &lot->orders[0]), 80000);
    assert_int_equal(order_number(&lot->orders[1]), 3);
    struct order_key key;
    assert_int_equal(order_key_make(&key, TEXT("shop"), TEXT("tester@shop"), TEXT("1740"), TEXT("1"), &error),
                     0);
    assert_memory_equal(&key, &lot->orders[0].key, sizeof key);
    assert_memory_not_equal(&lot->orders[0].key, &lot->orders[1].key, sizeof key);
    order_close(&lot->orders[1]);
    order_close(&lot->orders[0]); /* the last one frees the lot, and the batch with it */
}

static void only_selected_rows_do(void **state) {
    struct changes changes;
    (void)state;
    struct batch *all = harness_batch((const char *const[]){"imei", "1", "2", "3", NULL});
    changes_begin(&changes, all, &error);
    changes_drop(&changes.view, 1, SLUICE_DROP_FILTERED);
    struct batch *some = changes_end(&changes, &error);
    changes_free(&changes);
    batch_unref(all);
    struct lot *lot = lot_make(&maker, some, refuse, &refused, &error);
    assert_int_equal(lot->count, 2);
    assert_int_equal(lot->orders[1].row, 2);
    assert_int_equal(order_number(&lot->orders[1]), 4);
    lot_free(lot);
}

static void check_refused(const char *imei, const char *service, const char *code, const char *reason) {
    char row[100];
    snprintf(row, sizeof row, "%s|%s", imei, service);
    refused.count = 0;
    assert_null(MAKE("imei|service_id", row));
    assert_int_equal(error.code, 0); /* nothing failed: there is just no order in it */
    assert_int_equal(refused.count, 1);
    assert_string_equal(refused.code, code);
    assert_non_null(strstr(refused.reason, reason));
}

static void what_cannot_be_ordered_is_refused_with_a_reason(void **state) {
    (void)state;
    check_refused("bad", "", "invalid_imei", "it is bad");
    check_refused("", "", "empty", "no identifier");
    check_refused("~", "", "empty", "no identifier");
    check_refused("1", "4711", "unknown_service", "'4711'");
}

/* It is still an order: if the ledger knows it, the price is no concern. */
static void check_unpriced(const char *code) {
    struct lot *lot = MAKE("imei", "1");
    assert_non_null(lot);
    assert_int_equal(refused.count, 0);
    if (code) {
        assert_string_equal(lot->orders[0].unpriced.code, code);
        assert_true(lot->orders[0].unpriced.reason.len > 0);
    } else {
        assert_null(lot->orders[0].unpriced.code);
    }
    lot_free(lot);
}

static void an_order_that_may_not_be_bought_says_why(void **state) {
    (void)state;
    maker.max_price = 500000; /* up to and including */
    check_unpriced(NULL);
    maker.max_price = 499999;
    check_unpriced("max_price");
    maker.max_price = MONEY_NONE;
    catalogue.services[0].price = MONEY_NONE;
    check_unpriced("no_price");
}

static void the_pipelines_price_stands_in_for_the_catalogues(void **state) {
    (void)state;
    catalogue.services[0].price = MONEY_NONE;
    maker.fixed_price = 250000;
    maker.max_price = 250000;
    struct lot *lot = MAKE("imei", "1");
    assert_int_equal(order_price(&maker, &lot->orders[0]), 250000);
    lot_free(lot);
    check_unpriced(NULL);
    maker.fixed_price = 250001;
    check_unpriced("max_price");
    catalogue.services[0].price = 80000; /* which is what is paid: limits go by it */
    lot = MAKE("imei", "1");
    assert_int_equal(order_price(&maker, &lot->orders[0]), 80000);
    lot_free(lot);
}

static void a_pipeline_spends_one_currency(void **state) {
    (void)state;
    maker.currency = TEXT("USD");
    catalogue.services[0].currency = TEXT("usd");
    check_unpriced(NULL);
    catalogue.services[0].currency = TEXT("EUR");
    check_unpriced("currency");
    maker.currency = TEXT("");
    check_unpriced(NULL);
}

static void good_rows_stay_beside_refused_ones(void **state) {
    (void)state;
    struct lot *lot = MAKE("imei", "bad", "1", "bad", "2", "");
    assert_int_equal(lot->count, 2);
    assert_int_equal(lot->open, 2);
    assert_int_equal(refused.count, 3);
    assert_int_equal(refused.row, 4);
    lot_free(lot);
}

static void a_failure_of_the_plugin_ends_it_all(void **state) {
    (void)state;
    assert_null(MAKE("imei", "1", "boom", "2"));
    assert_int_equal(error.code, SLUICE_E_DATA);
    assert_string_equal(error.text, "boom");
    struct lot *lot = MAKE("imei", "1"); /* the error of before doesn't count */
    assert_non_null(lot);
    assert_int_equal(error.code, 0);
    lot_free(lot);
}

static void a_flight_has_room_for_its_rows(void **state) {
    (void)state;
    struct flight *flight = flight_new(100);
    assert_int_equal(flight->room, 100);
    flight->orders[99] = NULL;
    flight->rows[99].row = 7;
    flight_free(flight);
    flight_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(rows_become_orders),
        TEST(only_selected_rows_do),
        TEST(what_cannot_be_ordered_is_refused_with_a_reason),
        TEST(an_order_that_may_not_be_bought_says_why),
        TEST(the_pipelines_price_stands_in_for_the_catalogues),
        TEST(a_pipeline_spends_one_currency),
        TEST(good_rows_stay_beside_refused_ones),
        TEST(a_failure_of_the_plugin_ends_it_all),
        TEST(a_flight_has_room_for_its_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
