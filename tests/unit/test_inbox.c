#include "support.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "inbox_parts.h"
#include "log.h"
#include "text.h"

enum { SENDERS = 8, SENT = 25 };

static char room[64];
static const char *dir;
static struct inbox *inbox;
static sluice_error error = ERROR_INIT;
static char told[512];
static money agreed = MONEY_NONE; /* what one order of a job may cost */

static void note_told(void *user, sluice_text pipeline, sluice_text job, uint64_t row,
                      const struct inbox_end *end) {
    size_t used = strlen(told);
    (void)user;
    snprintf(told + used, sizeof told - used, "%.*s/%.*s/%d %s;", TEXT_ARG(pipeline), TEXT_ARG(job), (int)row,
             inbox_state_name(end->state));
}

static void open_inbox(void) {
    assert_int_equal(inbox_open(dir, note_told, NULL, &inbox, &error), 0);
}

static void reopen(void) {
    inbox_close(inbox);
    open_inbox();
}

static int set_up(void **state) {
    (void)state;
    log_configure(&(struct log_settings){.level = SLUICE_LOG_WARN});
    dir = support_dir(room);
    told[0] = 0;
    agreed = MONEY_NONE;
    open_inbox();
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    inbox_close(inbox);
    support_remove(dir);
    return 0;
}

/* One column, `count` rows, all alike. */
static int submit(const char *name, const char *imei, uint32_t count, sluice_error *why) {
    const sluice_text names[] = {TEXT("imei")};
    sluice_text cells[16];
    const sluice_text *const columns[] = {cells};
    uint64_t numbers[16];
    for (uint32_t i = 0; i < count; i++) {
        cells[i] = text_of(imei);
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
        .pipeline = TEXT("web"), .name = text_of(name), .rows = &rows, .max_price = agreed};
    return inbox_submit(inbox, &job, why);
}

static void end(uint64_t row, enum inbox_state state) {
    inbox_note(inbox, &(struct inbox_end){.row = row, .state = state, .order_id = TEXT("81")});
}

static int keep_job(void *user, const struct inbox_job_view *job) {
    struct inbox_job_view *out = user;
    *out = *job;
    out->name = (sluice_text){0};
    return 1;
}

static struct inbox_job_view job_called(const char *name) {
    struct inbox_job_view view = {0};
    assert_int_equal(inbox_job(inbox, TEXT("web"), text_of(name), keep_job, &view, &error), 0);
    return view;
}

static int print_row(void *user, const struct inbox_row_view *row) {
    size_t used = strlen(user);
    snprintf((char *)user + used, 256 - used, "%d %.*s=%.*s %s %.*s;", (int)row->row, TEXT_ARG(row->names[0]),
             TEXT_ARG(row->values[0]), inbox_state_name(row->end.state), TEXT_ARG(row->end.order_id));
    return 0;
}

static bool has_open(void) {
    bool open = false;
    assert_int_equal(inbox_has_open(inbox, TEXT("web"), &open, &error), 0);
    return open;
}

static void what_was_agreed_to_is_kept(void **state) {
    (void)state;
    assert_int_equal(submit("any", "001001001234563", 1, &error), 0);
    agreed = 80000;
    assert_int_equal(submit("one", "001001001234563", 1, &error), 0);
    assert_int_equal(submit("one", "001001001234563", 1, &error), 1);
    reopen();
    assert_int_equal(job_called("one").max_price, 80000);
    assert_int_equal(job_called("any").max_price, MONEY_NONE);
    agreed = 250000;
    assert_int_equal(submit("one", "001001001234563", 1, &error), SLUICE_E_USAGE);
    agreed = MONEY_NONE;
    assert_int_equal(submit("one", "001001001234563", 1, &error), SLUICE_E_USAGE);
}

static void a_job_outlives_the_process(void **state) {
    char rows[256] = "";
    (void)state;
    assert_false(has_open());
    assert_int_equal(submit("one", "001001001234563", 2, &error), 0);
    reopen();
    assert_true(has_open());
    struct inbox_job_view job = job_called("one");
    assert_int_equal(job.rows, 2);
    assert_int_equal(job.open, 2);
    assert_int_equal(inbox_rows(inbox, job.id, 0, 9, print_row, rows, &error), 0);
    assert_string_equal(rows, "1 imei=001001001234563 open ;2 imei=001001001234563 open ;");
}

