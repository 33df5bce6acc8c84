#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ledger_db.h"
#include "ledger_fixture.h"
#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

static void each_failure_has_its_code_and_remedy(void **state) {
    struct fixture *fixture = *state;
    static const struct {
        int code, expected;
        const char *part;
    } cases[] = {
        {SQLITE_FULL, SLUICE_E_IO, "free some space"},
        {SQLITE_READONLY, SLUICE_E_IO, "make it and its directory writable"},
        {SQLITE_READONLY_DBMOVED, SLUICE_E_IO, "read-only"},
        {SQLITE_IOERR_WRITE, SLUICE_E_IO, "check the disk"},
        {SQLITE_IOERR_FSYNC, SLUICE_E_IO, "can't be read or written"},
        {SQLITE_IOERR_NOMEM, SLUICE_E_IO, "out of memory"},
        {SQLITE_NOMEM, SLUICE_E_IO, "out of memory"},
        {SQLITE_CANTOPEN, SLUICE_E_IO, "can't be opened"},
        {SQLITE_BUSY, SLUICE_E_BUSY, "locked by another process"},
        {SQLITE_BUSY_SNAPSHOT, SLUICE_E_BUSY, "run this again"},
        {SQLITE_CORRUPT, SLUICE_E_CONFIG, "restore it from a backup"},
        {SQLITE_NOTADB, SLUICE_E_CONFIG, ".recover"},
        {SQLITE_MISUSE, SLUICE_E_SOFTWARE, "ledger.db"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        fixture_refused(fixture, ledger_fail(fixture->ledger, cases[i].code, &fixture->error),
                        cases[i].expected, cases[i].part);
}

static void values_come_back_as_they_were_bound(void **state) {
    struct fixture *fixture = *state;
    struct ledger *l = fixture->ledger;
    struct query *row;
    size_t size;
    fixture_good(fixture, ledger_statement(l, STATEMENT_EVENTS_READ, "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7",
                                           &row, &fixture->error));
    ledger_bind_int(l, row, 1, INT64_MIN);
    ledger_bind_money(l, row, 2, MONEY_NONE);
    ledger_bind_money(l, row, 3, -80000);
    ledger_bind_text(l, row, 4, (sluice_text){"textbehind", 4});
    ledger_bind_text(l, row, 5, (sluice_text){NULL, 0});
    ledger_bind_string(l, row, 6, "");
    ledger_bind_blob(l, row, 7, "\0\1", 2);
    assert_int_equal(ledger_step(l, row, &fixture->error), 1);
    assert_true(ledger_column_int(l, row, 0) == INT64_MIN);
    assert_true(ledger_column_money(l, row, 1) == MONEY_NONE);
    assert_true(ledger_column_money(l, row, 2) == -80000);
    assert_string_equal(ledger_column_string(l, row, 3), "text");
    assert_null(ledger_column_string(l, row, 4));
    assert_string_equal(ledger_column_string(l, row, 5), "");
    assert_memory_equal(ledger_column_blob(l, row, 6, &size), "\0\1", 2);
    assert_int_equal(size, 2);
    assert_int_equal(ledger_step(l, row, &fixture->error), 0);
}

/* A value that can't be bound must not be taken for NULL. */
static void a_failed_bind_fails_the_step(void **state) {
    struct fixture *fixture = *state;
    struct ledger *l = fixture->ledger;
    struct query *row;
    fixture_good(fixture, ledger_statement(l, STATEMENT_EVENTS_READ, "SELECT ?1", &row, &fixture->error));
    ledger_bind_int(l, row, 2, 7);
    ledger_bind_int(l, row, 1, 7);
    assert_int_equal(ledger_step(l, row, &fixture->error), SLUICE_E_SOFTWARE);
    assert_int_equal(ledger_step(l, row, &fixture->error), 1);
    ledger_reset(l, row);
}

static void a_wrong_statement_fails_with_sqlites_words(void **state) {
    struct fixture *fixture = *state;
    struct query *row;
    int failed = ledger_statement(fixture->ledger, STATEMENT_EVENTS_READ, "SELECT * FROM nowhere", &row,
                                  &fixture->error);
    fixture_refused(fixture, failed, SLUICE_E_SOFTWARE, "no such table: nowhere");
    assert_null(row);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_failure_has_its_code_and_remedy, fixture_set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(values_come_back_as_they_were_bound, fixture_set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_failed_bind_fails_the_step, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_wrong_statement_fails_with_sqlites_words, fixture_set_up,
                                        fixture_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
