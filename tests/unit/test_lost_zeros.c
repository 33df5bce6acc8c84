#include "lost_zeros.h"

#include <setjmp.h>
#include <stdarg.h>

#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

static void check(const char *identifier, const char *second) {
    char room[LOST_ZEROS_IMEI];
    sluice_text forms[LOST_ZEROS_FORMS];
    size_t count = lost_zeros_forms(text_of(identifier), room, forms);
    assert_int_equal(count, second ? 2 : 1);
    assert_true(text_equal(forms[0], text_of(identifier)));
    if (second)
        assert_true(text_equal(forms[1], text_of(second)));
}

static void a_number_that_would_be_an_imei(void **state) {
    (void)state;
    check("1001001234563", "001001001234563");
    check("4400000000016", "004400000000016");
    check("8600000000017", "008600000000017");
    check("34", "000000000000034"); /* however short */
}

static void what_is_no_such_number_is_itself(void **state) {
    (void)state;
    check("001001001234563", NULL);  /* it has them */
    check("1001001234564", NULL);    /* a wrong check digit */
    check("10010012345631", NULL);   /* fourteen digits, but not of this one */
    check("1001001234563A", NULL);   /* a serial number */
    check("0010010012345630", NULL); /* longer than an IMEI */
    check("", NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_that_would_be_an_imei),
        cmocka_unit_test(what_is_no_such_number_is_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