/* What isn't bought, or not known to be, has cost nothing. */
static void a_job_says_what_it_has_cost(void **state) {
    static const struct inbox_end ends[] = {{.row = 1, .state = INBOX_PLACED, .price = 80000},
                                            {.row = 2, .state = INBOX_IN_DOUBT, .price = 500000},
                                            {.row = 3, .state = INBOX_DUPLICATE, .price = 80000},
                                            {.row = 4, .state = INBOX_PLACED, .price = MONEY_NONE}};
    uint64_t open = 0;
    (void)state;
    submit("one", "001001001234563", 6, &error);
    submit("two", "001001001234563", 3, &error);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        inbox_note(inbox, &ends[i]);
    assert_int_equal(inbox_sync(inbox, &error), 0);
    assert_int_equal(job_called("one").spent, 580000);
    assert_int_equal(job_called("two").spent, 0);
    assert_int_equal(inbox_count_open(inbox, TEXT("web"), &open, &error), 0);
    assert_int_equal(open, 5);
    assert_int_equal(inbox_count_open(inbox, TEXT("other"), &open, &error), 0);
    assert_int_equal(open, 0);
    inbox_note(inbox, &(struct inbox_end){.row = 2, .state = INBOX_REJECTED, .price = 500000});
    assert_int_equal(inbox_sync(inbox, &error), 0);
    assert_int_equal(job_called("one").spent, 80000);
}

static void a_name_is_taken_once(void **state) {
    (void)state;
    assert_int_equal(submit("one", "001001001234563", 2, &error), 0);
    assert_int_equal(submit("one", "001001001234563", 2, &error), 1);
    assert_int_equal(submit("one", "001001001234563", 3, &error), SLUICE_E_USAGE); /* that is another one */
    assert_int_equal(submit("one", "004400000000016", 2, &error), SLUICE_E_USAGE);
    error = (sluice_error)ERROR_INIT;
    assert_int_equal(job_called("one").rows, 2);
    struct inbox_job_view none;
    assert_int_equal(inbox_job(inbox, TEXT("web"), TEXT("two"), keep_job, &none, &error), 1);
    assert_int_equal(inbox_job(inbox, TEXT("other"), TEXT("one"), keep_job, &none, &error), 1);
}

static void rows_follow_each_other_over_all_jobs(void **state) {
    char rows[256] = "";
    (void)state;
    submit("one", "001001001234563", 2, &error);
    submit("two", "004400000000016", 2, &error);
    assert_int_equal(job_called("one").id, 1);
    assert_int_equal(job_called("two").id, 3);
    assert_int_equal(inbox_rows(inbox, 1, 1, 9, print_row, rows, &error), 0);
    assert_string_equal(rows, "2 imei=001001001234563 open ;"); /* and none of the next job */
}

static void nothing_lies_behind_the_last_row(void **state) {
    static const uint64_t positions[] = {2, 3, INT64_MAX, UINT64_MAX};
    char rows[256] = "";
    (void)state;
    submit("one", "001001001234563", 2, &error);
    for (size_t i = 0; i < sizeof positions / sizeof *positions; i++)
        assert_int_equal(inbox_rows(inbox, 1, positions[i], 9, print_row, rows, &error), 0);
    assert_string_equal(rows, "");
}

static void a_job_is_found_by_its_name(void **state) {
    int64_t id;
    (void)state;
    submit("one", "001001001234563", 2, &error);
    submit("two", "001001001234563", 1, &error);
    assert_int_equal(inbox_job_id(inbox, TEXT("web"), TEXT("two"), &id, &error), 0);
    assert_int_equal(id, 3);
    assert_int_equal(inbox_job_id(inbox, TEXT("web"), TEXT("three"), &id, &error), 1);
}

static void an_end_stays_but_a_doubt(void **state) {
    (void)state;
    submit("one", "001001001234563", 3, &error);
    end(1, INBOX_PLACED);
    end(1, INBOX_REJECTED); /* too late */
    end(2, INBOX_IN_DOUBT);
    end(2, INBOX_PLACED);
    end(3, INBOX_WAITING);
    assert_int_equal(inbox_sync(inbox, &error), 0);
    struct inbox_job_view job = job_called("one");
    assert_int_equal(job.open, 1);
    assert_int_equal(job.states[INBOX_PLACED], 2);
    assert_int_equal(job.states[INBOX_WAITING], 1);
    assert_string_equal(told, "web/one/1 placed;web/one/2 in_doubt;web/one/2 placed;web/one/3 waiting;");
    end(3, INBOX_DUPLICATE);
    assert_int_equal(inbox_sync(inbox, &error), 0);
    assert_false(has_open());
}

