#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "log.h"
#include "runner_parts.h"
#include "shelf.h"
#include "text.h"

/* ---- a source and an action that do as the test says ------------------------------------------ */

static const sluice_host *host;

struct script {
    uint32_t batches, rows, calls;
    int32_t answer;      /* behind the last batch; 0: the end */
    bool refuse_first;   /* the source itself refuses the first row of each batch */
    uint32_t fail_batch; /* the action fails at this one, from 1 */
    uint32_t processed;
};

static int32_t open_script(const sluice_host *table, sluice_self *self, const void *config, void **instance,
                           sluice_error *error) {
    (void)self, (void)error;
    host = table;
    *instance = (void *)config;
    return 0;
}

static int32_t read_script(void *instance, sluice_filling *out, sluice_error *error) {
    struct script *script = instance;
    static const sluice_text names[] = {{"imei", 4}, {"note", 4}};
    uint32_t batch = script->calls++;
    if (batch == script->batches)
        return script->answer ? host->fail(error, script->answer, "the input broke off") : SLUICE_END;
    int32_t failed = host->columns(out, names, 2, error);
    for (uint32_t r = 0; !failed && r < script->rows; r++) {
        char *text = host->alloc(out->arena, 16);
        out->numbers[r] = batch * script->rows + r + 1;
        out->cells[0][r] = (sluice_text){text, (uint64_t)snprintf(text, 16, "%u", (unsigned)out->numbers[r])};
        out->cells[1][r] = r == 2 ? TEXT("unkeepable") : (sluice_text){NULL, 0};
        out->row_count = r + 1;
    }
    if (!failed && script->refuse_first)
        failed = host->reject_read(out, 0, "short", TEXT("too short"), error);
    return failed;
}

/* The second row is rejected, the fourth dropped as a duplicate, the fifth passed over. */
static int32_t process(void *instance, const sluice_batch *in, sluice_changes *out, sluice_error *error) {
    struct script *script = instance;
    (void)in;
    if (++script->processed == script->fail_batch)
        return host->fail(error, SLUICE_E_UNAVAILABLE, "it can't go on");
    host->reject(out, 1, "bad", TEXT("it is bad"));
    host->drop(out, 3, SLUICE_DROP_DUPLICATE);
    host->drop(out, 4, SLUICE_DROP_FILTERED);
    return 0;
}

static const sluice_source source = {.size = sizeof source, .read = read_script};
static const sluice_action action = {.size = sizeof action, .process = process};
static const sluice_component script_source = {.size = sizeof script_source,
                                               .kind = SLUICE_SOURCE,
                                               .name = "script",
                                               .open = open_script,
                                               .source = &source};
static const sluice_component script_action = {.size = sizeof script_action,
                                               .kind = SLUICE_ACTION,
                                               .name = "sort",
                                               .open = open_script,
                                               .action = &action};

/* ---- a runner around them --------------------------------------------------------------------- */

static struct script script;
static struct shelf shelf, rejected;
static struct component actions[1], sinks[1], reject_sinks[1];
static struct pipeline pipeline;
static struct components rejecting;
static struct outlet outlets[1];
static struct runner runner;
static sluice_error error;

static void on_kept(void *user, struct outlet *outlet, int64_t run, int64_t version) {
    (void)user, (void)outlet, (void)run, (void)version;
}

static void on_rejected(void *user, struct outlet *outlet, const struct batch *batch,
                        const struct reject *reject) {
    (void)user, (void)outlet;
    tally_take_back(&runner.run.tally, batch->view.numbers[reject->row]);
}

static void on_died(void *user, struct outlet *outlet, const sluice_error *why) {
    (void)user, (void)outlet;
    run_stop(&runner.run, STOP_FAILED, -why->code, "%s", why->text);
}

static int begin(void **state) {
    static const struct outlet_events events = {.kept = on_kept, .rejected = on_rejected, .died = on_died};
    (void)state;
    log_configure(&(struct log_settings){0});
    script = (struct script){.batches = 4, .rows = 6};
    shelf_init(&shelf);
    shelf_init(&rejected);
    actions[0] = (struct component){.type = &script_action, .place = "actions[0] sort", .config = &script};
    sinks[0] =
        (struct component){.type = &shelf_sink, .place = "sinks[0] shelf", .id = "shelf", .config = &shelf};
    reject_sinks[0] = (struct component){.type = &shelf_sink, .place = "on_reject[0]", .config = &rejected};
    rejecting = (struct components){reject_sinks, 1};
    pipeline = (struct pipeline){.name = "p", .spender = -1, .actions = {actions, 1}, .sinks = {sinks, 1}};
    pipeline.source = (struct component){.type = &script_source, .place = "source script", .config = &script};
    memset(&runner, 0, sizeof runner);
    runner.pipeline = &pipeline;
    error = (sluice_error)ERROR_INIT;
    run_init(&runner.run, &pipeline);
    assert_int_equal(chain_open(&runner.chain, actions, 1, NULL, false, &error), 0);
    assert_int_equal(reader_open(&runner.reader, &pipeline.source, NULL, false, &error), 0);
    assert_int_equal(outlet_open(&outlets[0], &sinks[0], NULL, false, &events, &error), 0);
    assert_int_equal(outlet_start(&outlets[0], &error), 0);
    runner.run.outlets = outlets;
    runner.run.outlet_count = 1;
    assert_int_equal(rejects_open(&runner.run.rejects, &rejecting, "", NULL, NULL, false, &error), 0);
    runner.done_fd = eventfd(0, EFD_CLOEXEC);
    return 0;
}

