/* The linker puts it in the place of ledger_begin in the tests. With TEST_LEDGER_AHEAD all that they will
 * look for has been asked for beforehand, as a run does it: what was answered then must not outlive what
 * changes it. */
#include "ledger_fixture.h"

#include <stdlib.h>

#include "ledger_ahead.h"
#include "text.h"

int __real_ledger_begin(struct ledger *ledger, sluice_error *error);
int __wrap_ledger_begin(struct ledger *ledger, sluice_error *error);

static void expect_everything(struct ledger *ledger) {
    static const char *const ids[] = {"1",    "7",    "77",  "9001", "9002", "9003", "9006", "9500", "9501",
                                      "9502", "9503", "A-1", "A-2",  "B-1",  "B-2",  "F-1",  "F-2",  "F-3"};
    char identifier[16];
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        ledger_expect_order_id(ledger, text_of(ids[i]));
    for (unsigned n = 1; n <= 20; n++) {
        struct order_key key;
        if (!order_key_make(&key, TEXT("gsm_fusion"), TEXT("tester@api.example.test"), TEXT("1739"),
                            text_of(fixture_identifier(n, identifier)), NULL))
            ledger_expect_key(ledger, &key);
        ledger_expect_order(ledger, n);
    }
}

int __wrap_ledger_begin(struct ledger *ledger, sluice_error *error) {
    int failed = __real_ledger_begin(ledger, error);
    if (failed || !getenv("TEST_LEDGER_AHEAD"))
        return failed;
    expect_everything(ledger);
    ledger_expect_askers(ledger);
    return ledger_ask_ahead(ledger, error);
}
