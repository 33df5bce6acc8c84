/* A component that spends when its options say so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "may_spend.h"

struct config {
    sluice_text other;
    uint8_t spends;
};

static const sluice_option options[] = {
    SLUICE_OPT_TEXT(struct config, other, "other", 0, NULL, "another", NULL),
    SLUICE_OPT_BOOL(struct config, spends, "spends", 0, "false", "it spends"),
};

static const sluice_component type = {.size = sizeof type,
                                      .kind = SLUICE_ACTION,
                                      .flags = SLUICE_MAY_SPEND | SLUICE_REFUNDS,
                                      .name = "http",
                                      .options = options,
                                      .option_count = 2,
                                      .config_size = sizeof(struct config)};

static void test_option_decides(void **state) {
    sluice_arena arena = {0};
    struct config config = {.spends = 0};
    (void)state;
    assert_ptr_equal(may_spend(&type, &config, &arena), &type);
    config.spends = 1;
    const sluice_component *own = may_spend(&type, &config, &arena);
    assert_ptr_not_equal(own, &type);
    assert_int_equal(own->flags, SLUICE_SPENDS | SLUICE_MAY_SPEND | SLUICE_REFUNDS);
    assert_ptr_equal(own->options, type.options);
    assert_int_equal(type.flags, SLUICE_MAY_SPEND | SLUICE_REFUNDS);
    arena_free(&arena);
}

static void test_only_where_it_may(void **state) {
    sluice_arena arena = {0};
    struct config config = {.spends = 1};
    sluice_component other = type;
    (void)state;
    other.flags = 0;
    assert_ptr_equal(may_spend(&other, &config, &arena), &other);
    other.flags = SLUICE_MAY_SPEND;
    other.option_count = 1;
    assert_null(may_spend_option(&other));
    assert_ptr_equal(may_spend(&other, &config, &arena), &other);
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_option_decides),
        cmocka_unit_test(test_only_where_it_may),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