static int end(void **state) {
    (void)state;
    close(runner.done_fd);
    outlet_close(&outlets[0]);
    reader_close(&runner.reader);
    chain_close(&runner.chain);
    run_free(&runner.run);
    shelf_free(&shelf);
    shelf_free(&rejected);
    return 0;
}

/* Feed it all; what became of the records, and the sums hold whatever happened. */
static void check(uint64_t read, uint64_t passed, uint64_t was_rejected, uint64_t duplicate,
                  uint64_t skipped) {
    struct tally *tally = &runner.run.tally;
    uint64_t done = 0;
    runner_feed(&runner);
    assert_int_equal(eventfd_read(runner.done_fd, &done), 0);
    assert_int_equal(done, 1);
    assert_int_equal(rejects_close(&runner.run.rejects, &error), 0);
    assert_int_equal(atomic_load(&tally->read), read);
    assert_int_equal(tally_get(tally, TALLY_PASSED), passed);
    assert_int_equal(tally_get(tally, TALLY_REJECTED), was_rejected);
    assert_int_equal(tally_get(tally, TALLY_DUPLICATE), duplicate);
    assert_int_equal(tally_get(tally, TALLY_SKIPPED), skipped);
    assert_int_equal(tally_done(tally), read);
}

static void every_record_has_an_end(void **state) {
    (void)state;
    check(24, 8, 8, 4, 4); /* of six: 1 and 6 pass, 2 is rejected, 3 the sink refuses, 4 and 5 leave */
    assert_int_equal(shelf.committed, 8);
    assert_int_equal(shelf.finishes, 1);
    assert_int_equal(rejected.committed, 4);
    assert_int_equal(run_exit_code(&runner.run), 10);
}

static void rows_that_the_source_refuses_are_read_and_rejected(void **state) {
    char *codes;
    (void)state;
    script.refuse_first = true;
    script.batches = 1;
    check(6, 1, 3, 1, 1);
    codes = shelf_column(&rejected, "_code");
    assert_string_equal(codes, "short bad");
    free(codes);
}

/* An action that can't go on leaves a batch whose rows nobody has counted. */
static void the_sums_hold_when_an_action_fails_in_the_middle(void **state) {
    (void)state;
    script.fail_batch = 3;
    check(18, 4, 4, 2, 8);
    assert_int_equal(shelf.finishes, 0); /* half a result isn't put in place */
    assert_int_equal(run_exit_code(&runner.run), 69);
    char rows[100];
    tally_skipped_text(&runner.run.tally, rows, sizeof rows);
    assert_string_equal(rows, "whose numbers aren't kept (6)");
}

static void the_sums_hold_when_the_input_breaks_off(void **state) {
    (void)state;
    script.answer = SLUICE_E_DATA;
    check(24, 8, 8, 4, 4);
    assert_int_equal(shelf.finishes, 0);
    assert_int_equal(run_exit_code(&runner.run), 65);
}

static void after_a_stop_the_rest_is_read_and_named(void **state) {
    char rows[100];
    (void)state;
    run_stop(&runner.run, STOP_SIGNAL, 75, "stopping");
    check(24, 0, 0, 0, 24);
    assert_int_equal(shelf.writes, 0);
    tally_skipped_text(&runner.run.tally, rows, sizeof rows);
    assert_string_equal(rows, "1-24");
    assert_int_equal(run_exit_code(&runner.run), 75);
}

static void a_dead_sink_ends_a_run_that_only_copies(void **state) {
    (void)state;
    shelf.write_answer = SLUICE_E_IO;
    runner_feed(&runner);
    assert_int_equal(rejects_close(&runner.run.rejects, &error), 0);
    assert_int_equal(tally_done(&runner.run.tally), atomic_load(&runner.run.tally.read));
    assert_int_equal(run_exit_code(&runner.run), 74);
    assert_true(atomic_load(&outlets[0].lost) > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_record_has_an_end),
        TEST(rows_that_the_source_refuses_are_read_and_rejected),
        TEST(the_sums_hold_when_an_action_fails_in_the_middle),
        TEST(the_sums_hold_when_the_input_breaks_off),
        TEST(after_a_stop_the_rest_is_read_and_named),
        TEST(a_dead_sink_ends_a_run_that_only_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
