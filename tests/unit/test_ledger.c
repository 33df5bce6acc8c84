#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger_db.h"
#include "ledger_fixture.h"

#include <cmocka.h> /* last: it has a macro called fail */

static void path_of(const struct fixture *fixture, const char *name, char out[128]) {
    snprintf(out, 128, "%s/%s", fixture->dir, name);
}

static mode_t mode_of(const struct fixture *fixture, const char *name) {
    char path[128];
    struct stat status;
    path_of(fixture, name, path);
    return stat(path, &status) ? 0 : status.st_mode & 07777;
}

static void overwrite(const struct fixture *fixture, const void *bytes, size_t size, off_t at) {
    char path[128];
    path_of(fixture, "ledger.db", path);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(pwrite(fd, bytes, size, at), (ssize_t)size);
    close(fd);
}

/* Close the fixture's handle; what is left is the file alone. */
static void shut(struct fixture *fixture) {
    assert_int_equal(ledger_run_end(fixture->ledger, fixture->run, 0, &fixture->error), 0);
    ledger_close(fixture->ledger);
    fixture->ledger = NULL;
}

/* ---- open ---------------------------------------------------------------------------------- */

static void only_the_owner_may_read_it(void **state) {
    struct fixture *fixture = *state;
    mode_t mask = umask(0);
    fixture_buy(fixture, 1);
    umask(mask);
    assert_int_equal(mode_of(fixture, "ledger.db"), 0600);
    assert_int_equal(mode_of(fixture, "ledger.db-wal"), 0600);
    assert_int_equal(mode_of(fixture, "ledger.db-shm"), 0600);
    assert_int_equal(mode_of(fixture, "runs"), 0700);
}

static void directories_are_made(void **state) {
    struct fixture *fixture = *state;
    char path[128];
    struct ledger *ledger = NULL;
    path_of(fixture, "one/two", path);
    fixture_good(fixture, ledger_open(path, 0, &ledger, &fixture->error));
    assert_int_equal(mode_of(fixture, "one/two"), 0700);
    ledger_close(ledger);
}

