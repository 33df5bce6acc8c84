#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "component_name.h"

#include <cmocka.h>

static void test_names(void **state) {
    (void)state;
    char name[COMPONENT_NAME_ROOM];
    assert_string_equal(component_name("gsm_fusion", "place", name), "gsm_fusion.place");
    assert_string_equal(component_name("csv", "csv", name), "csv");
}

static void test_longest(void **state) {
    (void)state;
    char name[COMPONENT_NAME_ROOM], plugin[NAME_MOST + 1], component[NAME_MOST + 1];
    memset(plugin, 'p', NAME_MOST);
    memset(component, 'c', NAME_MOST);
    plugin[NAME_MOST] = component[NAME_MOST] = 0;
    assert_int_equal(strlen(component_name(plugin, component, name)), 2 * NAME_MOST + 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names), cmocka_unit_test(test_longest)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
