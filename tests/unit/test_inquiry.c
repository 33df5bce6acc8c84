#include "inquiry.h"

#include "../plugins/harness.h"
#include "support.h"

static struct batch *batch;

static int begin(void **state) {
    struct inquiry *inquiry = inquiry_new(4);
    batch = harness_batch((const char *const[]){"a", "0", "1", "2", "3", NULL});
    for (uint32_t i = 0; i < 4; i++)
        inquiry_add(inquiry, batch, i);
    *state = inquiry;
    return 0;
}

static int end(void **state) {
    inquiry_free(*state);
    assert_int_equal(atomic_load(&batch->references), 1);
    batch_unref(batch);
    return 0;
}

static void it_keeps_its_batches(void **state) {
    struct inquiry *inquiry = *state;
    assert_int_equal(atomic_load(&batch->references), 5);
    assert_ptr_equal(inquiry_batch(inquiry, 3), batch);
    inquiry_clear(inquiry);
    assert_int_equal(inquiry->count, 0);
    assert_int_equal(atomic_load(&batch->references), 1);
}

static void it_is_split(void **state) {
    struct inquiry *inquiry = *state, *other = inquiry_new(4);
    inquiry_split(inquiry, 1, other);
    assert_int_equal(inquiry->count, 1);
    assert_int_equal(other->count, 3);
    assert_int_equal(other->rows[0].row, 1);
    assert_int_equal(atomic_load(&batch->references), 5);
    inquiry_free(other);
    assert_int_equal(atomic_load(&batch->references), 2);
}

static void some_rows_leave(void **state) {
    struct inquiry *inquiry = *state;
    inquiry_keep(inquiry, (const bool[]){false, true, false, true});
    assert_int_equal(inquiry->count, 2);
    assert_int_equal(inquiry->rows[0].row, 1);
    assert_int_equal(inquiry->rows[1].row, 3);
    assert_int_equal(atomic_load(&batch->references), 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_keeps_its_batches, begin, end),
        cmocka_unit_test_setup_teardown(it_is_split, begin, end),
        cmocka_unit_test_setup_teardown(some_rows_leave, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
