#include "support.h"

#include <math.h>
#include <string.h>

#include "error.h"
#include "library.h"

#define MATH_SYMBOLS(X) X(cos) X(hypot)

static struct { MATH_SYMBOLS(LIBRARY_MEMBER) } math;

static void symbols_are_looked_up_in_order(void **state) {
    static const char *const names[] = {MATH_SYMBOLS(LIBRARY_NAME)};
    sluice_error error = ERROR_INIT;
    (void)state;
    assert_int_equal(library_load("libm.so.6", "libc6", names, 2, (void **)&math, &error), 0);
    assert_true(math.cos(0) > 0.99);
    assert_true(math.hypot(3, 4) > 4.99 && math.hypot(3, 4) < 5.01);
}

static void a_missing_library_names_its_package(void **state) {
    static const char *const names[] = {"cos"};
    void *table[1];
    sluice_error error = ERROR_INIT;
    (void)state;
    assert_int_equal(library_load("libsluice-missing.so.9", "libmissing9", names, 1, table, &error),
                     SLUICE_E_UNAVAILABLE);
    assert_non_null(strstr(error.text, "libsluice-missing.so.9"));
    assert_non_null(strstr(error.text, "install the package libmissing9"));
}

static void a_missing_symbol_names_it(void **state) {
    static const char *const names[] = {"cos", "sluice_no_such_function"};
    void *table[2];
    sluice_error error = ERROR_INIT;
    (void)state;
    assert_int_equal(library_load("libm.so.6", "libc6", names, 2, table, &error), SLUICE_E_UNAVAILABLE);
    assert_non_null(strstr(error.text, "sluice_no_such_function"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(symbols_are_looked_up_in_order),
        cmocka_unit_test(a_missing_library_names_its_package),
        cmocka_unit_test(a_missing_symbol_names_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
