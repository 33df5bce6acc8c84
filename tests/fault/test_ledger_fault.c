/* A small life of the ledger on a disk that fails at every place where it can. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit/ledger_fixture.h"
#include "ledger_db.h"
#include "text.h"
#include "vfs_fault.h"

#include <cmocka.h> /* last: it has a macro called fail */

enum {
    GROUP = 4,
    ALL = VFS_FAULT_OPEN | VFS_FAULT_READ | VFS_FAULT_WRITE | VFS_FAULT_SYNC | VFS_FAULT_TRUNCATE
};

/* What the ledger must hold behind each commit that was acknowledged. */
static const struct {
    int sending, placed, waiting; /* orders; those that a sink hasn't got */
} truth[] = {
    {0, 0, 0},             /* before */
    {GROUP, 0, 0},         /* the first group is claimed and sent */
    {GROUP, GROUP, GROUP}, /* it is placed, the second is sent */
    {GROUP, GROUP, 0},     /* the first is delivered */
    {0, 2 * GROUP, GROUP}, /* the second is placed */
    {0, 2 * GROUP, 0},     /* and delivered */
};
enum { COMMITS = sizeof truth / sizeof *truth - 1 };

struct life {
    struct fixture *fixture;
    int commits;     /* acknowledged */
    bool committing; /* failed in a commit, which may be on the disk or not */
    int64_t orders[2 * GROUP];
};

static int claim_group(struct life *life, unsigned from) {
    struct fixture *fixture = life->fixture;
    struct claim claim;
    for (unsigned i = from; i < from + GROUP; i++) {
        struct intent intent = fixture_intent(i);
        intent.call = i + 1;
        int failed = ledger_claim(fixture->ledger, fixture->run, &intent, &claim, &fixture->error);
        if (failed)
            return failed;
        life->orders[i] = claim.order;
    }
    return 0;
}

static int place_group(struct life *life, unsigned from) {
    struct fixture *fixture = life->fixture;
    enum order_state became;
    char order_id[16];
    for (unsigned i = from; i < from + GROUP; i++) {
        snprintf(order_id, sizeof order_id, "%u", 9000 + i);
        struct outcome placed = {.transition = T3, .order_id = text_of(order_id), .price = MONEY_NONE};
        int failed =
            ledger_outcome(fixture->ledger, fixture->run, life->orders[i], &placed, &became, &fixture->error);
        if (failed)
            return failed;
    }
    return 0;
}

static int deliver(struct life *life) {
    struct fixture *fixture = life->fixture;
    int64_t version = ledger_version(fixture->ledger);
    int failed = ledger_delivered(fixture->ledger, fixture->run, "a", version, &fixture->error);
    return failed ? failed : ledger_delivered(fixture->ledger, fixture->run, "b", version, &fixture->error);
}

static int step(struct life *life) {
    switch (life->commits) {
    case 0:
        return claim_group(life, 0);
    case 1: {
        int failed = place_group(life, 0);
        return failed ? failed : claim_group(life, GROUP);
    }
    case 3:
        return place_group(life, GROUP);
    default:
        return deliver(life);
    }
}

/* Go on until something fails; the failure. */
static int go_on(struct life *life) {
    struct fixture *fixture = life->fixture;
    while (life->commits < COMMITS) {
        int failed = ledger_begin(fixture->ledger, &fixture->error);
        if (failed)
            return failed;
        failed = step(life);
        if (failed) {
            ledger_rollback(fixture->ledger);
            return failed;
        }
        life->committing = true;
        failed = ledger_commit(fixture->ledger, &fixture->error);
        if (failed)
            return failed;
        life->committing = false;
        life->commits++;
        assert_int_equal(vfs_fault_unsynced() && life->commits, 0); /* what is acknowledged is synced */
    }
    return 0;
}

static bool holds(struct fixture *fixture, int commits) {
    return fixture_number(fixture, "SELECT count(*) FROM orders WHERE state = 2") == truth[commits].sending &&
           fixture_number(fixture, "SELECT count(*) FROM orders WHERE state = 3") == truth[commits].placed &&
           fixture_number(fixture, "SELECT count(*) FROM outbox") == truth[commits].waiting &&
           fixture_number(fixture, "SELECT count(*) FROM orders") ==
               truth[commits].sending + truth[commits].placed;
}

static void assert_sound(struct fixture *fixture) {
    assert_int_equal(
        fixture_number(fixture, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"),
        1);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM orders LEFT JOIN events USING (version)"
                                             " WHERE to_state IS NOT state"),
                     0);
    assert_int_equal(fixture_number(fixture, "SELECT ifnull(sum(orders), 0) FROM totals"),
                     fixture_number(fixture, "SELECT count(*) FROM orders"));
}

/* ---- failures ------------------------------------------------------------------------------- */

/* The nth operation fails, later ones don't: what was acknowledged holds, and the work can go on. */
static bool fails_once(unsigned operations, uint64_t nth, int code) {
    struct fixture *fixture;
    struct life life = {0};
    if (fixture_set_up((void **)&fixture))
        fail_msg("no directory");
    life.fixture = fixture;
    vfs_fault_fail(operations, nth, code, false);
    int failed = go_on(&life);
    bool met = vfs_fault_seen() >= nth;
    vfs_fault_clear();
    if (failed) {
        assert_int_equal(failed, SLUICE_E_IO);
        assert_non_null(strstr(fixture->error.text, "ledger.db"));
        assert_true(holds(fixture, life.commits));
        assert_sound(fixture);
        fixture_good(fixture, go_on(&life));
    }
    assert_true(holds(fixture, COMMITS));
    assert_sound(fixture);
    fixture_tear_down((void **)&fixture);
    return met;
}