static void it_is_durable_and_knows_its_format(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(fixture_number(fixture, "PRAGMA synchronous"), 2);
    assert_int_equal(fixture_number(fixture, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
    assert_int_equal(fixture_number(fixture, "PRAGMA user_version"), 2);
    assert_int_equal(fixture_number(fixture, "PRAGMA application_id"), 0x736c7563);
}

static void nothing_is_made_to_be_read(void **state) {
    struct fixture *fixture = *state;
    char path[128];
    struct ledger *ledger = NULL;
    path_of(fixture, "none", path);
    int failed = ledger_open(path, LEDGER_READ_ONLY, &ledger, &fixture->error);
    fixture_refused(fixture, failed, SLUICE_E_NOINPUT, "none/ledger.db");
    assert_null(ledger);
    assert_int_equal(mode_of(fixture, "none"), 0);
}

static void an_empty_file_is_a_new_ledger(void **state) {
    struct fixture *fixture = *state;
    char path[128], runs[128], other[128];
    struct ledger *ledger = NULL;
    shut(fixture);
    path_of(fixture, "ledger.db", path);
    path_of(fixture, "runs", runs);
    path_of(fixture, "other", other);
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(rename(runs, other), 0); /* as it was before the first run */
    int failed = ledger_open(fixture->dir, LEDGER_READ_ONLY, &ledger, &fixture->error);
    fixture_refused(fixture, failed, SLUICE_E_NOINPUT, "is empty");
    fixture->ledger = fixture_open(fixture);
}

/* Orders were placed with it, and an empty one would let them be paid once more. */
static void a_ledger_that_was_lost_is_not_begun_anew(void **state) {
    struct fixture *fixture = *state;
    char path[128];
    struct ledger *ledger = NULL;
    shut(fixture);
    path_of(fixture, "ledger.db", path);
    assert_int_equal(truncate(path, 0), 0);
    fixture_refused(fixture, ledger_open(fixture->dir, 0, &ledger, &fixture->error), SLUICE_E_CONFIG,
                    "is empty, and runs were made with it: restore it from a backup");
    assert_int_equal(unlink(path), 0);
    for (unsigned flags = 0; flags <= LEDGER_READ_ONLY; flags++)
        fixture_refused(fixture, ledger_open(fixture->dir, flags, &ledger, &fixture->error), SLUICE_E_CONFIG,
                        "is gone, and runs were made with it");
    assert_int_equal(access(path, F_OK), -1);
}

static void a_reader_reads_and_changes_nothing(void **state) {
    struct fixture *fixture = *state;
    struct ledger *reader = NULL;
    struct ledger_counts counts;
    fixture_buy(fixture, 1);
    fixture_good(fixture, ledger_open(fixture->dir, LEDGER_READ_ONLY, &reader, &fixture->error));
    fixture_good(fixture, ledger_count(reader, 0, &counts, &fixture->error));
    assert_int_equal(counts.by_state[ORDER_PLACED], 1);
    fixture_refused(fixture, ledger_begin(reader, &fixture->error), SLUICE_E_SOFTWARE, "for reading");
    ledger_close(reader);
}

static void an_older_format_is_raised_by_who_writes(void **state) {
    struct fixture *fixture = *state;
    struct ledger *reader = NULL;
    fixture_execute(fixture, "PRAGMA user_version = 1");
    fixture_good(fixture, ledger_open(fixture->dir, LEDGER_READ_ONLY, &reader, &fixture->error));
    ledger_close(reader);
    assert_int_equal(fixture_number(fixture, "PRAGMA user_version"), 1);
    fixture_reopen(fixture);
    assert_int_equal(fixture_number(fixture, "PRAGMA user_version"), 2);
}

static void a_newer_format_is_refused_and_kept(void **state) {
    struct fixture *fixture = *state;
    fixture_execute(fixture, "PRAGMA user_version = 3");
    shut(fixture);
    int failed = ledger_open(fixture->dir, 0, &fixture->ledger, &fixture->error);
    fixture_refused(fixture, failed, SLUICE_E_CONFIG, "newer sluice");
    assert_null(fixture->ledger);
    failed = ledger_open(fixture->dir, LEDGER_READ_ONLY, &fixture->ledger, &fixture->error);
    fixture_refused(fixture, failed, SLUICE_E_CONFIG, "upgrade");
}

static void another_programs_database_is_left_alone(void **state) {
    struct fixture *fixture = *state;
    fixture_execute(fixture, "PRAGMA application_id = 7");
    shut(fixture);
    int failed = ledger_open(fixture->dir, 0, &fixture->ledger, &fixture->error);
    fixture_refused(fixture, failed, SLUICE_E_CONFIG, "another program");
}

/* Never a fresh file in its place: what was ordered would be ordered again. */
static void damage_is_said_with_a_remedy(void **state) {
    struct fixture *fixture = *state;
    char noise[4096];
    struct stat status;
    char path[128];
    shut(fixture);
    path_of(fixture, "ledger.db", path);
    memset(noise, 'n', sizeof noise);
    overwrite(fixture, noise, sizeof noise, 0);
    int failed = ledger_open(fixture->dir, 0, &fixture->ledger, &fixture->error);
    fixture_refused(fixture, failed, SLUICE_E_CONFIG, "restore it from a backup");
    assert_non_null(strstr(fixture->error.text, "ledger.db"));
    assert_int_equal(stat(path, &status), 0);
    assert_true(status.st_size > (off_t)sizeof noise);
    assert_int_equal(truncate(path, 100), 0);
    failed = ledger_open(fixture->dir, 0, &fixture->ledger, &fixture->error);
    fixture_refused(fixture, failed, SLUICE_E_CONFIG, "damaged");
}

static void a_damaged_page_is_said_when_it_is_met(void **state) {
    struct fixture *fixture = *state;
    char noise[4096];
    struct ledger_counts counts;
    fixture_buy(fixture, 1);
    shut(fixture);
    memset(noise, 0xff, sizeof noise);
    for (off_t page = 2; page < 24; page++)
        overwrite(fixture, noise, sizeof noise, page * 4096);
    fixture->ledger = fixture_open(fixture);
    int failed = ledger_count(fixture->ledger, 0, &counts, &fixture->error);
    fixture_refused(fixture, failed, SLUICE_E_CONFIG, "damaged");
}

/* As nobody, since root may write everywhere. The messages are looked at in the child. */
static void a_directory_that_cant_be_written_is_said(void **state) {
    struct fixture *fixture = *state;
    struct ledger *ledger = NULL;
    int status;
    assert_int_equal(chmod(fixture->dir, 0555), 0);
    pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && (setgroups(0, NULL) || setgid(65534) || setuid(65534)))
            _exit(2);
        int failed = ledger_open(fixture->dir, 0, &ledger, &fixture->error);
        bool good = failed == SLUICE_E_CANTCREAT || failed == SLUICE_E_IO;
        _exit(good && strstr(fixture->error.text, fixture->dir) ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(chmod(fixture->dir, 0700), 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void close_of_nothing_is_nothing(void **state) {
    (void)state;
    ledger_close(NULL);
}

/* ---- transactions -------------------------------------------------------------------------- */

static void a_rollback_undoes_all_of_it(void **state) {
    struct fixture *fixture = *state;
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    assert_int_equal(fixture_claim(fixture, fixture->run, 1).answer, ANSWER_CLAIMED);
    ledger_rollback(fixture->ledger);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM orders"), 0);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM events"), 0);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM totals"), 0);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM shapes"), 0);
    /* What was cached of it is forgotten, too. */
    fixture_buy(fixture, 1);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM accounts"), 1);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM shapes"), 2);
}

