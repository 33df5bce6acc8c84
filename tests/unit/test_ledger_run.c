#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/wait.h>
#include <unistd.h>

#include "ledger_db.h"
#include "ledger_fixture.h"
#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

static bool locked(struct fixture *fixture, int64_t run) {
    struct run_lock *lock = NULL;
    char path[128];
    snprintf(path, sizeof path, "%s/runs/%lld.lock", fixture->dir, (long long)run);
    if (access(path, F_OK))
        return false;
    int answer = run_lock_take(fixture->dir, run, false, &lock, &fixture->error);
    run_lock_drop(lock);
    return answer == RUN_LOCK_HELD;
}

static struct recovered recover(struct fixture *fixture, struct ledger *ledger, int64_t run) {
    struct recovered out;
    fixture_good(fixture, ledger_recover(ledger, run, &out, &fixture->error));
    return out;
}

/* ---- begin and end -------------------------------------------------------------------------- */

static void a_run_holds_its_lock_until_it_ends(void **state) {
    struct fixture *fixture = *state;
    if (fixture_is_remote())
        return;
    char path[128];
    int64_t run = fixture->run;
    assert_true(locked(fixture, run));
    assert_int_equal(fixture_number(fixture,
                                    "SELECT count(*) FROM runs WHERE pipeline = 'p' AND file = 'p.yaml'"
                                    " AND ended_ms IS NULL AND pid > 0"),
                     1);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM cursors"), 2);
    fixture_good(fixture, ledger_run_end(fixture->ledger, run, 10, &fixture->error));
    snprintf(path, sizeof path, "%s/runs/%lld.lock", fixture->dir, (long long)run);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_equal(
        fixture_number(fixture, "SELECT exit_code = 10 AND complete = 1 AND ended_ms > 0 FROM runs"), 1);
}

static void a_run_that_ends_leaves_nothing_open(void **state) {
    struct fixture *fixture = *state;
    int64_t sending = fixture_send(fixture, 1);
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    int64_t claimed = fixture_claim(fixture, fixture->run, 2).order;
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    fixture_good(fixture, ledger_run_end(fixture->ledger, fixture->run, 75, &fixture->error));
    assert_int_equal(fixture_state(fixture, sending), ORDER_IN_DOUBT);
    assert_int_equal(fixture_state(fixture, claimed), ORDER_RELEASED);
    assert_int_equal(
        fixture_number(fixture, "SELECT count(*) FROM orders WHERE reason LIKE 'run 1 ended before %'"), 2);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM events WHERE transition = 9"), 2);
}

static void two_sinks_of_one_name_are_refused(void **state) {
    struct fixture *fixture = *state;
    if (fixture_is_remote())
        return;
    static const char *const sinks[] = {"orders", "orders"};
    int64_t run;
    struct run_info info = {.pipeline = "p", .sinks = sinks, .sink_count = 2};
    fixture_refused(fixture, ledger_run_begin(fixture->ledger, &info, &run, &fixture->error), SLUICE_E_CONFIG,
                    "two sinks have the id 'orders'");
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM runs"), 1);
    assert_false(locked(fixture, fixture->run + 1));
    assert_int_equal(fixture_begin_run(fixture, fixture->ledger, "p"), fixture->run + 1);
}

static void without_sinks_nothing_waits(void **state) {
    struct fixture *fixture = *state;
    struct run_info info = {.pipeline = "q"};
    fixture_good(fixture, ledger_run_begin(fixture->ledger, &info, &fixture->run, &fixture->error));
    fixture_buy(fixture, 1);
    fixture_good(fixture, ledger_run_end(fixture->ledger, fixture->run, 0, &fixture->error));
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM outbox"), 0);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM records"), 0);
    assert_int_equal(fixture_number(fixture, "SELECT complete FROM runs WHERE pipeline = 'q'"), 1);
}

/* ---- recovery ------------------------------------------------------------------------------- */

static void live_runs_are_left_alone(void **state) {
    struct fixture *fixture = *state;
    int64_t order = fixture_send(fixture, 1);
    struct ledger *other = fixture_open(fixture);
    int64_t run = fixture_begin_run(fixture, other, "p");
    struct recovered out = recover(fixture, other, run);
    assert_int_equal(out.runs, 0);
    assert_int_equal(fixture_state(fixture, order), ORDER_SENDING);
    ledger_close(other);
}

static void a_dead_run_is_closed_once(void **state) {
    struct fixture *fixture = *state;
    fixture_send(fixture, 1);
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    fixture_claim(fixture, fixture->run, 2);
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    fixture_reopen(fixture);
    int64_t run = fixture_begin_run(fixture, fixture->ledger, "other");
    struct recovered out = recover(fixture, fixture->ledger, run);
    assert_int_equal(out.runs, 1);
    assert_int_equal(out.in_doubt, 1);
    assert_int_equal(out.released, 1);
    assert_int_equal(
        fixture_number(fixture, "SELECT count(*) FROM runs WHERE ended_ms > 0 AND exit_code IS NULL"), 1);
    assert_int_equal(fixture_number(fixture, "SELECT run FROM events WHERE transition = 9 LIMIT 1"), run);
    out = recover(fixture, fixture->ledger, run);
    assert_int_equal(out.runs + out.in_doubt + out.released, 0);
    assert_false(locked(fixture, fixture->run));
}

