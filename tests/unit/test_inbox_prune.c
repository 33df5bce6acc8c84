#include "support.h"

#include <stdio.h>
#include <unistd.h>

#include "clock.h"
#include "inbox_parts.h"
#include "log.h"
#include "text.h"

enum { MANY = 2500 };

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

static int submit(const char *name, uint32_t count, bool repeat) {
    static sluice_text cells[MANY];
    static uint64_t numbers[MANY];
    const sluice_text names[] = {TEXT("imei")};
    const sluice_text *const columns[] = {cells};
    for (uint32_t i = 0; i < count; i++) {
        cells[i] = TEXT("001001001234563");
        numbers[i] = i + 1;
    }
    sluice_batch rows = {.size = sizeof rows,
                         .column_count = 1,
                         .row_count = count,
                         .selected = count,
                         .names = names,
                         .cells = columns,
                         .numbers = numbers};
    struct inbox_job job = {.pipeline = TEXT("web"),
                            .name = text_of(name),
                            .repeat = repeat,
                            .rows = &rows,
                            .max_price = MONEY_NONE};
    return inbox_submit(inbox, &job, &error);
}

static void end(uint64_t first, uint64_t count, enum inbox_state state) {
    for (uint64_t i = 0; i < count; i++)
        inbox_note(inbox, &(struct inbox_end){.row = first + i, .state = state});
    assert_int_equal(inbox_sync(inbox, &error), 0);
}

static int64_t number(const char *sql) {
    sqlite3_stmt *statement = NULL;
    assert_int_equal(db.sqlite->sqlite3_prepare_v3(db.db, sql, -1, 0, &statement, NULL), SQLITE_OK);
    assert_int_equal(db.sqlite->sqlite3_step(statement), SQLITE_ROW);
    int64_t value = db.sqlite->sqlite3_column_int64(statement, 0);
    db.sqlite->sqlite3_finalize(statement);
    return value;
}

/* Everything that is done by now. Returns the steps that it took. */
static int prune_all(void) {
    struct inbox_pruning pruning = {0};
    int steps = 1, result;
    for (; (result = inbox_prune_step(&db, &pruning, clock_wall_ms() + 1000, &error)) == 1; steps++)
        ;
    assert_int_equal(result, 0);
    return steps;
}

static int64_t jobs(void) {
    return number("SELECT count(*) FROM jobs");
}

static int64_t rows(void) {
    return number("SELECT count(*) FROM rows");
}

static void what_is_done_is_forgotten(void **state) {
    (void)state;
    submit("old", 3, false);
    submit("newest", 1, false);
    end(1, 4, INBOX_PLACED);
    prune_all();
    assert_int_equal(jobs(), 1); /* the newest one stays, */
    assert_int_equal(submit("next", 1, false), 0);
    assert_int_equal(number("SELECT max(id) FROM jobs"), 5); /* so that no number is given twice */
    assert_int_equal(rows(), 2);
    assert_int_equal(number("SELECT count(*) FROM gone"), 0);
}

static void what_isnt_done_stays(void **state) {
    (void)state;
    submit("open", 2, false);
    submit("waiting", 1, false);
    submit("in doubt", 2, false);
    submit("newest", 1, false);
    end(1, 1, INBOX_PLACED);
    end(3, 1, INBOX_WAITING);
    end(4, 1, INBOX_IN_DOUBT);
    end(5, 1, INBOX_REJECTED);
    prune_all();
    assert_int_equal(jobs(), 4);
    assert_int_equal(rows(), 6);
    end(4, 1, INBOX_PLACED); /* it turned out */
    prune_all();
    assert_int_equal(jobs(), 3);
}

static void what_ended_lately_stays(void **state) {
    struct inbox_pruning pruning = {0};
    (void)state;
    submit("one", 1, false);
    submit("newest", 1, false);
    assert_int_equal(db.sqlite->sqlite3_exec(db.db, "UPDATE jobs SET submitted_ms = 1000", NULL, NULL, NULL),
                     0);
    end(1, 1, INBOX_PLACED);
    assert_int_equal(inbox_prune_step(&db, &pruning, clock_wall_ms() - 3600000, &error), 0);
    assert_int_equal(jobs(), 2);
}

