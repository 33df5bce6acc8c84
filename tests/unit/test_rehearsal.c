/* What stands under `tests:`, read through pipeline_parse. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline.h"
#include "rehearsal.h"
#include "text.h"

static struct registry *registry;
static struct vars vars;
static struct diag diag;
static struct pipeline *pipeline;

static int set_up(void **state) {
    (void)state;
    registry = registry_new(getenv("SLUICE_PLUGIN_PATH"));
    return registry ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    pipeline_free(pipeline);
    pipeline = NULL;
    diag_free(&diag);
    registry_free(registry);
    return 0;
}

static const struct rehearsals *read_tests(const char *text) {
    static char whole[20000];
    snprintf(whole, sizeof whole, "source: {csv: {path: a}}\nsinks: [{csv: {path: b}}]\ntests:\n%s", text);
    pipeline_free(pipeline);
    diag_free(&diag);
    pipeline = pipeline_parse("t.yaml", text_of(whole), PIPELINE_RUN, &vars, registry, &diag);
    return pipeline ? pipeline->tests : NULL;
}

static const struct rehearsals *good(const char *text) {
    const struct rehearsals *tests = read_tests(text);
    if (!tests)
        diag_print(&diag, stderr, &(struct diag_look){0});
    assert_non_null(tests);
    return tests;
}

static void assert_wrong(const char *text, unsigned line, const char *part) {
    if (read_tests(text))
        fail_msg("nothing is wrong with: %s", text);
    for (size_t i = 0; i < diag.count; i++)
        if (diag.entries[i].at.line == line && strstr(diag.entries[i].text, part))
            return;
    diag_print(&diag, stderr, &(struct diag_look){0});
    fail_msg("not said in line %u: %s", line, part);
}

static void none_is_none(void **state) {
    (void)state;
    assert_int_equal(good("")->count, 0);
    assert_int_equal(good("  []")->count, 0);
}

static void a_test_is_read_as_it_stands(void **state) {
    (void)state;
    const struct rehearsals *tests = good("  - name: one\n"
                                          "    vars: {A: \"${B}\", C: 'no'}\n"
                                          "    timeout: 3s\n"
                                          "    input:\n"
                                          "      - {imei: 0012, note: ~, price: 1e5}\n"
                                          "      - {}\n"
                                          "    provider:\n"
                                          "      options: {credit: 5.00}\n"
                                          "      faults: [close=first, hang]\n"
                                          "      replies:\n"
                                          "        - {match: x, status: 503, body: 'a$b ${C}', times: 2}\n"
                                          "        - {fault: timeout}\n"
                                          "    expect:\n"
                                          "      placed: 0\n"
                                          "      spend: 0.50\n"
                                          "      orders: []\n"
                                          "      posts: [a, [b, c]]\n"
                                          "      sinks: {out: [{a: 1}]}\n"
                                          "      files: {f.csv: \"x\\n\"}\n"
                                          "      says: hello\n");
    assert_int_equal(tests->count, 1);
    const struct rehearsal *test = &tests->items[0];
    const struct rehearsal_step *step = &test->steps[0];
    const struct rehearsal_expect *expect = &step->expect;
    assert_string_equal(test->name, "one");
    assert_int_equal(test->at.line, 4);
    assert_int_equal(test->timeout_ms, 3000);
    assert_true(text_is(test->vars.items[0].values.items[0], "${B}"));
    assert_int_equal(step->input->count, 2);
    assert_true(text_is(row_value(&step->input->items[0], TEXT("imei")), "0012"));
    assert_true(text_is(row_value(&step->input->items[0], TEXT("price")), "1e5"));
    assert_null(row_value(&step->input->items[0], TEXT("note")).ptr);
    assert_int_equal(step->faults.count, 2);
    assert_int_equal(step->reply_count, 2);
    assert_true(text_is(step->replies[0].body, "a$b ${C}"));
    assert_int_equal(step->replies[0].times, 2);
    assert_int_equal(step->replies[1].status, 200);
    assert_int_equal(step->replies[1].fault, REPLY_TIMEOUT);
    assert_int_equal(expect->exit, 0);
    assert_int_equal(expect->kinds[TALLY_PLACED], 0);
    assert_int_equal(expect->kinds[TALLY_REJECTED], -1);
    assert_int_equal(expect->read, -1);
    assert_int_equal(expect->calls, -1);
    assert_true(text_is(expect->spend, "0.50"));
    assert_null(expect->charged.ptr);
    assert_int_equal(expect->orders->count, 0);
    assert_null(expect->rejects);
    assert_int_equal(expect->post_count, 2);
    assert_int_equal(expect->posts[1].count, 2);
    assert_int_equal(expect->sink_count, 1);
    assert_int_equal(expect->files.count, 1);
    assert_int_equal(expect->says.count, 1);
}

static void a_further_run_takes_what_it_lacks_from_the_one_before(void **state) {
    (void)state;
    const struct rehearsals *tests = good("  - name: one\n"
                                          "    input: 'imei\n\n      1'\n"
                                          "    provider: {options: {a: b}, faults: [hang]}\n"
                                          "    then:\n"
                                          "      - {repeat: true, expect: {posts: 0}}\n"
                                          "      - {input: [], provider: {options: {c: d}}}\n");
    const struct rehearsal *test = &tests->items[0];
    assert_int_equal(test->step_count, 3);
    assert_true(text_is(test->steps[1].text, "imei\n1"));
    assert_int_equal(test->steps[1].faults.count, 0);
    assert_true(text_is(test->steps[1].options.items[0].key, "a"));
    assert_true(test->steps[1].repeat && !test->steps[0].repeat && !test->steps[2].repeat);
    assert_int_equal(test->steps[1].expect.post_count, 0);
    assert_int_equal(test->steps[2].input->count, 0);
    assert_true(text_is(test->steps[2].options.items[0].key, "c"));
    assert_int_equal(test->steps[2].expect.post_count, -1);
}

static void what_is_wrong_is_said(void **state) {
    (void)state;
    assert_wrong("  one: {}", 4, "'tests' is a list");
    assert_wrong("  - 1", 4, "a test is a map");
    assert_wrong("  - {input: []}", 4, "needs the option 'name'");
    assert_wrong("  - {name: a}\n  - {name: a}", 5, "the test in line 4 has this name");
    assert_wrong("  - {name: a, inputs: []}", 4, "did you mean 'input'");
    assert_wrong("  - {name: a, input: {}}", 4, "'input' is a list");
    assert_wrong("  - {name: a, input: [b]}", 4, "a record is a map");
    assert_wrong("  - {name: a, input: [{b: [c]}]}", 4, "a field of a record is one value");
    assert_wrong("  - {name: a, provider: x}", 4, "'provider' is a map");
    assert_wrong("  - {name: a, provider: {replies: [{statuss: 1}]}}", 4, "did you mean 'status'");
    assert_wrong("  - {name: a, provider: {replies: [{status: 99}]}}", 4, "100");
    assert_wrong("  - {name: a, provider: {replies: [{fault: slow}]}}", 4, "slow");
    assert_wrong("  - {name: a, expect: {place: 1}}", 4, "did you mean 'placed'");
    assert_wrong("  - {name: a, expect: {placed: many}}", 4, "many");
    assert_wrong("  - {name: a, expect: {spend: 1.2.3}}", 4, "1.2.3");
    assert_wrong("  - {name: a, expect: {posts: x}}", 4, "'posts' is a number");
    assert_wrong("  - {name: a, expect: {posts: -1}}", 4, "'posts' is a number");
    assert_wrong("  - {name: a, expect: {sinks: []}}", 4, "'sinks' is a map");
    assert_wrong("  - {name: a, then: {}}", 4, "'then' is a list");
    assert_wrong("  - {name: a, then: [{then: []}]}", 4, "has no option 'then'");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(none_is_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_test_is_read_as_it_stands, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_further_run_takes_what_it_lacks_from_the_one_before, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_said, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
