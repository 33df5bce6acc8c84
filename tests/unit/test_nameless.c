#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "../plugins/harness.h"
#include "chain.h"
#include "nameless.h"
#include "order_id.h"
#include "text.h"

static struct nameless nameless;

static void reject(void *user, const struct batch *batch, const struct reject *why,
                   const struct component *component) {
    (void)user, (void)batch, (void)why, (void)component;
    fail_msg("a row was rejected");
}

static struct batch *process(const char *const *rows) {
    const struct component component = {.type = &nameless_action, .place = "store copy", .config = &nameless};
    struct chain_counts counts = {0};
    sluice_error error = ERROR_INIT;
    struct chain chain;
    memset(&nameless, 0, sizeof nameless);
    assert_int_equal(chain_open(&chain, &component, 1, NULL, false, &error), 0);
    struct batch *out = chain_process(&chain, harness_batch(rows), &counts, reject, NULL, &error);
    assert_non_null(out);
    chain_close(&chain);
    return out;
}

#define PROCESS(...) process((const char *const[]){__VA_ARGS__, NULL})

static void orders_that_have_an_id_keep_it(void **state) {
    (void)state;
    struct batch *batch = PROCESS("order_id|imei", "71|001001001234563", "72|004400000000016");
    assert_string_equal(harness_cell(batch, 0, "order_id"), "71");
    assert_string_equal(harness_cell(batch, 1, "order_id"), "72");
    assert_int_equal(nameless.count, 0);
    batch_unref(batch);
}

/* That of an import of the same order. */
static void the_others_get_one(void **state) {
    char made[SLUICE_MADE_ID];
    (void)state;
    struct batch *batch =
        PROCESS("order_id|imei|service_name|order_date", "71|001001001234563|Check|2026-01-02",
                "~|004400000000016|Check|2026-01-02", "|004900000000015||", "~|~|Check|");
    sluice_made_id(TEXT("Check"), TEXT("004400000000016"), TEXT("2026-01-02"), made);
    assert_string_equal(harness_cell(batch, 0, "order_id"), "71");
    assert_string_equal(harness_cell(batch, 1, "order_id"), made);
    assert_true(order_id_is_made_up(text_of(harness_cell(batch, 2, "order_id"))));
    assert_int_equal(batch_value(&batch->view, 3, "order_id").len, 0); /* it is an order for nothing */
    assert_int_equal(nameless.count, 2);
    assert_string_equal(nameless.first, "004400000000016");
    batch_unref(batch);
}

static void a_table_without_ids_gets_the_column(void **state) {
    (void)state;
    struct batch *batch = PROCESS("imei|service_id", "001001001234563|1739", "001001001234563|1740");
    assert_true(order_id_is_made_up(text_of(harness_cell(batch, 0, "order_id"))));
    char *first = strdup(harness_cell(batch, 0, "order_id"));
    assert_string_not_equal(harness_cell(batch, 1, "order_id"), first);
    free(first);
    batch_unref(batch);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_that_have_an_id_keep_it),
        cmocka_unit_test(the_others_get_one),
        cmocka_unit_test(a_table_without_ids_gets_the_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