static void a_large_job_goes_in_steps(void **state) {
    struct inbox_pruning pruning = {0};
    (void)state;
    submit("large", MANY, false);
    submit("newest", 1, false);
    end(1, MANY, INBOX_DUPLICATE);
    assert_int_equal(inbox_prune_step(&db, &pruning, INT64_MAX, &error), 1);
    assert_int_equal(jobs(), 1);
    assert_int_equal(inbox_prune_step(&db, &pruning, INT64_MAX, &error), 1);
    assert_int_equal(rows(), 1501);
    inbox_db_close(&db); /* as if the process had ended here */
    assert_int_equal(inbox_db_open(&db, dir, &error), 0);
    assert_int_equal(prune_all(), 3);
    assert_int_equal(rows(), 1);
}

/* The ledger tells who sends the others a second time. */
static void a_job_that_ordered_again_never_comes_back(void **state) {
    (void)state;
    submit("again", 1, true);
    submit("once", 1, false);
    submit("newest", 1, false);
    end(1, 3, INBOX_PLACED);
    prune_all();
    assert_int_equal(rows(), 1);
    assert_int_equal(submit("again", 1, true), 1);
    assert_int_equal(submit("once", 1, false), 0);
}

static void the_inbox_forgets_of_itself(void **state) {
    (void)state;
    submit("old", 1, false);
    submit("done", 1, false);
    submit("newest", 1, false);
    end(1, 3, INBOX_PLACED);
    assert_int_equal(db.sqlite->sqlite3_exec(db.db,
                                             "UPDATE jobs SET submitted_ms = 1000, ended_ms = 2000"
                                             " WHERE name = 'old'",
                                             NULL, NULL, NULL),
                     0);
    inbox_close(inbox);
    assert_int_equal(inbox_open(dir, NULL, NULL, &inbox, &error), 0);
    while (rows() != 2)
        usleep(1000);
    assert_int_equal(jobs(), 2);
}

/* The tables as the first version made them. */
static void an_inbox_of_the_first_version_is_taken_over(void **state) {
    (void)state;
    submit("one", 1, false);
    inbox_close(inbox);
    assert_int_equal(db.sqlite->sqlite3_exec(
                         db.db,
                         "DROP INDEX rows_in_doubt; DROP TABLE gone; DROP TABLE doubts;"
                         "ALTER TABLE rows DROP COLUMN price;"
                         "ALTER TABLE jobs DROP COLUMN ended_ms; ALTER TABLE jobs DROP COLUMN waiting;"
                         "ALTER TABLE jobs DROP COLUMN placed; ALTER TABLE jobs DROP COLUMN duplicate;"
                         "ALTER TABLE jobs DROP COLUMN rejected; ALTER TABLE jobs DROP COLUMN in_doubt;"
                         "ALTER TABLE jobs DROP COLUMN skipped; ALTER TABLE jobs DROP COLUMN passed;"
                         "ALTER TABLE jobs DROP COLUMN spent; ALTER TABLE jobs DROP COLUMN max_price; PRAGMA "
                         "user_version = 1",
                         NULL, NULL, NULL),
                     0);
    assert_int_equal(inbox_open(dir, NULL, NULL, &inbox, &error), 0);
    assert_int_equal(number("PRAGMA user_version"), 6);
    submit("newest", 1, false);
    end(1, 2, INBOX_PLACED);
    prune_all();
    assert_int_equal(jobs(), 1);
}

static void an_inbox_of_a_later_version_is_refused(void **state) {
    struct inbox_db later;
    (void)state;
    number("PRAGMA user_version");
    assert_int_equal(db.sqlite->sqlite3_exec(db.db, "PRAGMA user_version = 7", NULL, NULL, NULL), 0);
    assert_int_equal(inbox_db_open(&later, dir, &error), SLUICE_E_CONFIG);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_is_done_is_forgotten),
        TEST(what_isnt_done_stays),
        TEST(what_ended_lately_stays),
        TEST(a_large_job_goes_in_steps),
        TEST(a_job_that_ordered_again_never_comes_back),
        TEST(the_inbox_forgets_of_itself),
        TEST(an_inbox_of_the_first_version_is_taken_over),
        TEST(an_inbox_of_a_later_version_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
