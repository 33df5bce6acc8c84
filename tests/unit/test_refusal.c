#include "support.h"

#include "../plugins/harness.h"
#include "refusal.h"
#include "text.h"

static unsigned told;

static void check(void *user, const struct batch *batch, const struct reject *reject) {
    static const char *const reasons[] = {"too long", ""};
    (void)user;
    assert_true(text_is(batch_value(&batch->view, reject->row, "imei"), reject->row ? "2" : "1"));
    assert_string_equal(reject->code, "unkeepable");
    assert_true(text_equal(reject->reason, text_of(reasons[told])));
    told++;
}

/* The sink's own words are gone by then, and so is the batch but for this. */
static void what_was_refused_is_told_in_order_and_once(void **state) {
    struct refusals refusals = {0};
    struct batch *batch = harness_batch((const char *const[]){"imei", "1", "2", NULL});
    char code[] = "unkeepable", reason[] = "too long";
    (void)state;
    refusals_add(&refusals, batch, &(struct reject){0, code, text_of(reason)});
    refusals_add(&refusals, batch, &(struct reject){1, code, {NULL, 0}});
    memset(code, '?', 3);
    memset(reason, '?', 3);
    batch_unref(batch);
    assert_int_equal(refusals.count, 2);
    refusals_tell(&refusals, check, NULL);
    refusals_tell(&refusals, check, NULL);
    assert_int_equal(told, 2);
}

static void what_is_forgotten_is_not_told(void **state) {
    struct refusals refusals = {0};
    struct batch *batch = harness_batch((const char *const[]){"imei", "1", NULL});
    (void)state;
    told = 0;
    for (int i = 0; i < 40; i++)
        refusals_add(&refusals, batch, &(struct reject){0, "unkeepable", TEXT("")});
    batch_unref(batch);
    refusals_clear(&refusals);
    refusals_tell(&refusals, check, NULL);
    assert_int_equal(told, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_refused_is_told_in_order_and_once),
        cmocka_unit_test(what_is_forgotten_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
