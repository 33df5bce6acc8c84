#include "doubts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h> /* last: it has a macro called fail */

static void so_many_are_too_many(void **state) {
    const struct doubts few = {.count = 19, .most = 20}, many = {.count = 20, .most = 20};
    char text[DOUBTS_TEXT];
    (void)state;
    assert_false(doubts_forbid(&few));
    assert_true(doubts_forbid(&many));
    assert_string_equal(doubts_text(&many, text),
                        "20 orders of the account are in doubt, spend.max_in_doubt allows fewer than 20: "
                        "nothing is ordered before they are settled");
    const struct doubts one = {.count = 1, .most = 1};
    assert_string_equal(doubts_text(&one, text),
                        "1 order of the account is in doubt, spend.max_in_doubt allows fewer than 1: "
                        "nothing is ordered before it is settled");
}

static void what_to_do_about_them(void **state) {
    struct doubts doubts = {.count = 20, .most = 20, .file = "place.yaml"};
    char text[DOUBTS_TEXT];
    (void)state;
    assert_string_equal(
        doubts_advice(&doubts, text),
        "see 'sluice ledger list --state in_doubt', 'sluice ledger settle' and 'sluice ledger "
        "resolve'");
    doubts.later = 20;
    doubts.later_ms = 1767225600000;
    assert_string_equal(doubts_advice(&doubts, text),
                        "ask again with 'sluice ledger settle -f place.yaml' after 2026-01-01 00:00:00 UTC");
    doubts.later = 3;
    assert_string_equal(doubts_advice(&doubts, text),
                        "ask again with 'sluice ledger settle -f place.yaml' after 2026-01-01 00:00:00 UTC, "
                        "for 3 of them; for the others see 'sluice ledger list --state in_doubt', 'sluice "
                        "ledger settle' and 'sluice ledger resolve'");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(so_many_are_too_many),
        cmocka_unit_test(what_to_do_about_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