static void a_dead_run_without_a_lock_file_is_closed(void **state) {
    struct fixture *fixture = *state;
    if (fixture_is_remote())
        return;
    char path[128];
    fixture_send(fixture, 1);
    fixture_reopen(fixture);
    snprintf(path, sizeof path, "%s/runs/%lld.lock", fixture->dir, (long long)fixture->run);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(recover(fixture, fixture->ledger, 0).in_doubt, 1);
}

/* Its lock file was removed, another run ended it, it went on, and died. */
static void what_a_run_began_after_its_end_is_closed(void **state) {
    struct fixture *fixture = *state;
    if (fixture_is_remote())
        return;
    char path[128];
    struct ledger *other = fixture_open(fixture);
    int64_t run = fixture_begin_run(fixture, other, "p");
    int64_t early = fixture_send(fixture, 1), bought = fixture_send(fixture, 2);
    assert_int_equal(ledger_in_place(fixture->ledger, &fixture->error), 0);
    snprintf(path, sizeof path, "%s/runs/%lld.lock", fixture->dir, (long long)fixture->run);
    assert_int_equal(unlink(path), 0);
    fixture_refused(fixture, ledger_in_place(fixture->ledger, &fixture->error), SLUICE_E_IO, "was removed");
    assert_int_equal(recover(fixture, other, run).in_doubt, 2);
    /* A late order id is news, a late refusal isn't. */
    enum order_state became;
    struct outcome placed = {.transition = T3, .order_id = TEXT("7"), .price = MONEY_NONE};
    struct outcome refused = {.transition = T6, .price = MONEY_NONE};
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    fixture_good(fixture,
                 ledger_outcome(fixture->ledger, fixture->run, bought, &placed, &became, &fixture->error));
    assert_int_equal(became, ORDER_PLACED);
    fixture_good(fixture,
                 ledger_outcome(fixture->ledger, fixture->run, early, &refused, &became, &fixture->error));
    assert_int_equal(became, ORDER_IN_DOUBT);
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    int64_t late = fixture_send(fixture, 3);
    ledger_close(fixture->ledger);
    fixture->ledger = other;
    assert_int_equal(recover(fixture, other, run).in_doubt, 1);
    assert_int_equal(fixture_state(fixture, late), ORDER_IN_DOUBT);
    assert_int_equal(fixture_number(fixture, "SELECT complete FROM runs WHERE id = 1"), 0);
    assert_int_equal(recover(fixture, other, run).in_doubt, 0);
}

/* More orders than are closed in one step, more runs than one. */
static void many_orders_of_many_runs(void **state) {
    struct fixture *fixture = *state;
    enum { ORDERS = 700 };
    for (int run = 0; run < 3; run++) {
        fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
        for (unsigned i = 0; i < ORDERS; i++)
            fixture_claim(fixture, fixture->run, (unsigned)run * ORDERS + i);
        fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
        fixture_reopen(fixture);
        fixture->run = fixture_begin_run(fixture, fixture->ledger, "p");
    }
    struct recovered out = recover(fixture, fixture->ledger, fixture->run);
    assert_int_equal(out.runs, 3);
    assert_int_equal(out.released, 3 * ORDERS);
}

/* ---- processes that die --------------------------------------------------------------------- */

/* A life, step by step. */
struct life {
    struct ledger *ledger;
    const char *dir;
    int64_t run;
    struct claim claims[2];
    sluice_error error;
};

static int open_it(struct life *life) {
    const struct ledger_site site = fixture_site(life->dir);
    return ledger_open_at(&site, 0, &life->ledger, &life->error);
}

static int begin_run(struct life *life) {
    static const char *const sinks[] = {"a"};
    struct run_info info = {.pipeline = "p", .sinks = sinks, .sink_count = 1};
    return ledger_run_begin(life->ledger, &info, &life->run, &life->error);
}

static int begin(struct life *life) {
    return ledger_begin(life->ledger, &life->error);
}

static int commit(struct life *life) {
    return ledger_commit(life->ledger, &life->error);
}

static int claim(struct life *life, unsigned n) {
    struct intent intent = fixture_intent(n);
    return ledger_claim(life->ledger, life->run, &intent, &life->claims[n - 1], &life->error);
}

static int claim_one(struct life *life) {
    return claim(life, 1);
}

static int claim_two(struct life *life) {
    return claim(life, 2);
}

static int send_one(struct life *life) {
    return ledger_send(life->ledger, life->claims[0].order, 1, 1, &life->error);
}

