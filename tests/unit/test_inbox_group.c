#include "support.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "inbox_parts.h"
#include "log.h"
#include "text.h"

enum { SENDERS = 4 };

static char room[64];
static const char *dir;
static struct inbox *inbox;
static struct inbox_db other; /* somebody else's connection */
static sluice_error error = ERROR_INIT;

static int set_up(void **state) {
    (void)state;
    log_configure(&(struct log_settings){.level = 0});
    dir = support_dir(room);
    assert_int_equal(inbox_open(dir, NULL, NULL, &inbox, &error), 0);
    assert_int_equal(inbox_db_open(&other, dir, &error), 0);
    for (int i = 0; i < 2; i++) /* it looks for what is old when it begins: that is over by the second one */
        assert_int_equal(inbox_sync(inbox, &error), 0);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    inbox_db_close(&other);
    inbox_close(inbox);
    support_remove(dir);
    return 0;
}

static void execute(const char *sql) {
    assert_int_equal(other.sqlite->sqlite3_exec(other.db, sql, NULL, NULL, NULL), SQLITE_OK);
}

struct sent {
    pthread_t thread;
    const char *name;
    const char *imei; /* NULL: the one that all have */
    bool repeat;
    sluice_error error;
    int result;
};

static void *send_one(void *user) {
    struct sent *sent = user;
    const sluice_text names[] = {TEXT("imei")},
                      cells[] = {text_of(sent->imei ? sent->imei : "001001001234563")};
    const sluice_text *const columns[] = {cells};
    const uint64_t numbers[] = {1};
    sluice_batch rows = {.size = sizeof rows,
                         .column_count = 1,
                         .row_count = 1,
                         .selected = 1,
                         .names = names,
                         .cells = columns,
                         .numbers = numbers};
    struct inbox_job job = {.pipeline = TEXT("web"),
                            .name = text_of(sent->name),
                            .repeat = sent->repeat,
                            .rows = &rows,
                            .max_price = MONEY_NONE};
    sent->error = (sluice_error)ERROR_INIT;
    sent->result = inbox_submit(inbox, &job, &sent->error);
    return NULL;
}

static int send(const char *name) {
    struct sent sent = {.name = name};
    send_one(&sent);
    return sent.result;
}

static size_t count_waiting(void) {
    size_t count = 0;
    pthread_mutex_lock(&inbox->lock);
    for (const struct inbox_entry *entry = inbox->first; entry; entry = entry->next)
        count++;
    pthread_mutex_unlock(&inbox->lock);
    return count;
}

static void wait_for_waiting(size_t count) {
    while (count_waiting() != count)
        usleep(1000);
}

/* The writer is held up by a lock until all of them wait, so that they share a transaction. */
static void send_together(struct sent *all) {
    execute("BEGIN IMMEDIATE");
    inbox_note(inbox, &(struct inbox_end){.row = 1000, .state = INBOX_PLACED}); /* nobody's */
    wait_for_waiting(0);
    for (size_t i = 0; i < SENDERS; i++)
        assert_int_equal(pthread_create(&all[i].thread, NULL, send_one, &all[i]), 0);
    wait_for_waiting(SENDERS);
    execute("COMMIT");
    for (size_t i = 0; i < SENDERS; i++)
        assert_int_equal(pthread_join(all[i].thread, NULL), 0);
}

static void one_that_is_refused_takes_no_other_with_it(void **state) {
    struct sent all[SENDERS] = {{.name = "one"}, {.name = "bad"}, {.name = "three"}, {.name = "four"}};
    (void)state;
    execute(
        "CREATE TRIGGER refuse BEFORE INSERT ON rows WHEN (SELECT name FROM jobs WHERE id = new.id) = 'bad'"
        " BEGIN SELECT raise(ABORT, 'no'); END");
    send_together(all);
    for (size_t i = 0; i < SENDERS; i++)
        assert_int_equal(all[i].result, i == 1 ? SLUICE_E_IO : 0);
    assert_non_null(strstr(all[1].error.text, "inbox.db can't be used: constraint failed"));
    for (size_t i = 0; i < SENDERS; i++) /* what was refused left no half of a job */
        assert_int_equal(send(all[i].name), i == 1 ? SLUICE_E_IO : 1);
    execute("DROP TRIGGER refuse");
    assert_int_equal(send("bad"), 0);
}

