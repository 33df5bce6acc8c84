/* Orders that were paid while the ledger couldn't be reached. On Postgres only; see
 * tests/supabase/test_ledger.sh. */
#include <pthread.h>
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
    snprintf(path, sizeof path, "%s/late/%s-%lld-%lld", fixture->dir, fixture->ledger->remote->identity,
             (long long)fixture->run, (long long)fixture->ledger->remote->token);
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

/* A ledger that was restored from a backup: no run must fail over it, again and again. */
static void what_the_ledger_has_never_heard_of_is_told(void **state) {
    struct fixture *fixture = *state;
    if (!fixture_is_remote())
        return;
    int64_t order = fixture_send(fixture, 1);
    keep(fixture, order + 1000, "A-1");
    keep(fixture, order, "A-2");
    assert_int_equal(take(fixture), 1);
    assert_int_equal(fixture_state(fixture, order), ORDER_PLACED);
    assert_int_not_equal(access(file_of(fixture), F_OK), 0);
}

/* After a backup was restored its next runs and orders get the numbers of those that it lacks. */
static void another_run_of_the_same_number_gets_nothing(void **state) {
    struct fixture *fixture = *state;
    if (!fixture_is_remote())
        return;
    int64_t order = fixture_send(fixture, 1);
    keep(fixture, order, "A-1");
    fixture_execute(fixture, "UPDATE runs SET token = token # 1");
    assert_int_equal(take(fixture), 0);
    assert_int_equal(fixture_state(fixture, order), ORDER_SENDING);
    assert_int_equal(access(file_of(fixture), F_OK), 0);
    fixture_execute(fixture, "UPDATE runs SET token = token # 1");
    assert_int_equal(take(fixture), 1);
    assert_int_equal(fixture_state(fixture, order), ORDER_PLACED);
    assert_int_not_equal(access(file_of(fixture), F_OK), 0);
}

static void *take_beside(void *user) {
    struct fixture *fixture = user;
    const struct ledger_site site = fixture_site(fixture->dir);
    struct ledger *ledger;
    sluice_error error = ERROR_INIT;
    uint64_t *placed = calloc(1, sizeof *placed);
    if (ledger_open_at(&site, 0, &ledger, &error) == 0) {
        for (int i = 0; i < 20 && !error.code; i++) {
            uint64_t some = 0;
            ledger_late_take(ledger, &some, &error);
            *placed += some;
        }
        ledger_close(ledger);
    }
    if (error.code) { /* an assertion is for the first thread */
        print_error("%s\n", error.text);
        *placed = 10000;
    }
    return placed;
}

/* One that ends while others begin. */
static void nothing_is_lost_between_reading_and_removing(void **state) {
    enum { ORDERS = 60 };
    struct fixture *fixture = *state;
    int64_t orders[ORDERS];
    pthread_t threads[2];
    uint64_t sum = 0;
    if (!fixture_is_remote())
        return;
    for (int i = 0; i < ORDERS; i++)
        orders[i] = fixture_send(fixture, i + 1);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_beside, fixture), 0);
    for (int i = 0; i < ORDERS; i++) {
        char id[16];
        snprintf(id, sizeof id, "A-%d", i);
        keep(fixture, orders[i], id);
        usleep(3000);
    }
    for (size_t i = 0; i < 2; i++) {
        uint64_t *placed;
        assert_int_equal(pthread_join(threads[i], (void **)&placed), 0);
        sum += *placed;
        free(placed);
    }
    assert_int_equal(sum + take(fixture), ORDERS);
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
        TEST(only_what_is_far_away_keeps_any),
        TEST(what_was_kept_is_placed_by_the_next_run),
        TEST(what_is_known_by_now_stays),
        TEST(the_end_that_wasnt_written_is_left_out),
        TEST(what_the_ledger_has_never_heard_of_is_told),
        TEST(another_run_of_the_same_number_gets_nothing),
        TEST(nothing_is_lost_between_reading_and_removing),
        TEST(another_ledgers_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