static void a_change_needs_a_transaction(void **state) {
    struct fixture *fixture = *state;
    struct claim claim;
    struct intent intent = fixture_intent(1);
    enum order_state became;
    struct outcome outcome = {.transition = T8, .price = MONEY_NONE};
    int failed = ledger_claim(fixture->ledger, fixture->run, &intent, &claim, &fixture->error);
    fixture_refused(fixture, failed, SLUICE_E_SOFTWARE, "outside of a transaction");
    fixture_refused(fixture, ledger_send(fixture->ledger, 1, 1, 1, &fixture->error), SLUICE_E_SOFTWARE,
                    "outside");
    failed = ledger_outcome(fixture->ledger, fixture->run, 1, &outcome, &became, &fixture->error);
    fixture_refused(fixture, failed, SLUICE_E_SOFTWARE, "outside");
    failed = ledger_delivered(fixture->ledger, fixture->run, "a", 1, &fixture->error);
    fixture_refused(fixture, failed, SLUICE_E_SOFTWARE, "outside");
    fixture_refused(fixture, ledger_commit(fixture->ledger, &fixture->error), SLUICE_E_SOFTWARE, "outside");
}

static void transactions_dont_nest(void **state) {
    struct fixture *fixture = *state;
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    fixture_refused(fixture, ledger_begin(fixture->ledger, &fixture->error), SLUICE_E_SOFTWARE, "within");
    ledger_rollback(fixture->ledger);
}

static void a_busy_ledger_says_who_may_have_it(void **state) {
    struct fixture *fixture = *state;
    struct ledger *other = fixture_open(fixture);
    char who[64];
    other->wait_ms = 5;
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    snprintf(who, sizeof who, "run %lld of p, process %d", (long long)fixture->run, (int)getpid());
    fixture_refused(fixture, ledger_begin(other, &fixture->error), SLUICE_E_BUSY, who);
    ledger_rollback(fixture->ledger);
    fixture_good(fixture, ledger_begin(other, &fixture->error));
    ledger_rollback(other);
    ledger_close(other);
}

/* Somebody's exclusive lock keeps readers out, too: who it is can't be read, and that must not be asked for
 * ever. */
