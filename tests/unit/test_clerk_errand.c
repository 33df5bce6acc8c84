/* What asks a provider takes its turn; the pause doesn't, and what isn't begun is refused at the end. */
#include "support.h"

#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clerk_parts.h"
#include "clock.h"
#include "log.h"
#include "service_look.h"
#include "text.h"
#include "ticker.h"

enum { LINES = 512 };

static char room[64];
static struct pipeline pipeline = {.name = (char *)"web"};
static struct program program;
static struct clerk *clerk;
static sluice_error error = ERROR_INIT;
static sem_t asked, answered;

/* A question that takes its time: a check begins with it, and comes to nothing. */
static void look(struct job *job, struct service_look *out) {
    (void)job;
    *out = (struct service_look){.waiting = 0};
    sem_post(&asked);
    while (sem_wait(&answered))
        continue;
}

static void open_clerk(void) {
    clerk = calloc(1, sizeof *clerk);
    assert_non_null(clerk);
    clerk->post =
        (struct clerk_post){.pipeline = &pipeline, .state_dir = room, .ticker = ticker_new(), .look = look};
    clerk->program = &program;
    clerk->offer.opened = true;
    errands_open(&clerk->errands, clerk);
}

static void close_clerk(void) {
    errands_stop(&clerk->errands);
    sem_post(&answered);
    errands_close(&clerk->errands);
    ticker_free(clerk->post.ticker);
    free(clerk);
}

static int set_up(void **state) {
    (void)state;
    log_configure(&(struct log_settings){.level = SLUICE_LOG_ERROR});
    support_dir(room);
    sem_init(&asked, 0, 0);
    sem_init(&answered, 0, 0);
    open_clerk();
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    close_clerk();
    support_remove(room);
    return 0;
}

static sluice_acted act(uint32_t kind, const char *order_id) {
    sluice_acted out = {.size = sizeof out};
    sluice_act wanted = {.size = sizeof wanted,
                         .kind = kind,
                         .order_id = text_of(order_id),
                         .reason = TEXT("stocktaking"),
                         .who = TEXT("ann")};
    assert_int_equal(clerk_act(clerk, &wanted, &out, &error), 0);
    return out;
}

static int32_t print(void *user, const sluice_row *row) {
    char *out = user;
    size_t used = strlen(out);
    snprintf(out + used, LINES - used, "%.*s %.*s;", TEXT_ARG(batch_value(row->batch, row->row, "kind")),
             TEXT_ARG(batch_value(row->batch, row->row, "state")));
    return 0;
}

/* The newest one first. */
static const char *acts(uint64_t limit) {
    static char out[LINES];
    sluice_query query = {.size = sizeof query, .kind = SLUICE_QUERY_ACTS, .limit = limit};
    out[0] = 0;
    struct handout handout = handout_to(&query, print, out);
    assert_int_equal(clerk_acts(clerk, &query, &handout, &error), 0);
    return out;
}

static void begin_check(void) {
    assert_int_equal(act(SLUICE_ACT_CHECK, "81").answer, SLUICE_ACTED_UNDER_WAY);
    while (sem_wait(&asked))
        continue;
}

static void the_pause_waits_for_nobody(void **state) {
    (void)state;
    begin_check();
    assert_int_equal(act(SLUICE_ACT_SETTLE, "").answer, SLUICE_ACTED_UNDER_WAY);
    sluice_acted paused = act(SLUICE_ACT_PAUSE, "");
    assert_int_equal(paused.answer, SLUICE_ACTED_DONE);
    assert_non_null(strstr(paused.text, "by ann: stocktaking"));
    assert_string_equal(acts(9), "pause done;settle under_way;check under_way;");
}

static void the_same_is_asked_for_once(void **state) {
    (void)state;
    begin_check();
    int64_t number = act(SLUICE_ACT_SETTLE, "").act;
    assert_int_equal(act(SLUICE_ACT_SETTLE, "").act, number);
    assert_true(act(SLUICE_ACT_CHECK, "82").act != number);
}

static void what_isnt_begun_is_refused_at_the_end(void **state) {
    (void)state;
    begin_check();
    act(SLUICE_ACT_SETTLE, "");
    errands_stop(&clerk->errands);
    assert_string_equal(acts(9), "settle refused;check under_way;");
}

/* However often somebody pauses meanwhile, what waits keeps its place. */
static void many_pauses_push_nothing_out(void **state) {
    (void)state;
    begin_check();
    act(SLUICE_ACT_SETTLE, "");
    for (int i = 0; i < ERRANDS_KEPT / 2 + 10; i++) {
        assert_int_equal(act(SLUICE_ACT_PAUSE, "").answer, SLUICE_ACTED_DONE);
        assert_int_equal(act(SLUICE_ACT_RESUME, "").answer, SLUICE_ACTED_DONE);
    }
    assert_string_equal(acts(1), "resume done;");
    errands_stop(&clerk->errands);
    int64_t number = clerk->errands.first + 2;
    const struct errand *kept = &clerk->errands.kept[number % ERRANDS_KEPT];
    assert_int_equal(kept->kind, SLUICE_ACT_SETTLE);
    assert_non_null(strstr(kept->text, "before it was begun"));
}

/* A page that stays open mustn't show what somebody else asked of a later start. */
static void a_number_is_never_given_again(void **state) {
    (void)state;
    int64_t number = act(SLUICE_ACT_PAUSE, "").act;
    close_clerk();
    while (clock_wall_ms() <= number) /* no service begins anew within a millisecond */
        continue;
    open_clerk();
    assert_string_equal(acts(9), "");
    assert_true(act(SLUICE_ACT_RESUME, "").act > number);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_pause_waits_for_nobody),
        TEST(the_same_is_asked_for_once),
        TEST(what_isnt_begun_is_refused_at_the_end),
        TEST(many_pauses_push_nothing_out),
        TEST(a_number_is_never_given_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