static void an_end_that_is_refused_is_lost_alone(void **state) {
    (void)state;
    assert_int_equal(send("one"), 0);
    assert_int_equal(send("two"), 0);
    execute(
        "CREATE TRIGGER refuse BEFORE UPDATE ON jobs WHEN new.id = 1 BEGIN SELECT raise(ABORT, 'no'); END");
    execute("BEGIN IMMEDIATE");
    inbox_note(inbox, &(struct inbox_end){.row = 1000, .state = INBOX_PLACED});
    wait_for_waiting(0);
    inbox_note(inbox, &(struct inbox_end){.row = 1, .state = INBOX_PLACED});
    inbox_note(inbox, &(struct inbox_end){.row = 2, .state = INBOX_PLACED});
    execute("COMMIT");
    assert_int_equal(inbox_sync(inbox, &error), 0);
    assert_int_equal(inbox_lost(inbox), 1);
    sqlite3_stmt *states = NULL;
    int code = other.sqlite->sqlite3_prepare_v3(other.db, "SELECT state FROM rows ORDER BY id", -1, 0,
                                                &states, NULL);
    assert_int_equal(code, SQLITE_OK);
    assert_int_equal(other.sqlite->sqlite3_step(states), SQLITE_ROW);
    assert_int_equal(inbox_db_number(&other, states, 0), INBOX_OPEN);
    assert_int_equal(other.sqlite->sqlite3_step(states), SQLITE_ROW);
    assert_int_equal(inbox_db_number(&other, states, 0), INBOX_PLACED);
    other.sqlite->sqlite3_finalize(states);
}

/* SQLite ends the whole transaction of itself. */
static void nothing_is_written_when_the_transaction_is_lost(void **state) {
    struct sent all[SENDERS] = {{.name = "one"}, {.name = "bad"}, {.name = "three"}, {.name = "four"}};
    (void)state;
    execute(
        "CREATE TRIGGER refuse BEFORE INSERT ON rows WHEN (SELECT name FROM jobs WHERE id = new.id) = 'bad'"
        " BEGIN SELECT raise(ROLLBACK, 'no'); END");
    send_together(all);
    for (size_t i = 0; i < SENDERS; i++) {
        assert_int_equal(all[i].result, SLUICE_E_IO);
        assert_non_null(strstr(all[i].error.text, "inbox.db can't be used"));
    }
    execute("DROP TRIGGER refuse");
    for (size_t i = 0; i < SENDERS; i++)
        assert_int_equal(send(all[i].name), 0);
}

/* Together or one after the other: exactly one of them is taken, and the others hear that they aren't. */
static void another_job_by_the_same_name_is_refused(void **state) {
    struct sent all[SENDERS] = {{.name = "one"},
                                {.name = "one", .imei = "004400000000016"},
                                {.name = "one", .imei = "004900000000015"},
                                {.name = "one", .repeat = true}};
    size_t taken = 0;
    (void)state;
    send_together(all);
    for (size_t i = 0; i < SENDERS; i++) {
        taken += all[i].result == 0;
        if (all[i].result)
            assert_int_equal(all[i].result, SLUICE_E_USAGE);
    }
    assert_int_equal(taken, 1);
    for (size_t i = 0; i < SENDERS; i++) {
        bool was_taken = all[i].result == 0;
        send_one(&all[i]);
        assert_int_equal(all[i].result, was_taken ? 1 : SLUICE_E_USAGE);
        if (!was_taken)
            assert_non_null(strstr(all[i].error.text, "there is a job 'one' already"));
    }
}

static void nothing_is_taken_into_a_file_that_is_gone(void **state) {
    char path[100], moved[100];
    struct sent two = {.name = "two"};
    (void)state;
    snprintf(path, sizeof path, "%s/inbox.db", dir);
    snprintf(moved, sizeof moved, "%s/moved.db", dir);
    assert_int_equal(send("one"), 0);
    assert_int_equal(rename(path, moved), 0);
    send_one(&two);
    assert_int_equal(two.result, SLUICE_E_IO);
    assert_non_null(strstr(two.error.text, "inbox.db was moved, replaced or deleted"));
    assert_int_equal(rename(moved, path), 0);
    assert_int_equal(send("two"), 0);
    assert_int_equal(send("one"), 1);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(one_that_is_refused_takes_no_other_with_it),      TEST(an_end_that_is_refused_is_lost_alone),
        TEST(nothing_is_written_when_the_transaction_is_lost), TEST(another_job_by_the_same_name_is_refused),
        TEST(nothing_is_taken_into_a_file_that_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
