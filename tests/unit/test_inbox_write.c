/* A job's sums stand beside it: they are what counting its rows would give. */
#include "support.h"

#include <stdio.h>
#include <string.h>

#include "inbox_parts.h"
#include "log.h"
#include "text.h"

enum { ROWS = 12, STEPS = 400 };

static char room[64];
static const char *dir;
static struct inbox *inbox;
static struct inbox_db db;
static sluice_error error = ERROR_INIT;

static int set_up(void **state) {
    (void)state;
    log_configure(&(struct log_settings){.level = SLUICE_LOG_WARN});
    dir = support_dir(room);
    assert_int_equal(inbox_open(dir, NULL, NULL, &inbox, &error), 0);
    assert_int_equal(inbox_db_open(&db, dir, &error), 0);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    inbox_db_close(&db);
    inbox_close(inbox);
    support_remove(dir);
    return 0;
}

static void submit(const char *name) {
    const sluice_text names[] = {TEXT("imei")};
    sluice_text cells[ROWS];
    const sluice_text *const columns[] = {cells};
    uint64_t numbers[ROWS];
    for (uint32_t i = 0; i < ROWS; i++) {
        cells[i] = TEXT("001001001234563");
        numbers[i] = i + 1;
    }
    sluice_batch rows = {.size = sizeof rows,
                         .column_count = 1,
                         .row_count = ROWS,
                         .selected = ROWS,
                         .names = names,
                         .cells = columns,
                         .numbers = numbers};
    struct inbox_job job = {.pipeline = TEXT("web"), .name = text_of(name), .rows = &rows};
    assert_int_equal(inbox_submit(inbox, &job, &error), 0);
}

static int64_t number(const char *sql) {
    sqlite3_stmt *statement = NULL;
    assert_int_equal(db.sqlite->sqlite3_prepare_v3(db.db, sql, -1, 0, &statement, NULL), SQLITE_OK);
    assert_int_equal(db.sqlite->sqlite3_step(statement), SQLITE_ROW);
    int64_t value = db.sqlite->sqlite3_column_int64(statement, 0);
    db.sqlite->sqlite3_finalize(statement);
    return value;
}

static int64_t counted(const struct inbox_job_view *job, const char *what, int state) {
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT %s FROM rows WHERE id >= %d AND id < %d AND (%d < 0 OR state = %d)",
             what, (int)job->id, (int)(job->id + ROWS), state, state);
    return number(sql);
}

static int check_job(void *user, const struct inbox_job_view *job) {
    int64_t all = 0;
    for (int state = 0; state < INBOX_STATES; state++) {
        assert_int_equal(job->states[state], counted(job, "count(*)", state));
        all += (int64_t)job->states[state];
    }
    assert_int_equal(all, job->rows);
    assert_int_equal(job->open, job->states[INBOX_OPEN] + job->states[INBOX_WAITING]);
    assert_int_equal(job->spent, counted(job, "coalesce(sum(price), 0)", -1));
    ++*(int *)user;
    return 0;
}

static void check_jobs(int expected) {
    int jobs = 0;
    assert_int_equal(inbox_sync(inbox, &error), 0);
    assert_int_equal(inbox_jobs(inbox, TEXT("web"), 0, 9, check_job, &jobs, &error), 0);
    assert_int_equal(jobs, expected);
}

/* Each state from each other one, and with and without a price, as far as a row may change. */
static void end_some(unsigned *chance, int steps) {
    for (int i = 0; i < steps; i++) {
        *chance = *chance * 1103515245 + 12345;
        unsigned one = *chance >> 16;
        inbox_note(inbox, &(struct inbox_end){.row = one % (2 * ROWS) + 1,
                                              .state = (enum inbox_state)(one / 31 % INBOX_STATES),
                                              .price = one % 5 ? (money)(one % 7) * 10000 : MONEY_NONE});
    }
}

static void sums_are_those_of_the_rows(void **state) {
    unsigned chance = 1;
    (void)state;
    submit("one");
    submit("two");
    check_jobs(2);
    for (int i = 0; i < STEPS / 4; i++) {
        end_some(&chance, 4);
        check_jobs(2);
    }
    assert_true(number("SELECT sum(spent) > 0 AND sum(placed) > 0 AND sum(duplicate) > 0 FROM jobs") == 1);
}

static void a_row_in_doubt_costs_until_it_isnt_bought(void **state) {
    static const struct inbox_end ends[] = {{.row = 1, .state = INBOX_WAITING},
                                            {.row = 1, .state = INBOX_IN_DOUBT, .price = 80000},
                                            {.row = 1, .state = INBOX_WAITING},
                                            {.row = 1, .state = INBOX_IN_DOUBT, .price = MONEY_NONE},
                                            {.row = 1, .state = INBOX_PLACED, .price = 70000},
                                            {.row = 1, .state = INBOX_REJECTED}};
    static const int64_t spent[] = {0, 80000, 0, 0, 70000, 70000};
    (void)state;
    submit("one");
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        inbox_note(inbox, &ends[i]);
        check_jobs(1);
        assert_int_equal(number("SELECT spent FROM jobs"), spent[i]);
    }
    assert_int_equal(number("SELECT open FROM jobs"), ROWS - 1);
}

/* An inbox of the version before counts its rows, once. */
static void an_older_inbox_is_summed_up(void **state) {
    unsigned chance = 7;
    (void)state;
    submit("one");
    submit("two");
    end_some(&chance, STEPS);
    assert_int_equal(inbox_sync(inbox, &error), 0);
    inbox_close(inbox);
    int failed = db.sqlite->sqlite3_exec(
        db.db,
        "ALTER TABLE jobs DROP COLUMN waiting; ALTER TABLE jobs DROP COLUMN placed;"
        "ALTER TABLE jobs DROP COLUMN duplicate; ALTER TABLE jobs DROP COLUMN rejected;"
        "ALTER TABLE jobs DROP COLUMN in_doubt; ALTER TABLE jobs DROP COLUMN skipped;"
        "ALTER TABLE jobs DROP COLUMN passed; ALTER TABLE jobs DROP COLUMN spent;"
        "ALTER TABLE jobs DROP COLUMN max_price; PRAGMA user_version = 4",
        NULL, NULL, NULL);
    assert_int_equal(failed, 0);
    assert_int_equal(inbox_open(dir, NULL, NULL, &inbox, &error), 0);
    check_jobs(2);
    assert_true(number("SELECT sum(spent) > 0 FROM jobs") == 1);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(sums_are_those_of_the_rows),
        TEST(a_row_in_doubt_costs_until_it_isnt_bought),
        TEST(an_older_inbox_is_summed_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
