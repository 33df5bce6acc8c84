/* till_test.h - the shop and the till that most tests of a run need. */
#ifndef TESTS_TILL_TEST_H
#define TESTS_TILL_TEST_H

#include "till.h"

/* With a directory for its ledger. For cmocka: made anew for each test, closed and removed behind it. */
extern struct shop shop;
extern struct till till;
extern char till_dir[64];
int till_set_up(void **state);
int till_tear_down(void **state);
#define TILL_TEST(name) cmocka_unit_test_setup_teardown(name, till_set_up, till_tear_down)
void till_begin(void); /* till_open */
#define TILL_RUN(...) till_run(&till, &shop, till_dir, TILL_ROWS(__VA_ARGS__))
#define TILL_GIVE(...) till_give(&till, TILL_ROWS(__VA_ARGS__))
void till_check(const char *sums, const char *states, int exit_code);

#endif
