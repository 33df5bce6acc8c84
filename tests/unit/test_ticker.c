#include "ticker.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "arena.h"
#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

enum { LONG_MS = 600000, WAITERS = 20 };

static int open_ticker(void **state) {
    *state = ticker_new();
    return !*state;
}

static int free_ticker(void **state) {
    ticker_free(*state);
    return 0;
}

static uint64_t version_of(struct ticker *ticker, sluice_text thing) {
    sluice_error error = ERROR_INIT;
    uint64_t version = 0;
    assert_int_equal(ticker_wait(ticker, thing, &version, LONG_MS, &error), 0);
    assert_true(version);
    return version;
}

static int look(struct ticker *ticker, sluice_text thing, uint64_t *version) {
    sluice_error error = ERROR_INIT;
    return ticker_wait(ticker, thing, version, 0, &error);
}

static void nothing_changes_by_itself(void **state) {
    uint64_t version = version_of(*state, TEXT("a")), before = version;
    assert_int_equal(look(*state, TEXT("a"), &version), 1);
    assert_int_equal(version, before);
}

static void a_tick_is_seen_by_its_thing_and_by_who_waits_for_anything(void **state) {
    sluice_text none = {0};
    uint64_t a = version_of(*state, TEXT("a")), b = version_of(*state, TEXT("b")),
             any = version_of(*state, none);
    ticker_tick(*state, TEXT("a"));
    assert_int_equal(look(*state, TEXT("a"), &a), 0);
    assert_int_equal(look(*state, TEXT("b"), &b), 1);
    assert_int_equal(look(*state, none, &any), 0);
    assert_int_equal(look(*state, TEXT("a"), &a), 1); /* it is known now */
}

static void what_has_no_name_is_no_job(void **state) {
    sluice_text none = {0};
    uint64_t a = version_of(*state, TEXT("a")), any = version_of(*state, none);
    ticker_tick(*state, none);
    assert_int_equal(look(*state, TEXT("a"), &a), 1);
    assert_int_equal(look(*state, none, &any), 0);
}

/* ---- threads --------------------------------------------------------------------------------- */

struct waiting {
    struct ticker *ticker;
    char name[16];
    uint64_t version;
    int result;
    pthread_t thread;
};

static void *wait_thread(void *user) {
    struct waiting *waiting = user;
    sluice_error error = ERROR_INIT;
    waiting->result =
        ticker_wait(waiting->ticker, text_of(waiting->name), &waiting->version, LONG_MS, &error);
    return NULL;
}

static void start_waiters(struct ticker *ticker, struct waiting *all) {
    for (int i = 0; i < WAITERS; i++) {
        all[i] = (struct waiting){.ticker = ticker};
        snprintf(all[i].name, sizeof all[i].name, "job-%d", i);
        all[i].version = version_of(ticker, text_of(all[i].name));
        assert_int_equal(pthread_create(&all[i].thread, NULL, wait_thread, &all[i]), 0);
    }
}

static void each_waiter_wakes_for_its_own(void **state) {
    struct waiting all[WAITERS];
    start_waiters(*state, all);
    for (int i = 0; i < WAITERS; i++) { /* whether it waits already or not */
        uint64_t before = all[i].version;
        ticker_tick(*state, text_of(all[i].name));
        pthread_join(all[i].thread, NULL);
        assert_int_equal(all[i].result, 0);
        assert_int_equal(all[i].version, before + 1);
    }
}

static void nobody_waits_for_one_that_has_stopped(void **state) {
    struct waiting all[WAITERS];
    sluice_error error = ERROR_INIT;
    uint64_t version = 0;
    start_waiters(*state, all);
    ticker_stop(*state);
    for (int i = 0; i < WAITERS; i++) {
        pthread_join(all[i].thread, NULL);
        assert_int_equal(all[i].result, SLUICE_E_BUSY);
    }
    assert_int_equal(ticker_wait(*state, TEXT("x"), &version, LONG_MS, &error), SLUICE_E_BUSY);
    assert_string_equal(error.text, "the service is stopping");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_changes_by_itself, open_ticker, free_ticker),
        cmocka_unit_test_setup_teardown(a_tick_is_seen_by_its_thing_and_by_who_waits_for_anything,
                                        open_ticker, free_ticker),
        cmocka_unit_test_setup_teardown(what_has_no_name_is_no_job, open_ticker, free_ticker),
        cmocka_unit_test_setup_teardown(each_waiter_wakes_for_its_own, open_ticker, free_ticker),
        cmocka_unit_test_setup_teardown(nobody_waits_for_one_that_has_stopped, open_ticker, free_ticker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