static void sweep(unsigned operations, int code) {
    uint64_t nth = 1;
    while (fails_once(operations, nth, code))
        nth++;
    assert_true(nth > 5);
}

static void a_write_fails_for_want_of_room(void **state) {
    (void)state;
    sweep(VFS_FAULT_WRITE, SQLITE_FULL);
}

static void a_write_fails(void **state) {
    (void)state;
    sweep(VFS_FAULT_WRITE, SQLITE_IOERR_WRITE);
}

static void a_sync_fails(void **state) {
    (void)state;
    sweep(VFS_FAULT_SYNC, SQLITE_IOERR_FSYNC);
}

static void the_disk_becomes_read_only(void **state) {
    (void)state;
    sweep(VFS_FAULT_WRITE, SQLITE_READONLY);
}

/* A disk that stays full: nothing is half done, and with room again it goes on. */
static void the_disk_stays_full(void **state) {
    struct fixture *fixture = *state;
    struct life life = {.fixture = fixture};
    vfs_fault_fail(VFS_FAULT_WRITE, 3, SQLITE_FULL, true);
    assert_int_equal(go_on(&life), SLUICE_E_IO);
    assert_non_null(strstr(fixture->error.text, "the disk is full"));
    assert_int_equal(go_on(&life), SLUICE_E_IO);
    vfs_fault_clear();
    assert_true(holds(fixture, life.commits));
    fixture_good(fixture, go_on(&life));
    assert_true(holds(fixture, COMMITS));
}

/* ---- power ---------------------------------------------------------------------------------- */

/* The power goes at the nth operation. What reached the disk of the unsynced is up to `seed`. */
static bool loses_power(uint64_t nth, uint32_t seed) {
    struct fixture *fixture;
    struct life life = {0};
    struct recovered recovered;
    if (fixture_set_up((void **)&fixture))
        fail_msg("no directory");
    life.fixture = fixture;
    vfs_fault_fail(ALL, nth, SQLITE_IOERR, true);
    go_on(&life);
    bool met = vfs_fault_seen() >= nth;
    vfs_fault_crash();
    ledger_close(fixture->ledger);
    vfs_fault_reboot(seed);
    fixture->ledger = fixture_open(fixture);
    bool known = holds(fixture, life.commits) || (life.committing && holds(fixture, life.commits + 1));
    if (!known)
        fail_msg("lost: power off at operation %llu, seed %u, behind commit %d", (unsigned long long)nth,
                 seed, life.commits);
    assert_sound(fixture);
    int64_t sending = fixture_number(fixture, "SELECT count(*) FROM orders WHERE state = 2");
    fixture_good(fixture, ledger_recover(fixture->ledger, 0, &recovered, &fixture->error));
    assert_int_equal(recovered.in_doubt, sending);
    fixture_tear_down((void **)&fixture);
    return met;
}

static void the_power_goes_at_every_place(void **state) {
    (void)state;
    for (uint32_t seed = 0; seed < 4; seed++) {
        uint64_t nth = 1;
        while (loses_power(nth, seed * 7919))
            nth++;
        assert_true(nth > 10);
    }
}

/* ---- the system's own limit ------------------------------------------------------------------ */

static void no_file_may_grow(void **state) {
    struct fixture *fixture = *state;
    int status;
    fixture_good(fixture, ledger_run_end(fixture->ledger, fixture->run, 0, &fixture->error));
    ledger_close(fixture->ledger);
    fixture->ledger = NULL;
    pid_t child = fork();
    if (child == 0) {
        signal(SIGXFSZ, SIG_IGN);
        struct rlimit limit = {200 * 1024, 200 * 1024};
        if (setrlimit(RLIMIT_FSIZE, &limit))
            _exit(2);
        fixture->ledger = fixture_open(fixture);
        fixture->run = fixture_begin_run(fixture, fixture->ledger, "p");
        for (unsigned n = 0; n < 100000; n++) {
            struct claim claim;
            struct intent intent = fixture_intent(n);
            int failed = ledger_begin(fixture->ledger, &fixture->error);
            if (!failed)
                failed = ledger_claim(fixture->ledger, fixture->run, &intent, &claim, &fixture->error);
            if (!failed)
                failed = ledger_commit(fixture->ledger, &fixture->error);
            if (failed)
                _exit(failed == SLUICE_E_IO && strstr(fixture->error.text, "ledger.db") ? 0 : 1);
        }
        _exit(3);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    fixture->ledger = fixture_open(fixture);
    assert_sound(fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_write_fails_for_want_of_room),
        cmocka_unit_test(a_write_fails),
        cmocka_unit_test(a_sync_fails),
        cmocka_unit_test(the_disk_becomes_read_only),
        cmocka_unit_test_setup_teardown(the_disk_stays_full, fixture_set_up, fixture_tear_down),
        cmocka_unit_test(the_power_goes_at_every_place),
        cmocka_unit_test_setup_teardown(no_file_may_grow, fixture_set_up, fixture_tear_down),
    };
    vfs_fault_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
