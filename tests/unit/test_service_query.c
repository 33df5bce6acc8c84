#include "support.h"

#include <stdio.h>
#include <string.h>

#include "inbox.h"
#include "service_parts.h"
#include "text.h"

enum { ROWS = 600 }; /* several pages */

static char room[64];
static const char *dir;
static struct service service;
static struct job job = {.service = &service, .push_name = (char *)"web"};
static sluice_error error = ERROR_INIT;

static void submit(const char *name, uint32_t count) {
    static const sluice_text names[] = {TEXT("imei")};
    static sluice_text cells[ROWS];
    static uint64_t numbers[ROWS];
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
    struct inbox_job sent = {
        .pipeline = TEXT("web"), .name = text_of(name), .rows = &rows, .max_price = MONEY_NONE};
    assert_int_equal(inbox_submit(service.inbox, &sent, &error), 0);
}

static int set_up(void **state) {
    (void)state;
    dir = support_dir(room);
    assert_int_equal(inbox_open(dir, NULL, NULL, &service.inbox, &error), 0);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    inbox_close(service.inbox);
    support_remove(dir);
    return 0;
}

struct got {
    uint64_t count, stop_at;
    char last[64]; /* the first cell of the last row, and the first of the fixed columns behind the record */
    bool asks;     /* in turn, for each row */
};

static int32_t count_row(void *user, const sluice_row *row);

static int ask(uint32_t kind, const char *name, const char *after, uint64_t limit, struct got *got) {
    const sluice_text value = text_of(name);
    const sluice_pair where = {.key = TEXT("job"), .values = {&value, 1}};
    sluice_query query = {.size = sizeof query,
                          .kind = kind,
                          .where = {&where, name ? 1 : 0},
                          .after = text_of(after),
                          .limit = limit};
    return service_query(&job, &query, count_row, got, &error);
}

static int32_t count_row(void *user, const sluice_row *row) {
    struct got *got = user, in_turn = {0};
    const sluice_batch *batch = row->batch;
    snprintf(got->last, sizeof got->last, "%.*s %.*s", TEXT_ARG(batch->cells[0][0]),
             TEXT_ARG(batch->cells[1][0]));
    if (got->asks) {
        assert_int_equal(ask(SLUICE_QUERY_JOBS, NULL, NULL, 0, &in_turn), 0);
        assert_int_equal(in_turn.count, 1);
    }
    return ++got->count == got->stop_at;
}

static void all_rows_come_in_their_order(void **state) {
    struct got got = {0};
    (void)state;
    submit("one", ROWS);
    assert_int_equal(ask(SLUICE_QUERY_JOB_ROWS, "one", NULL, 0, &got), 0);
    assert_int_equal(got.count, ROWS);
    assert_string_equal(got.last, "001001001234563 600");
}

static void rows_come_by_pages(void **state) {
    struct got got = {0}, rest = {0}, none = {0};
    (void)state;
    submit("one", ROWS);
    assert_int_equal(ask(SLUICE_QUERY_JOB_ROWS, "one", "10", 300, &got), 0);
    assert_int_equal(got.count, 300);
    assert_string_equal(got.last, "001001001234563 310");
    assert_int_equal(ask(SLUICE_QUERY_JOB_ROWS, "one", "590", 300, &rest), 0);
    assert_int_equal(rest.count, 10);
    assert_int_equal(ask(SLUICE_QUERY_JOB_ROWS, "one", "9223372036854775807", 0, &none), 0);
    assert_int_equal(ask(SLUICE_QUERY_JOB_ROWS, "one", "-7", 0, &none), 0);
    assert_int_equal(ask(SLUICE_QUERY_JOB_ROWS, "two", NULL, 0, &none), 0);
    assert_int_equal(none.count, 0);
}

static void who_has_enough_gets_no_more(void **state) {
    struct got got = {.stop_at = 3};
    (void)state;
    submit("one", ROWS);
    assert_int_equal(ask(SLUICE_QUERY_JOB_ROWS, "one", NULL, 0, &got), 0);
    assert_int_equal(got.count, 3);
}

/* Nothing of the inbox is held meanwhile: a run reads it, too. */
static void who_gets_a_row_may_ask_in_turn(void **state) {
    struct got got = {.asks = true};
    (void)state;
    submit("one", 3);
    assert_int_equal(ask(SLUICE_QUERY_JOB_ROWS, "one", NULL, 0, &got), 0);
    assert_int_equal(got.count, 3);
    assert_int_equal(ask(SLUICE_QUERY_JOBS, "one", NULL, 0, &got), 0);
    assert_int_equal(got.count, 4);
}

static void jobs_come_newest_first(void **state) {
    struct got got = {0}, older = {0}, one = {0};
    char name[16];
    (void)state;
    for (int i = 1; i <= 40; i++) { /* several pages */
        snprintf(name, sizeof name, "job %d", i);
        submit(name, 2);
    }
    assert_int_equal(ask(SLUICE_QUERY_JOBS, NULL, NULL, 0, &got), 0);
    assert_int_equal(got.count, 40);
    assert_string_equal(got.last, "job 1 1");
    assert_int_equal(ask(SLUICE_QUERY_JOBS, NULL, "79", 20, &older), 0);
    assert_int_equal(older.count, 20);
    assert_string_equal(older.last, "job 20 39");
    assert_int_equal(ask(SLUICE_QUERY_JOBS, "job 7", NULL, 0, &one), 0);
    assert_int_equal(one.count, 1);
    assert_string_equal(one.last, "job 7 13");
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(all_rows_come_in_their_order),   TEST(rows_come_by_pages),     TEST(who_has_enough_gets_no_more),
        TEST(who_gets_a_row_may_ask_in_turn), TEST(jobs_come_newest_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
