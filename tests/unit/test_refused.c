#include "support.h"

#include "../plugins/harness.h"
#include "refused.h"

static void the_first_few_are_told_and_all_are_counted(void **state) {
    struct refused refused = {0};
    (void)state;
    for (int i = 0; i < REFUSED_TOLD; i++)
        assert_true(refused_count(&refused));
    assert_int_equal(refused_untold(&refused), 0);
    assert_false(refused_count(&refused));
    assert_false(refused_count(&refused));
    assert_int_equal(refused_untold(&refused), 2);
    assert_int_equal(atomic_load(&refused.rows), REFUSED_TOLD + 2);
}

static void a_row_has_a_number_and_what_has_none_an_order_id(void **state) {
    char name[REFUSED_NAME];
    struct batch *batch = harness_batch((const char *const[]){"order_id|imei", "77|1", "78|2", "|3", NULL});
    uint64_t numbers[] = {3, 0, 0};
    const uint64_t *own = batch->view.numbers;
    (void)state;
    batch->view.numbers = numbers;
    assert_string_equal(refused_name(batch, 0, name), "row 3");
    assert_string_equal(refused_name(batch, 1, name), "order 78");
    assert_string_equal(refused_name(batch, 2, name), "row 0");
    batch->view.numbers = own;
    batch_unref(batch);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_few_are_told_and_all_are_counted),
        cmocka_unit_test(a_row_has_a_number_and_what_has_none_an_order_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
