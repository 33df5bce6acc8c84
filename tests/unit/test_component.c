#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "component.h"
#include "secret.h"
#include "text.h"

static sluice_arena arena;
static struct diag diag;
static struct vars vars;
static struct binder binder;
static struct registry *registry;
static struct component component;

static int begin(void **state) {
    (void)state;
    unsetenv("SUPABASE_URL");
    unsetenv("SAMPLE_USER");
    unsetenv("SAMPLE_KEY");
    registry = registry_new(getenv("SLUICE_TEST_FIXTURES"));
    return registry ? 0 : -1;
}

static int end(void **state) {
    (void)state;
    diag_free(&diag);
    arena_free(&arena);
    vars_free(&vars);
    registry_free(registry);
    secret_forget_all();
    return 0;
}

static bool bind_as(const char *section, uint32_t kind, long index, enum pipeline_mode mode,
                    const char *text) {
    const struct position position = {kind, section, index};
    binder = (struct binder){.file = "p.yaml", .mode = mode, .vars = vars, .arena = &arena, .diag = &diag};
    struct yaml_node *node = yaml_parse("p.yaml", text_of(text), &arena, &diag);
    assert_non_null(node);
    return component_bind(&binder, registry, &position, node, &component);
}

static bool bind_sink(const char *text) {
    return bind_as("sinks", SLUICE_SINK, 2, PIPELINE_RUN, text);
}

static bool bind_action(const char *text) {
    return bind_as("actions", SLUICE_ACTION, 0, PIPELINE_RUN, text);
}

/* The only thing said. */
static void assert_error(unsigned column, const char *text) {
    assert_int_equal(diag.count, 1);
    assert_string_equal(diag.entries[0].text, text);
    assert_int_equal(diag.entries[0].at.column, column);
}

static void it_knows_what_it_is_and_where(void **state) {
    (void)state;
    assert_true(bind_sink("sample: {path: out}"));
    assert_int_equal(diag.count, 0);
    assert_string_equal(component.name, "sample");
    assert_string_equal(component.place, "sinks[2] sample");
    assert_ptr_equal(component.id, component.place);
    assert_int_equal(component.type->kind, SLUICE_SINK); /* of three that are called so */
    assert_int_equal(component.at.line, 1);
    assert_true(component.complete);
    assert_true(bind_as("source", SLUICE_SOURCE, -1, PIPELINE_RUN, "sample: {path: in}"));
    assert_string_equal(component.place, "source sample");
}

static void a_component_of_a_plugin_is_named_behind_a_dot(void **state) {
    (void)state;
    setenv("SAMPLE_USER", "me", 1);
    setenv("SAMPLE_KEY", "opensesame", 1);
    assert_true(bind_action("sample.place: {}"));
    assert_string_equal(component.type->name, "place");
    assert_string_equal(component.name, "sample.place");
    assert_true(bind_action("sample.buy:")); /* nothing is no option */
    assert_int_equal(diag.count, 0);
}

static void what_talks_to_a_service_has_limits(void **state) {
    (void)state;
    assert_true(bind_action("sample.buy: {limits: {concurrency: 3, rate: 60/min, timeout: 5s}}"));
    assert_int_equal(diag.count, 0);
    assert_int_equal(component.limits.concurrency, 3);
    assert_int_equal(component.limits.rate.count, 60);
    assert_int_equal(component.limits.timeout_ms, 5000);
    assert_int_equal(component.limits.connect_ms, 15000); /* as it is */
    assert_true(bind_action("sample.buy: {}"));
    assert_int_equal(component.limits.concurrency, 10);
}

static void what_does_not_has_none(void **state) {
    (void)state;
    assert_true(bind_sink("sample: {path: out, limits: {concurrency: 3}}"));
    assert_error(21, "sink 'sample' talks to no service; remove 'limits'");
}

static void conditions_are_texts_and_null_is_empty(void **state) {
    (void)state;
    assert_true(bind_sink("sample: {path: out, where: {status: [Pending, In Process], imei: 0123, note: }}"));
    assert_int_equal(diag.count, 0);
    assert_int_equal(component.where_count, 3);
    assert_true(text_is(component.where[0].values.items[1], "In Process"));
    assert_true(text_is(component.where[1].values.items[0], "0123"));
    assert_int_equal(component.where[2].values.count, 1);
    assert_int_equal(component.where[2].values.items[0].len, 0);
}

