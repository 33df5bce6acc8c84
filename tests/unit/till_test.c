#include "till_test.h"

#include "log.h"
#include "support.h"

struct shop shop;
struct till till;
char till_dir[64];

int till_set_up(void **state) {
    (void)state;
    log_configure(&(struct log_settings){0});
    till = (struct till){0};
    shop_open(&shop);
    support_dir(till_dir);
    return 0;
}

int till_tear_down(void **state) {
    (void)state;
    till_close(&till);
    shop_close(&shop);
    support_remove(till_dir);
    return 0;
}

void till_begin(void) {
    till_open(&till, &shop, till_dir);
}

void till_check(const char *sums, const char *states, int exit_code) {
    assert_string_equal(till_sums(&till), sums);
    assert_string_equal(till_states(&till), states);
    assert_int_equal(till.exit_code, exit_code);
}
