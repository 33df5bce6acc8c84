#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "currency.h"
#include "text.h"

static void named_and_not_alike(void **state) {
    (void)state;
    assert_true(currency_differs(TEXT("USD"), TEXT("EUR")));
    assert_true(currency_differs(TEXT("USD"), TEXT("USDT")));
    assert_false(currency_differs(TEXT("USD"), TEXT("usd")));
    assert_false(currency_differs(TEXT("USD"), TEXT("")));
    assert_false(currency_differs((sluice_text){NULL, 0}, TEXT("USD")));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(named_and_not_alike)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
