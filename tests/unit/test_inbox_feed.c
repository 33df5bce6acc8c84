#include "support.h"

#include <stdio.h>
#include <string.h>

#include "batch.h"
#include "inbox_feed.h"
#include "inbox_parts.h"
#include "log.h"
#include "text.h"

static char room[64];
static const char *dir;
static struct inbox *inbox;
static struct inbox_feed feed;
static struct pipeline pipeline = {.name = (char *)"web"};
static struct inbox_db other; /* somebody else's connection */
static sluice_error error = ERROR_INIT;

enum { MANY = 2500 }; /* closed in several pieces */

static void submit(const char *name, uint32_t count) {
    static const sluice_text names[] = {TEXT("imei")};
    static sluice_text cells[MANY];
    static uint64_t numbers[MANY];
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
    struct inbox_job job = {
        .pipeline = TEXT("web"), .name = text_of(name), .rows = &rows, .max_price = MONEY_NONE};
    assert_int_equal(inbox_submit(inbox, &job, &error), 0);
}

/* All that is open, as a run reads it. Returns how many rows. */
static uint32_t read_all(void) {
    uint32_t rows = 0;
    int answer = 0;
    while (!answer) {
        struct filling filling;
        assert_int_equal(filling_begin(&filling, 64, 65536, &error), 0);
        answer = feed.component.type->source->read(&feed, &filling.view, &error);
        rows += filling.view.row_count;
        batch_unref(filling_end(&filling));
    }
    assert_int_equal(answer, SLUICE_END);
    return rows;
}

static void say(uint64_t row, const char *state) {
    feed.watch.heard(feed.watch.user,
                     &(struct order_line){.state = state, .row = row, .order_id = TEXT("81")});
}

static void execute(const char *sql) {
    assert_int_equal(other.sqlite->sqlite3_exec(other.db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static int set_up(void **state) {
    (void)state;
    log_configure(&(struct log_settings){.level = SLUICE_LOG_ERROR});
    dir = support_dir(room);
    assert_int_equal(inbox_open(dir, NULL, NULL, &inbox, &error), 0);
    assert_int_equal(inbox_db_open(&other, dir, &error), 0);
    inbox_feed_open(&feed, inbox, &pipeline);
    feed.complete = true;
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    inbox_feed_close(&feed);
    inbox_db_close(&other);
    inbox_close(inbox);
    support_remove(dir);
    return 0;
}

struct counting {
    enum inbox_state state;
    uint64_t count;
};

static int count_states(void *user, const struct inbox_job_view *job) {
    struct counting *counting = user;
    counting->count = job->states[counting->state];
    return 0;
}

static uint64_t rows_that_are(const char *job, enum inbox_state state) {
    struct counting counting = {.state = state};
    assert_int_equal(inbox_job(inbox, TEXT("web"), text_of(job), count_states, &counting, &error), 0);
    return counting.count;
}

static void rows_that_nothing_was_said_of_were_left_out(void **state) {
    (void)state;
    submit("one", 2);
    assert_int_equal(read_all(), 2);
    say(1, "placed");
    assert_int_equal(inbox_feed_end(&feed, true, &error), 0);
    assert_int_equal(rows_that_are("one", INBOX_PLACED), 1);
    assert_int_equal(rows_that_are("one", INBOX_SKIPPED), 1);
}

static void all_rows_of_a_long_job_are_closed(void **state) {
    (void)state;
    submit("one", MANY);
    assert_int_equal(read_all(), MANY);
    assert_int_equal(inbox_feed_end(&feed, false, &error), 0);
    assert_int_equal(rows_that_are("one", INBOX_PASSED), MANY);
}

/* Else whoever sent a row that was ordered would be told for good that it wasn't. */
static void an_end_that_couldnt_be_kept_isnt_one_that_nobody_said(void **state) {
    (void)state;
    submit("one", 3);
    assert_int_equal(read_all(), 3);
    execute("CREATE TRIGGER full BEFORE UPDATE ON rows BEGIN SELECT RAISE(ABORT, 'the disk is full'); END");
    say(1, "placed");
    (void)inbox_sync(inbox, &error); /* it fails when it shares the commit */
    assert_int_equal(inbox_lost(inbox), 1);
    execute("DROP TRIGGER full");
    say(2, "placed");
    error = (sluice_error)ERROR_INIT;
    assert_int_equal(inbox_feed_end(&feed, true, &error), 1); /* the next run has something to do */
    assert_int_equal(rows_that_are("one", INBOX_PLACED), 1);
    assert_int_equal(rows_that_are("one", INBOX_SKIPPED), 0);
    assert_int_equal(rows_that_are("one", INBOX_OPEN), 2);

    inbox_feed_close(&feed);
    inbox_feed_open(&feed, inbox, &pipeline);
    feed.complete = true;
    assert_int_equal(read_all(), 2);
    say(1, "duplicate");
    assert_int_equal(inbox_feed_end(&feed, true, &error), 0);
    assert_int_equal(rows_that_are("one", INBOX_DUPLICATE), 1);
    assert_int_equal(rows_that_are("one", INBOX_SKIPPED), 1);
}

static void a_run_that_was_stopped_closes_nothing(void **state) {
    (void)state;
    submit("one", 2);
    assert_int_equal(read_all(), 2);
    feed.complete = false;
    assert_int_equal(inbox_feed_end(&feed, true, &error), 1);
    assert_int_equal(rows_that_are("one", INBOX_OPEN), 2);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(rows_that_nothing_was_said_of_were_left_out),
        TEST(all_rows_of_a_long_job_are_closed),
        TEST(an_end_that_couldnt_be_kept_isnt_one_that_nobody_said),
        TEST(a_run_that_was_stopped_closes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