static void a_condition_that_nothing_meets_is_an_error(void **state) {
    (void)state;
    assert_true(bind_sink("sample: {path: out, where: {status: []}}"));
    assert_error(37, "'status' in 'where' has no values, so nothing would ever match; write one");
}

static void a_source_takes_no_condition(void **state) {
    (void)state;
    assert_true(bind_as("source", SLUICE_SOURCE, -1, PIPELINE_RUN, "sample: {path: in, where: {a: b}}"));
    assert_int_equal(diag.errors, 1);
    assert_non_null(strstr(diag.entries[0].text, "source 'sample' has no option 'where'"));
}

static void an_id_is_a_name(void **state) {
    (void)state;
    assert_true(bind_sink("sample: {path: out, id: main-store.1}"));
    assert_string_equal(component.id, "main-store.1");
    assert_int_equal(diag.count, 0);
    assert_true(bind_sink("sample: {path: out, id: \"a b\"}"));
    assert_error(25, "an id has 1 to 48 letters, digits, '_', '-' or '.'");
    assert_ptr_equal(component.id, component.place);
}

static void lint_knows_whether_all_options_are_there(void **state) {
    (void)state;
    assert_true(bind_as("sinks", SLUICE_SINK, 0, PIPELINE_LINT, "sample: {path: \"${NOWHERE}\"}"));
    assert_false(component.complete);
    assert_true(bind_as("sinks", SLUICE_SINK, 0, PIPELINE_LINT, "sample: {path: out, count: x}"));
    assert_false(component.complete);
    assert_true(bind_as("sinks", SLUICE_SINK, 0, PIPELINE_LINT, "sample: {path: out, where: {a: []}}"));
    assert_true(component.complete); /* that is nothing to the plugin */
}

static void check_refused(const char *text, unsigned column, const char *expected) {
    diag_free(&diag);
    assert_false(bind_sink(text));
    assert_error(column, expected);
}

static void an_entry_is_a_map_of_one(void **state) {
    (void)state;
    check_refused("sample", 1, "the name of a component stands before a colon; write 'sample: {}'");
    check_refused("{}", 1, "here must be one sink, not an empty map; write NAME: {OPTION: VALUE}");
    check_refused("[sample]", 1, "here must be one sink, not a list; write NAME: {OPTION: VALUE}");
    check_refused(
        "{sample: {path: a}, id: b}", 21,
        "'id' stands beside 'sample'; indent it further if it is an option of it, or begin it with '- ' "
        "if it is another sink");
}

static void options_are_a_map(void **state) {
    (void)state;
    assert_true(bind_sink("sample: out.csv"));
    assert_error(9, "'sample' takes options, a map, not text; write {OPTION: VALUE}");
    assert_null(component.config);
    assert_false(component.complete);
}

static void what_is_not_there_gets_a_suggestion(void **state) {
    (void)state;
    check_refused("smaple: {}", 1, "there is no sink 'smaple'; did you mean 'sample'?");
    check_refused("sample.stor: {}", 1, "there is no sink 'sample.stor'; did you mean 'sample.store'?");
    check_refused("sample.place: {}", 1,
                  "'sample.place' is an action, not a sink; there are sample, sample.store, orders");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(it_knows_what_it_is_and_where),
        TEST(a_component_of_a_plugin_is_named_behind_a_dot),
        TEST(what_talks_to_a_service_has_limits),
        TEST(what_does_not_has_none),
        TEST(conditions_are_texts_and_null_is_empty),
        TEST(a_condition_that_nothing_meets_is_an_error),
        TEST(a_source_takes_no_condition),
        TEST(an_id_is_a_name),
        TEST(lint_knows_whether_all_options_are_there),
        TEST(an_entry_is_a_map_of_one),
        TEST(options_are_a_map),
        TEST(what_is_not_there_gets_a_suggestion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