static void an_exclusive_lock_is_given_up_on(void **state) {
    struct fixture *fixture = *state;
    const struct sqlite_library *sqlite = fixture->ledger->sqlite;
    sqlite3 *holder;
    fixture_execute(fixture, "PRAGMA journal_mode = DELETE");
    fixture->ledger->wait_ms = 5;
    assert_int_equal(sqlite->sqlite3_open_v2(fixture->ledger->path, &holder, SQLITE_OPEN_READWRITE, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite->sqlite3_exec(holder, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
    fixture_refused(fixture, ledger_begin(fixture->ledger, &fixture->error), SLUICE_E_BUSY, "a backup");
    sqlite->sqlite3_close(holder);
}

static void versions_go_on_where_the_last_process_stopped(void **state) {
    struct fixture *fixture = *state;
    int64_t first = fixture_buy(fixture, 1);
    fixture_reopen(fixture);
    assert_true(fixture_buy(fixture, 2) > first);
}

/* A handle remembers the orders that it changed: but not when somebody else has changed them since. */
static void what_others_changed_is_read_again(void **state) {
    struct fixture *fixture = *state;
    struct ledger *mine = fixture->ledger, *other = fixture_open(fixture);
    enum order_state became;
    struct outcome rejected = {.transition = T6, .price = MONEY_NONE};
    int64_t order = fixture_send(fixture, 1), version = ledger_version(mine);
    fixture_good(fixture, ledger_begin(other, &fixture->error));
    fixture_good(fixture, ledger_close_order(other, fixture->run, order, &became, &fixture->error));
    fixture_good(fixture, ledger_commit(other, &fixture->error));
    fixture_good(fixture, ledger_begin(mine, &fixture->error));
    assert_true(ledger_version(mine) > version);
    fixture_good(fixture, ledger_outcome(mine, fixture->run, order, &rejected, &became, &fixture->error));
    assert_int_equal(became, ORDER_IN_DOUBT);
    ledger_rollback(mine);
    fixture_good(fixture, ledger_begin(other, &fixture->error));
    fixture->ledger = other;
    assert_int_equal(fixture_claim(fixture, fixture->run, 2).order, 2);
    fixture->ledger = mine;
    fixture_good(fixture, ledger_commit(other, &fixture->error));
    fixture_good(fixture, ledger_begin(mine, &fixture->error));
    assert_int_equal(fixture_claim(fixture, fixture->run, 3).order, 3);
    fixture_good(fixture, ledger_commit(mine, &fixture->error));
    ledger_close(other);
}

static void a_reader_sees_one_state_and_locks_nobody(void **state) {
    struct fixture *fixture = *state;
    struct ledger *other = fixture_open(fixture);
    struct intent intent = fixture_intent(1);
    struct claim claim;
    fixture_good(fixture, ledger_read_begin(other, &fixture->error));
    fixture_good(fixture, ledger_look(other, 0, &intent.key, intent.parameters, &claim, &fixture->error));
    assert_int_equal(claim.answer, ANSWER_CLAIMED);
    fixture_buy(fixture, 1);
    intent = fixture_intent(1);
    fixture_good(fixture, ledger_look(other, 0, &intent.key, intent.parameters, &claim, &fixture->error));
    assert_int_equal(claim.answer, ANSWER_CLAIMED);
    ledger_read_end(other);
    fixture_good(fixture, ledger_look(other, 0, &intent.key, intent.parameters, &claim, &fixture->error));
    assert_int_equal(claim.answer, ANSWER_DUPLICATE);
    ledger_read_end(other); /* once too often */
    fixture_good(fixture, ledger_begin(other, &fixture->error));
    fixture_refused(fixture, ledger_read_begin(other, &fixture->error), SLUICE_E_SOFTWARE, "within");
    ledger_read_end(other); /* ends no change */
    fixture_good(fixture, ledger_commit(other, &fixture->error));
    ledger_close(other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_the_owner_may_read_it, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(directories_are_made, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(it_is_durable_and_knows_its_format, fixture_set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_made_to_be_read, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(an_empty_file_is_a_new_ledger, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_ledger_that_was_lost_is_not_begun_anew, fixture_set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_reader_reads_and_changes_nothing, fixture_set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(an_older_format_is_raised_by_who_writes, fixture_set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_newer_format_is_refused_and_kept, fixture_set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(another_programs_database_is_left_alone, fixture_set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(damage_is_said_with_a_remedy, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_damaged_page_is_said_when_it_is_met, fixture_set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_directory_that_cant_be_written_is_said, fixture_set_up,
                                        fixture_tear_down),
        cmocka_unit_test(close_of_nothing_is_nothing),
        cmocka_unit_test_setup_teardown(a_rollback_undoes_all_of_it, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_change_needs_a_transaction, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(transactions_dont_nest, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_busy_ledger_says_who_may_have_it, fixture_set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(an_exclusive_lock_is_given_up_on, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(what_others_changed_is_read_again, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_reader_sees_one_state_and_locks_nobody, fixture_set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(versions_go_on_where_the_last_process_stopped, fixture_set_up,
                                        fixture_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
