#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "descriptor.h"

#include "../fixtures/minimal.h"

#include <cmocka.h> /* last: it has a macro called fail */

/* Everything that a test may spoil. */
struct made {
    sluice_plugin plugin;
    sluice_component components[2];
    sluice_option options[2];
    sluice_source source;
    sluice_sink sink;
    sluice_exchanger exchanger;
    sluice_arena arena;
    struct plugin out;
    sluice_error error;
};

struct config {
    sluice_text text;
    int64_t count;
};

static const char *const no_choices[] = {NULL};
static struct made made;

static int set_up(void **state) {
    (void)state;
    arena_free(&made.arena);
    made = (struct made){
        .plugin = {MINIMAL_PLUGIN("sample")},
        .components = {minimal_component, minimal_component},
        .options = {SLUICE_OPT_TEXT(struct config, text, "text", 0, "x", "a text", NULL),
                    SLUICE_OPT_INT(struct config, count, "count", 0, "3", 0, 9, NULL, "a number")},
        .source = {.size = sizeof made.source},
        .sink = {.size = sizeof made.sink},
        .exchanger = {.size = sizeof made.exchanger},
        .error = ERROR_INIT,
    };
    made.plugin.components = made.components;
    made.components[0].options = made.options;
    made.components[0].option_count = 2;
    made.components[0].option_stride = sizeof *made.options;
    made.components[0].config_size = sizeof(struct config);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    arena_free(&made.arena);
    return 0;
}

static int read_it(void) {
    return descriptor_read(&made.plugin, "sample", "sample.so", &made.arena, &made.out, &made.error);
}

static void assert_refused(const char *part) {
    assert_int_equal(read_it(), SLUICE_E_PLUGIN);
    if (!strstr(made.error.text, part))
        fail_msg("'%s' isn't in: %s", part, made.error.text);
}

static void test_good(void **state) {
    (void)state;
    assert_int_equal(read_it(), 0);
    assert_int_equal(made.out.component_count, 1);
    assert_true(made.out.components[0].options != made.options); /* a copy */
    assert_true(made.out.components[0].action != &minimal_action);
    assert_ptr_equal(made.out.components[0].action->process, minimal_action.process);
}

static void test_descriptions(void **state) {
    (void)state;
    assert_int_equal(descriptor_read(NULL, "sample", "sample.so", &made.arena, &made.out, &made.error),
                     SLUICE_E_PLUGIN);
    made.plugin.size = 8;
    assert_refused("its description has a size of 8 bytes");
    made.plugin.size = UINT32_MAX;
    assert_refused("its description has a size of");
    set_up(state);
    made.plugin.version = NULL;
    assert_refused("version");
    set_up(state);
    made.plugin.component_count = 0;
    assert_refused("no components");
    made.plugin.component_count = 1u << 30;
    assert_refused("no components");
    set_up(state);
    made.plugin.component_stride = 12;
    assert_refused("no components");
}

static void test_components(void **state) {
    (void)state;
    made.components[0].size = 4;
    assert_refused("a component has a size of 4 bytes");
    set_up(state);
    made.components[0].kind = 9;
    assert_refused("of a kind (9)");
    set_up(state);
    made.components[0].name = "a-b";
    assert_refused("'a-b' can't be the name");
    set_up(state);
    made.components[0].name = NULL;
    assert_refused("can't be the name");
    set_up(state);
    made.components[0].close = NULL;
    assert_refused("lacks open, close");
    set_up(state);
    made.plugin.component_count = 2;
    assert_refused("two components that are action 'nothing'");
}

static void test_callbacks(void **state) {
    (void)state;
    made.components[0].action = NULL;
    assert_refused("lacks an action's process");
    set_up(state);
    made.components[0].sink = &made.sink;
    assert_refused("callbacks of another kind");
    set_up(state);
    made.components[0].kind = SLUICE_SINK;
    made.components[0].action = NULL;
    made.components[0].sink = &made.sink;
    assert_refused("lacks a sink's write and commit");
    set_up(state);
    made.components[0].kind = SLUICE_SOURCE;
    made.components[0].action = NULL;
    made.components[0].source = &made.source;
    assert_refused("lacks a source's read");
    made.components[0].flags = SLUICE_PUSH;
    assert_refused("lacks a push source's start");
    made.source.size = 4;
    assert_refused("its source has a size of 4 bytes");
    set_up(state);
    made.components[0].exchanger = &made.exchanger;
    assert_refused("lacks an exchanger's build and parse");
    set_up(state);
    made.components[0].flags = SLUICE_SPENDS;
    assert_refused("must be an action with an exchanger that has identity");
    made.components[0].flags = SLUICE_MAY_SPEND;
    assert_refused("must be an action with an exchanger that has identity");
}

static void test_options(void **state) {
    (void)state;
    made.options[0].name = "bad name";
    assert_refused("'bad name' can't be the name of an option");
    set_up(state);
    made.options[0].name = "where";
    assert_refused("'where' can't be the name of an option");
    set_up(state);
    made.options[1].name = "text";
    assert_refused("two options called 'text'");
    set_up(state);
    made.options[0].type = 77;
    assert_refused("has a type (77)");
    set_up(state);
    made.options[0].offset = sizeof(struct config);
    assert_refused("lies outside its struct");
    made.options[0].offset = UINT32_MAX - 2;
    assert_refused("lies outside its struct");
    set_up(state);
    made.options[1].member_size = 1;
    assert_refused("lies outside its struct");
    set_up(state);
    made.options[1].fallback = "three";
    assert_refused("the default of option 'count'");
    set_up(state);
    made.options[1].type = SLUICE_TYPE_CHOICE;
    made.options[1].choices = no_choices;
    assert_refused("has no choices");
    set_up(state);
    made.components[0].option_stride = 7;
    assert_refused("aren't laid out");
    set_up(state);
    made.components[0].config_size = 1u << 30;
    assert_refused("aren't laid out");
}

static void test_names(void **state) {
    (void)state;
    assert_true(descriptor_good_name("gsm_fusion2"));
    assert_false(descriptor_good_name(NULL));
    assert_false(descriptor_good_name(""));
    assert_false(descriptor_good_name("2fusion"));
    assert_false(descriptor_good_name("_fusion"));
    assert_false(descriptor_good_name("a.b"));
    assert_false(descriptor_good_name("a/b"));
    assert_true(descriptor_good_name("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
    assert_false(descriptor_good_name("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_good),      TEST(test_descriptions), TEST(test_components),
        TEST(test_callbacks), TEST(test_options),      TEST(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
