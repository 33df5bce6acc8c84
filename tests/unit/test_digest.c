#include "support.h"

#include <string.h>

#include "../plugins/harness.h"
#include "digest.h"
#include "text.h"

static void add(struct digest *digest, const char *const *rows) {
    struct batch *batch = harness_batch(rows);
    digest_add(digest, &batch->view);
    batch_unref(batch);
}

#define ADD(digest, ...) add(digest, (const char *const[]){__VA_ARGS__, NULL})

/* As SELECT hashtextextended(…) of PostgreSQL 15 says. */
static void the_hash_is_that_of_postgres(void **state) {
    (void)state;
    const struct {
        const char *value;
        int64_t seed, hash;
    } known[] = {{"", 0, -6939563903564495251},
                 {"a", 0, 3591986179850072241},
                 {"00112233445", 7, -3373365787307173306},
                 {"001122334455", -5, 1866397417582720263},
                 {"Überprüfung ⚡ and more", INT64_MAX, -4323302994793934466}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_int_equal((int64_t)digest_hash(text_of(known[i].value), (uint64_t)known[i].seed),
                         known[i].hash);
}

static void neither_order_matters(void **state) {
    (void)state;
    struct digest one = {0}, other = {0};
    ADD(&one, "order_id|imei|status", "71|001001001234563|Pending", "72|004400000000016|~");
    ADD(&other, "status|imei|order_id", "~|004400000000016|72");
    ADD(&other, "status|imei|order_id", "Pending|001001001234563|71");
    assert_int_equal(one.orders, 2);
    assert_true(one.sum == other.sum && one.orders == other.orders);
    assert_false(one.broken || other.broken);
}

static void every_value_matters(void **state) {
    static const char *const rows[] = {"71|001001001234563|a|b", "71|001001001234563|b|a",
                                       "71|001001001234563|ab|", "71|001001001234563||ab",
                                       "72|001001001234563|a|b", "71|001001001234563|a|"};
    uint64_t sums[6];
    (void)state;
    for (size_t i = 0; i < 6; i++) {
        struct digest digest = {0};
        ADD(&digest, "order_id|imei|carrier|notes", rows[i]);
        sums[i] = digest.sum;
        for (size_t k = 0; k < i; k++)
            assert_true(sums[k] != sums[i]);
    }
}

/* Two orders that have exchanged a value are others. */
static void a_value_belongs_to_its_row(void **state) {
    (void)state;
    struct digest one = {0}, other = {0};
    ADD(&one, "order_id|imei|notes", "71|001001001234563|a", "72|004400000000016|b");
    ADD(&other, "order_id|imei|notes", "71|001001001234563|b", "72|004400000000016|a");
    assert_true(one.sum != other.sum);
}

static void what_a_store_does_itself_does_not(void **state) {
    (void)state;
    struct digest one = {0}, other = {0};
    ADD(&one, "id|order_id|imei|updated_at", "1|71|001001001234563|2026-01-01");
    ADD(&other, "order_id|imei|carrier", "71|001001001234563|");
    assert_true(one.sum == other.sum);
    assert_int_equal(one.name_count, 2);
}

static void rows_that_are_no_orders_are_left_out(void **state) {
    (void)state;
    struct digest digest = {0};
    ADD(&digest, "order_id|imei", "71|", "72|~", "|001001001234563", "73|001001001234563");
    assert_int_equal(digest.orders, 1);
    assert_int_equal(digest.without, 2);
}

static void columns_that_change_break_it(void **state) {
    (void)state;
    struct digest digest = {0}, nothing = {0};
    ADD(&digest, "order_id|imei", "71|001001001234563");
    ADD(&digest, "order_id|imei|notes", "72|001001001234563|x");
    assert_true(digest.broken);
    ADD(&nothing, "imei|notes", "001001001234563|x");
    assert_true(nothing.broken);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hash_is_that_of_postgres),
        cmocka_unit_test(neither_order_matters),
        cmocka_unit_test(every_value_matters),
        cmocka_unit_test(a_value_belongs_to_its_row),
        cmocka_unit_test(what_a_store_does_itself_does_not),
        cmocka_unit_test(rows_that_are_no_orders_are_left_out),
        cmocka_unit_test(columns_that_change_break_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