static int place_one(struct life *life) {
    enum order_state became;
    struct outcome placed = {.transition = T3, .order_id = TEXT("77"), .price = MONEY_NONE};
    return ledger_outcome(life->ledger, life->run, life->claims[0].order, &placed, &became, &life->error);
}

static int deliver(struct life *life) {
    return ledger_delivered(life->ledger, life->run, "a", ledger_version(life->ledger), &life->error);
}

static int end_run(struct life *life) {
    return ledger_run_end(life->ledger, life->run, 0, &life->error);
}

static int close_it(struct life *life) {
    ledger_close(life->ledger);
    return 0;
}

static int (*const steps_of_life[])(struct life *) = {
    open_it, begin_run, begin,  claim_one, claim_two, commit, begin,   send_one, commit,
    begin,   place_one, commit, begin,     deliver,   commit, end_run, close_it,
};
enum { STEPS = sizeof steps_of_life / sizeof *steps_of_life };

/* A process that does so many steps and is killed there. */
static void live(struct fixture *fixture, int steps) {
    struct life life = {.dir = fixture->dir, .error = ERROR_INIT};
    for (int step = 0; step < steps; step++)
        if (steps_of_life[step](&life)) {
            fprintf(stderr, "# step %d: %s\n", step, life.error.text);
            _exit(1);
        }
    raise(SIGKILL);
}

/* What must be true after a recovery from a death behind each step. */
static void assert_after(struct fixture *fixture, int steps, const struct recovered *out) {
    bool begun = steps > 1 && steps <= 15, claimed = steps > 5, sent = steps > 8, placed = steps > 11;
    int64_t first = claimed ? (placed ? ORDER_PLACED : sent ? ORDER_IN_DOUBT : ORDER_RELEASED) : 0;
    int64_t second = claimed ? ORDER_RELEASED : 0;
    bool delivered = steps > 14;
    assert_int_equal(out->runs, begun);
    assert_int_equal(out->in_doubt, sent && !placed);
    assert_int_equal(out->released, !begun ? 0 : claimed + (claimed && !sent));
    assert_int_equal(
        fixture_number(fixture, "SELECT ifnull((SELECT state FROM orders WHERE \"row\" = 1), 0)"), first);
    assert_int_equal(
        fixture_number(fixture, "SELECT ifnull((SELECT state FROM orders WHERE \"row\" = 2), 0)"), second);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM outbox"), placed && !delivered);
    assert_int_equal(
        fixture_number(fixture, "SELECT count(*) FROM runs WHERE ended_ms IS NULL AND pipeline <> 'q'"), 0);
    assert_int_equal(
        fixture_number(fixture, "SELECT count(*) FROM runs WHERE complete = 0 AND pipeline <> 'q'"),
        placed && !delivered);
}

static void killed_behind_every_step(void **state) {
    for (int steps = 1; steps <= STEPS; steps++) {
        struct fixture *fixture;
        int status;
        if (fixture_set_up((void **)&fixture))
            fail_msg("no directory");
        fixture_good(fixture, ledger_run_end(fixture->ledger, fixture->run, 0, &fixture->error));
        ledger_close(fixture->ledger);
        fixture->ledger = NULL;
        pid_t child = fork();
        if (child == 0)
            live(fixture, steps);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        fixture_end_leases(fixture);
        fixture->ledger = fixture_open(fixture);
        int64_t run = fixture_begin_run(fixture, fixture->ledger, "q");
        struct recovered out = recover(fixture, fixture->ledger, run);
        assert_after(fixture, steps, &out);
        fixture_tear_down((void **)&fixture);
    }
    (void)state;
}

/* Two that recover at the same time: each order is closed once. */
static void two_recover_at_once(void **state) {
    struct fixture *fixture = *state;
    pid_t children[2];
    int status;
    unsigned total = 0;
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    for (unsigned i = 0; i < 200; i++)
        fixture_claim(fixture, fixture->run, i);
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    ledger_close(fixture->ledger);
    fixture_end_leases(fixture);
    for (int i = 0; i < 2; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            struct ledger *ledger = fixture_open(fixture);
            struct recovered out = {0};
            int failed = ledger_recover(ledger, 0, &out, &fixture->error);
            _exit(failed ? 255 : (int)out.released);
        }
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status));
        total += (unsigned)WEXITSTATUS(status);
    }
    assert_int_equal(total, 200);
    fixture->ledger = fixture_open(fixture);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM events WHERE transition = 9"), 200);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_run_holds_its_lock_until_it_ends),
        TEST(a_run_that_ends_leaves_nothing_open),
        TEST(two_sinks_of_one_name_are_refused),
        TEST(without_sinks_nothing_waits),
        TEST(live_runs_are_left_alone),
        TEST(a_dead_run_is_closed_once),
        TEST(a_dead_run_without_a_lock_file_is_closed),
        TEST(what_a_run_began_after_its_end_is_closed),
        TEST(many_orders_of_many_runs),
        cmocka_unit_test(killed_behind_every_step),
        TEST(two_recover_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
