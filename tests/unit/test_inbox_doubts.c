#include "support.h"

#include <string.h>

#include "inbox.h"
#include "ledger_fixture.h"
#include "ledger_settle.h"
#include "log.h"
#include "text.h"

static struct fixture *fixture;
static struct inbox *inbox;
static sluice_error error = ERROR_INIT;

static int set_up(void **state) {
    log_configure(&(struct log_settings){.level = SLUICE_LOG_WARN});
    if (fixture_set_up(state))
        return -1;
    fixture = *state;
    return inbox_open(fixture->dir, NULL, NULL, &inbox, &error);
}

static int tear_down(void **state) {
    inbox_close(inbox);
    return fixture_tear_down(state);
}

static void submit(const char *pipeline, const char *name, uint32_t count) {
    static const sluice_text names[] = {TEXT("imei")};
    sluice_text cells[4] = {TEXT("001001001234563"), TEXT("001001001234563"), TEXT("001001001234563")};
    const sluice_text *const columns[] = {cells};
    uint64_t numbers[4] = {1, 2, 3};
    sluice_batch rows = {.size = sizeof rows,
                         .column_count = 1,
                         .row_count = count,
                         .selected = count,
                         .names = names,
                         .cells = columns,
                         .numbers = numbers};
    struct inbox_job job = {
        .pipeline = text_of(pipeline), .name = text_of(name), .rows = &rows, .max_price = MONEY_NONE};
    assert_int_equal(inbox_submit(inbox, &job, &error), 0);
}

static void note(uint64_t row, enum inbox_state state, unsigned n) {
    struct inbox_end end = {.row = row, .state = state, .keyed = n != 0};
    if (n)
        end.key = fixture_intent(n).key;
    inbox_note(inbox, &end);
    assert_int_equal(inbox_sync(inbox, &error), 0);
}

static uint64_t review(const char *pipeline) {
    uint64_t left;
    const struct ledger_site site = {.state_dir = fixture->dir};
    assert_int_equal(inbox_review(inbox, text_of(pipeline), &site, &left, &error), 0);
    return left;
}

static int copy_job(void *user, const struct inbox_job_view *job) {
    *(struct inbox_job_view *)user = *job;
    return 0;
}

static struct inbox_job_view job_called(const char *name) {
    struct inbox_job_view job;
    assert_int_equal(inbox_job(inbox, TEXT("web"), text_of(name), copy_job, &job, &error), 0);
    return job;
}

static int64_t put_in_doubt(unsigned n) {
    int64_t order = fixture_send(fixture, n);
    fixture_end(fixture, order, T8, "no answer");
    return order;
}

static void end_run(void) {
    fixture_good(fixture, ledger_run_end(fixture->ledger, fixture->run, 11, &fixture->error));
}

static void settle(int64_t order, enum transition transition, const char *order_id) {
    const struct verdict_on_doubt verdict = {.transition = transition,
                                             .order_id = text_of(order_id),
                                             .code = TEXT("listed"),
                                             .reason = TEXT("it was looked up"),
                                             .evidence = TEXT("a list")};
    enum order_state became;
    int64_t run = fixture_begin_run(fixture, fixture->ledger, "another");
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    fixture_good(fixture, ledger_settle(fixture->ledger, run, order, &verdict, &became, &fixture->error));
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    assert_int_not_equal(became, ORDER_IN_DOUBT);
}

static void what_another_run_settles_waits_again(void **state) {
    (void)state;
    submit("web", "one", 3);
    int64_t bought = put_in_doubt(1), absent = put_in_doubt(2);
    put_in_doubt(3);
    for (unsigned n = 1; n <= 3; n++)
        note(n, INBOX_IN_DOUBT, n);
    end_run();
    assert_int_equal(review("web"), 3);
    assert_int_equal(job_called("one").open, 0);
    settle(bought, T10, "9500");
    settle(absent, T12, NULL);
    assert_int_equal(review("other"), 0); /* those are none of its rows */
    assert_int_equal(job_called("one").states[INBOX_WAITING], 0);
    assert_int_equal(review("web"), 1);
    struct inbox_job_view job = job_called("one");
    assert_int_equal(job.states[INBOX_WAITING], 2);
    assert_int_equal(job.states[INBOX_IN_DOUBT], 1);
    assert_int_equal(job.open, 2);
    note(1, INBOX_PLACED, 1);
    note(2, INBOX_IN_DOUBT, 2); /* it was sent again, and no answer came again */
    job = job_called("one");
    assert_int_equal(job.open, 0);
    assert_int_equal(job.states[INBOX_IN_DOUBT], 2);
}

static void a_doubt_outlives_the_process(void **state) {
    (void)state;
    submit("web", "one", 1);
    int64_t order = put_in_doubt(1);
    note(1, INBOX_IN_DOUBT, 1);
    end_run();
    inbox_close(inbox);
    assert_int_equal(inbox_open(fixture->dir, NULL, NULL, &inbox, &error), 0);
    assert_int_equal(review("web"), 1);
    settle(order, T10, "9500");
    assert_int_equal(review("web"), 0);
    assert_int_equal(job_called("one").states[INBOX_WAITING], 1);
}

/* This run's own: what it says itself needs no look into the ledger. */
static void what_a_run_settles_itself(void **state) {
    (void)state;
    submit("web", "one", 2);
    for (unsigned n = 1; n <= 2; n++) {
        put_in_doubt(n);
        note(n, INBOX_IN_DOUBT, n);
    }
    note(1, INBOX_PLACED, 1);
    note(2, INBOX_WAITING, 2); /* absent */
    assert_int_equal(review("web"), 0);
    assert_int_equal(job_called("one").open, 1);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_another_run_settles_waits_again),
        TEST(a_doubt_outlives_the_process),
        TEST(what_a_run_settles_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