static void what_became_of_a_row_outlives_the_process(void **state) {
    char rows[256] = "";
    (void)state;
    submit("one", "001001001234563", 1, &error);
    end(1, INBOX_PLACED);
    reopen(); /* closing writes what was noted */
    assert_int_equal(inbox_rows(inbox, 1, 0, 9, print_row, rows, &error), 0);
    assert_string_equal(rows, "1 imei=001001001234563 placed 81;");
}

/* What is noted is in memory until it is written: so many, and whoever goes on waits for the disk. */
static void who_notes_too_fast_waits(void **state) {
    (void)state;
    submit("one", "001001001234563", 1, &error);
    for (int i = 0; i < 3 * INBOX_NOTES; i++) {
        inbox_await_room(inbox);
        pthread_mutex_lock(&inbox->lock);
        assert_in_range(inbox->noted, 0, INBOX_NOTES - 1);
        pthread_mutex_unlock(&inbox->lock);
        end(1, i % 2 ? INBOX_WAITING : INBOX_OPEN);
    }
    assert_int_equal(inbox_sync(inbox, &error), 0);
    assert_int_equal(inbox->noted, 0);
}

static void a_row_that_nobody_sent_changes_nothing(void **state) {
    (void)state;
    end(99, INBOX_PLACED);
    assert_int_equal(inbox_sync(inbox, &error), 0);
    assert_string_equal(told, "");
}

static void what_cant_be_a_job_is_refused(void **state) {
    sluice_error why = ERROR_INIT;
    char name[INBOX_NAME + 2];
    (void)state;
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = 0;
    assert_int_equal(submit("", "001001001234563", 1, &why), SLUICE_E_PLUGIN);
    assert_int_equal(submit(name, "001001001234563", 1, &why), SLUICE_E_PLUGIN);
    assert_int_equal(submit("none", "001001001234563", 0, &why), SLUICE_E_DATA);
    assert_false(has_open());
}

static void *send_some(void *user) {
    char name[32];
    for (int i = 0; i < SENT; i++) {
        sluice_error why = ERROR_INIT;
        snprintf(name, sizeof name, "%p-%d", user, i);
        if (submit(name, "001001001234563", 2, &why))
            return user;
    }
    return NULL;
}

static int count_job(void *user, const struct inbox_job_view *job) {
    *(uint64_t *)user += job->rows;
    return 0;
}

static void many_may_submit_at_once(void **state) {
    pthread_t threads[SENDERS];
    char names[SENDERS];
    void *failed;
    uint64_t rows = 0;
    (void)state;
    for (int i = 0; i < SENDERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, send_some, &names[i]), 0);
    for (int i = 0; i < SENDERS; i++) {
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    assert_int_equal(inbox_open_jobs(inbox, TEXT("web"), 0, 1000, count_job, &rows, &error), 0);
    assert_int_equal(rows, SENDERS * SENT * 2);
}

static void jobs_are_listed_by_pages(void **state) {
    struct inbox_job_view newest;
    uint64_t rows = 0;
    (void)state;
    submit("one", "001001001234563", 1, &error);
    submit("two", "001001001234563", 2, &error);
    assert_int_equal(inbox_jobs(inbox, TEXT("web"), 0, 1, keep_job, &newest, &error), 0);
    assert_int_equal(newest.rows, 2);
    assert_int_equal(inbox_jobs(inbox, TEXT("web"), newest.id, 9, count_job, &rows, &error), 0);
    assert_int_equal(rows, 1);
}

static void a_damaged_file_is_never_begun_anew(void **state) {
    char path[256];
    (void)state;
    inbox_close(inbox);
    inbox = NULL;
    support_write(support_path(path, dir, "inbox.db"), "not a database, but some text that is long enough",
                  49);
    assert_int_equal(inbox_open(dir, NULL, NULL, &inbox, &error), SLUICE_E_CONFIG);
    assert_non_null(strstr(error.text, "is damaged or no inbox"));
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_was_agreed_to_is_kept),
        TEST(a_job_outlives_the_process),
        TEST(a_job_says_what_it_has_cost),
        TEST(a_name_is_taken_once),
        TEST(rows_follow_each_other_over_all_jobs),
        TEST(nothing_lies_behind_the_last_row),
        TEST(a_job_is_found_by_its_name),
        TEST(an_end_stays_but_a_doubt),
        TEST(what_became_of_a_row_outlives_the_process),
        TEST(who_notes_too_fast_waits),
        TEST(a_row_that_nobody_sent_changes_nothing),
        TEST(what_cant_be_a_job_is_refused),
        TEST(many_may_submit_at_once),
        TEST(jobs_are_listed_by_pages),
        TEST(a_damaged_file_is_never_begun_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
