#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "foresight.h"
#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

static struct order_key key_of(unsigned n) {
    struct order_key key;
    char identifier[16];
    snprintf(identifier, sizeof identifier, "%u", n);
    assert_int_equal(
        order_key_make(&key, TEXT("shop"), TEXT("tester"), TEXT("1739"), text_of(identifier), NULL), 0);
    return key;
}

static void add(struct foresight *foresight, unsigned n, bool ordered, const char *order_id) {
    sluice_error error = ERROR_INIT;
    struct foreseen news = {.key = key_of(n), .ordered = ordered, .ordered_ms = n, .order_id = order_id};
    assert_int_equal(foresight_add(foresight, &news, &error), 0);
}

static void many_are_found_again(void **state) {
    struct foresight foresight = {0};
    char order_id[16];
    (void)state;
    for (unsigned n = 0; n < 5000; n++) {
        snprintf(order_id, sizeof order_id, "%u", 7000 + n);
        add(&foresight, n, true, order_id);
        add(&foresight, n, false, "later"); /* the first word counts */
    }
    for (unsigned n = 0; n < 5000; n++) {
        struct order_key key = key_of(n);
        const struct foreseen *found = foresight_find(&foresight, &key);
        assert_non_null(found);
        assert_true(found->ordered);
        assert_int_equal(found->ordered_ms, n);
    }
    struct order_key other = key_of(5000);
    assert_null(foresight_find(&foresight, &other));
    foresight_free(&foresight);
    assert_null(foresight_find(&foresight, &other));
}

static enum answer applied(const struct foresight *foresight, unsigned n, struct claim claim) {
    struct order_key key = key_of(n);
    foresight_apply(foresight, &key, &claim);
    return claim.answer;
}

static void it_changes_what_the_ledger_says(void **state) {
    struct foresight foresight = {0};
    const struct claim fresh = {.answer = ANSWER_CLAIMED}, doubt = {.answer = ANSWER_IN_DOUBT, .gen = 1},
                       repeat = {.answer = ANSWER_IN_DOUBT, .gen = 2}, live = {.answer = ANSWER_LIVE};
    (void)state;
    add(&foresight, 1, true, "7001");
    add(&foresight, 2, false, "");
    assert_int_equal(applied(&foresight, 1, fresh), ANSWER_DUPLICATE);
    assert_int_equal(applied(&foresight, 1, doubt), ANSWER_DUPLICATE);
    assert_int_equal(applied(&foresight, 1, live), ANSWER_LIVE);
    assert_int_equal(applied(&foresight, 2, doubt), ANSWER_CLAIMED);
    assert_int_equal(applied(&foresight, 2, repeat), ANSWER_DUPLICATE); /* of what was bought before it */
    assert_int_equal(applied(&foresight, 3, fresh), ANSWER_CLAIMED);
    assert_int_equal(applied(&foresight, 3, doubt), ANSWER_IN_DOUBT);
    struct claim claim = doubt;
    struct order_key key = key_of(1);
    foresight_apply(&foresight, &key, &claim);
    assert_string_equal(claim.order_id, "7001");
    foresight_free(&foresight);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_are_found_again),
        cmocka_unit_test(it_changes_what_the_ledger_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
