#include "support.h"

#include "order_id.h"
#include "text.h"

static void one_that_is_made_up_can_be_told(void **state) {
    (void)state;
    assert_true(order_id_is_made_up(TEXT("import-0123456789abcdef0123")));
    assert_true(order_id_is_made_up(TEXT("import-x")));
    assert_false(order_id_is_made_up(TEXT("import-")));
    assert_false(order_id_is_made_up(TEXT("5000017")));
    assert_false(order_id_is_made_up(TEXT("important-1")));
    assert_false(order_id_is_made_up((sluice_text){NULL, 0}));
}

/* Stores keep them: they may never change, and are those that gsm_fusion.import makes. */
static void the_same_order_gets_the_same_one(void **state) {
    char one[SLUICE_MADE_ID], other[SLUICE_MADE_ID];
    (void)state;
    sluice_text id =
        sluice_made_id(TEXT("Apple Check"), TEXT("001001001234563"), TEXT("2026-01-02 03:04:05"), one);
    assert_true(order_id_is_made_up(id));
    assert_int_equal(id.len, 27);
    assert_string_equal(one, "import-580e77d7e67fbbdbfc27");
    sluice_made_id(TEXT("APPLE CHECK"), TEXT("001001001234563"), TEXT("2026-01-02 03:04:05"), other);
    assert_string_equal(one, other);
    sluice_made_id(TEXT("Apple Check"), TEXT("001001001234563"), TEXT("2026-01-02 03:04:06"), other);
    assert_string_not_equal(one, other);
    sluice_made_id(TEXT("Apple Check0"), TEXT("01001001234563"), TEXT("2026-01-02 03:04:05"), other);
    assert_string_not_equal(one, other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_is_made_up_can_be_told),
        cmocka_unit_test(the_same_order_gets_the_same_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
