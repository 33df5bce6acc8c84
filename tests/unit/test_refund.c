#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ledger_fixture.h"
#include "refund.h"
#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

static struct refunds refunds;

static void begin(struct fixture *fixture, const char *dir) {
    struct intent intent = fixture_intent(1);
    refunds_init(&refunds, &(struct ledger_site){.state_dir = dir}, "check");
    refunds.provider = intent.provider;
    refunds.account = intent.account;
    (void)fixture;
}

static void add(const char *order_id) {
    sluice_error error = ERROR_INIT;
    struct ledger_refund refund = {.order_id = text_of(order_id), .reason = TEXT("no")};
    assert_int_equal(refunds_add(&refunds, &refund, &error), 0);
}

static void they_are_written_together(void **state) {
    struct fixture *fixture = *state;
    sluice_error error = ERROR_INIT;
    for (unsigned n = 1; n <= 3; n++)
        fixture_buy(fixture, n);
    begin(fixture, fixture->dir);
    add("9001");
    add("9003");
    add("another's");
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM orders WHERE state = 7"), 0);
    assert_int_equal(refunds_write(&refunds, &error), 0);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM orders WHERE state = 7"), 2);
    assert_int_equal(refunds.written, 2);
    assert_int_equal(refunds_write(&refunds, &error), 0);
    add("9002");
    assert_int_equal(refunds_write(&refunds, &error), 0);
    assert_int_equal(refunds.written, 3);
    refunds_free(&refunds);
}

static void where_nothing_was_ordered_there_is_no_ledger(void **state) {
    struct fixture *fixture = *state;
    sluice_error error = ERROR_INIT;
    char dir[80], path[100];
    snprintf(dir, sizeof dir, "%s/none", fixture->dir);
    begin(fixture, dir);
    add("9001");
    assert_int_equal(refunds_write(&refunds, &error), 0);
    assert_int_equal(refunds.written, 0);
    snprintf(path, sizeof path, "%s/ledger.db", dir);
    assert_int_equal(access(path, F_OK), -1);
    refunds_free(&refunds);
}

static void a_ledger_that_cant_be_read_is_a_failure(void **state) {
    struct fixture *fixture = *state;
    sluice_error error = ERROR_INIT;
    char path[100];
    fixture_buy(fixture, 1);
    ledger_close(fixture->ledger);
    snprintf(path, sizeof path, "%s/ledger.db", fixture->dir);
    FILE *file = fopen(path, "w");
    assert_int_equal(fputs("no ledger at all, and long enough to be something else altogether", file) < 0, 0);
    fclose(file);
    fixture->ledger = NULL;
    begin(fixture, fixture->dir);
    add("9001");
    assert_true(refunds_write(&refunds, &error) < 0);
    refunds_free(&refunds);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(they_are_written_together, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(where_nothing_was_ordered_there_is_no_ledger, fixture_set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_ledger_that_cant_be_read_is_a_failure, fixture_set_up,
                                        fixture_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
