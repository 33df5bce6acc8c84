#include "option_text.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "text.h"

struct config {
    sluice_text name, from_environment;
    int64_t count;
    sluice_texts list;
    sluice_pairs map;
};

static const sluice_option rows[] = {
    SLUICE_OPT_TEXT(struct config, name, "name", 0, "nobody", "a name", NULL),
    SLUICE_OPT_TEXT(struct config, from_environment, "user", 0, "${USER}", "a user", NULL),
    SLUICE_OPT_INT(struct config, count, "count", 0, "3", 0, 9, NULL, "a number"),
    SLUICE_OPT_TEXTS(struct config, list, "list", 0, NULL, "texts", NULL),
    SLUICE_OPT_PAIRS(struct config, map, "map", 0, "pairs", NULL),
};
static const sluice_component type = {
    .name = "thing", .options = rows, .option_count = 5, .option_stride = sizeof(sluice_option)};

static struct config config;
static sluice_arena arena;
static sluice_error error;

static int begin(void **state) {
    (void)state;
    config = (struct config){0};
    error = (sluice_error)ERROR_INIT;
    return 0;
}

static int end(void **state) {
    (void)state;
    arena_free(&arena);
    return 0;
}

static int set(const char *assignment) {
    return option_text_set(&type, assignment, &config, &arena, &error);
}

static void defaults_are_the_same_everywhere(void **state) {
    (void)state;
    assert_int_equal(option_text_defaults(&type, &config, &arena, &error), 0);
    assert_true(text_is(config.name, "nobody"));
    assert_int_equal(config.count, 3);
    assert_null(config.from_environment.ptr);
}

static void words_become_values(void **state) {
    (void)state;
    assert_int_equal(set("name=a=b"), 0);
    assert_true(text_is(config.name, "a=b"));
    assert_int_equal(set("count=7"), 0);
    assert_int_equal(config.count, 7);
    assert_int_equal(set("list=a") | set("list=b"), 0);
    assert_int_equal(config.list.count, 2);
    assert_true(text_is(config.list.items[1], "b"));
    assert_int_equal(set("map.k=1") | set("map.k=2") | set("map.l=3"), 0);
    assert_int_equal(config.map.count, 2);
    assert_int_equal(config.map.items[0].values.count, 2);
    assert_true(text_is(config.map.items[1].values.items[0], "3"));
}

static void what_is_wrong_is_said(void **state) {
    (void)state;
    assert_int_equal(set("name"), SLUICE_E_CONFIG);
    assert_non_null(strstr(error.text, "NAME=VALUE"));
    assert_int_equal(set("nmae=x"), SLUICE_E_CONFIG);
    assert_non_null(strstr(error.text, "has no option 'nmae'"));
    assert_true(set("count=many") < 0);
    assert_non_null(strstr(error.text, "count"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(defaults_are_the_same_everywhere, begin, end),
        cmocka_unit_test_setup_teardown(words_become_values, begin, end),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_said, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
