/* Orders that were paid while the ledger couldn't be reached. On Postgres only; see
 * tests/supabase/test_ledger.sh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger_fixture.h"
#include "ledger_late.h"
#include "ledger_remote.h"
#include "ledger_settle.h"
#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

static void keep(struct fixture *fixture, int64_t order, const char *order_id) {
    sluice_text names[] = {TEXT("order_id"), TEXT("note")}, values[] = {text_of(order_id), {NULL, 0}};
    const struct late late = {.order = order,
                              .order_id = text_of(order_id),
                              .evidence = TEXT("<ok/>"),
                              .price = 90000,
                              .added = {names, values, 2}};
    fixture_good(fixture, ledger_late_keep(fixture->ledger, fixture->run, &late, &fixture->error));
}

static uint64_t take(struct fixture *fixture) {
    uint64_t placed = 0;
    fixture_good(fixture, ledger_late_take(fixture->ledger, &placed, &fixture->error));
    return placed;
}

static const char *file_of(struct fixture *fixture) {
    static char path[300];
    snprintf(path, sizeof path, "%s/late/%s-%lld", fixture->dir, fixture->ledger->remote->identity,
             (long long)fixture->run);
    return path;
}

static void only_what_is_far_away_keeps_any(void **state) {
    struct fixture *fixture = *state;
    const struct late late = {.order = 1, .order_id = TEXT("1"), .price = 1};
    if (fixture_is_remote())
        return;
    fixture_refused(fixture, ledger_late_keep(fixture->ledger, 1, &late, &fixture->error), SLUICE_E_SOFTWARE,
                    "late");
    assert_int_equal(take(fixture), 0);
}

static void what_was_kept_is_placed_by_the_next_run(void **state) {
    struct fixture *fixture = *state;
    if (!fixture_is_remote())
        return;
    int64_t sending = fixture_send(fixture, 1), doubtful = fixture_send(fixture, 2);
    keep(fixture, sending, "A-1");
    keep(fixture, doubtful, "A-2");
    fixture_end(fixture, doubtful, T8, "nobody knows");
    assert_int_equal(access(file_of(fixture), F_OK), 0);
    assert_int_equal(take(fixture), 2);
    assert_int_equal(fixture_state(fixture, sending), ORDER_PLACED);
    assert_int_equal(fixture_state(fixture, doubtful), ORDER_PLACED);
    assert_int_equal(
        fixture_number(fixture, "SELECT count(*) FROM orders WHERE order_id = 'A-1' AND price = 90000"), 1);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM outbox"), 2);
    assert_int_not_equal(access(file_of(fixture), F_OK), 0);
    assert_int_equal(take(fixture), 0);
}

static void what_is_known_by_now_stays(void **state) {
    struct fixture *fixture = *state;
    if (!fixture_is_remote())
        return;
    int64_t order = fixture_send(fixture, 1);
    keep(fixture, order, "A-1");
    assert_int_equal(fixture_place(fixture, order, "A-1"), ORDER_PLACED);
    assert_int_equal(take(fixture), 0);
    assert_int_equal(fixture_state(fixture, order), ORDER_PLACED);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM events WHERE transition = 3"), 1);
}

static void the_end_that_wasnt_written_is_left_out(void **state) {
    struct fixture *fixture = *state;
    if (!fixture_is_remote())
        return;
    int64_t first = fixture_send(fixture, 1), second = fixture_send(fixture, 2);
    keep(fixture, first, "A-1");
    keep(fixture, second, "A-2");
    FILE *file = fopen(file_of(fixture), "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    assert_int_equal(ftruncate(fileno(file), ftell(file) - 3), 0);
    fclose(file);
    assert_int_equal(take(fixture), 1);
    assert_int_equal(fixture_state(fixture, first), ORDER_PLACED);
    assert_int_equal(fixture_state(fixture, second), ORDER_SENDING);
}

static void another_ledgers_are_left_alone(void **state) {
    struct fixture *fixture = *state;
    if (!fixture_is_remote())
        return;
    int64_t order = fixture_send(fixture, 1);
    keep(fixture, order, "A-1");
    fixture->ledger->remote->identity[0] ^= 1;
    assert_int_equal(take(fixture), 0);
    fixture->ledger->remote->identity[0] ^= 1;
    assert_int_equal(take(fixture), 1);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(only_what_is_far_away_keeps_any), TEST(what_was_kept_is_placed_by_the_next_run),
        TEST(what_is_known_by_now_stays),      TEST(the_end_that_wasnt_written_is_left_out),
        TEST(another_ledgers_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
