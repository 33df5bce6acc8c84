#include "support.h"

#include "../plugins/harness.h"
#include "reject_held.h"
#include "text.h"

static struct held held;
static sluice_error error;

static int begin(void **state) {
    (void)state;
    error = (sluice_error)ERROR_INIT;
    return held_init(&held, 2, &error);
}

static int end(void **state) {
    (void)state;
    held_free(&held);
    return 0;
}

static void add(const char *value, int64_t number) {
    struct batch *batch = harness_batch((const char *const[]){"imei", value, NULL});
    held_add(&held, batch, number);
    batch_unref(batch);
}

static void assert_next(const char *value) {
    struct batch *batch = held_take(&held);
    assert_non_null(batch);
    assert_int_equal(batch->view.selected, 1);
    assert_true(text_is(batch_value(&batch->view, 0, "imei"), value));
    batch_unref(batch);
}

static void a_batch_is_held_until_both_sinks_have_kept_it(void **state) {
    (void)state;
    add("1", 1);
    add("2", 2);
    add("3", 3);
    held_release(&held, 0, 3);
    assert_true(held_any(&held));
    held_release(&held, 1, 2);
    assert_next("3");
    assert_false(held_any(&held));
    assert_null(held_take(&held));
}

static void the_oldest_comes_first(void **state) {
    (void)state;
    add("1", 1);
    add("2", 2);
    assert_next("1");
    add("3", 3);
    assert_next("2");
    assert_next("3");
    add("4", 4);
    assert_next("4");
}

static void a_refused_row_is_never_released(void **state) {
    (void)state;
    struct batch *batch = harness_batch((const char *const[]){"imei|note", "1|a", "2|b", NULL});
    held_refused(&held, batch, 1);
    batch_unref(batch);
    add("3", 1);
    held_release(&held, 0, 1);
    held_release(&held, 1, 1);
    struct batch *kept = held_take(&held);
    assert_int_equal(kept->view.row_count, 1);
    assert_int_equal(kept->view.numbers[0], 3);
    assert_true(text_is(batch_value(&kept->view, 0, "note"), "b"));
    batch_unref(kept);
    assert_false(held_any(&held));
}

static void what_is_left_is_freed(void **state) {
    (void)state;
    add("1", 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_batch_is_held_until_both_sinks_have_kept_it, begin, end),
        cmocka_unit_test_setup_teardown(the_oldest_comes_first, begin, end),
        cmocka_unit_test_setup_teardown(a_refused_row_is_never_released, begin, end),
        cmocka_unit_test_setup_teardown(what_is_left_is_freed, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
