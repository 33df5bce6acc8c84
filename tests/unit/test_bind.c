#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "bind.h"
#include "secret.h"
#include "text.h"

struct config {
    sluice_text path, title;
    int64_t count;
    sluice_texts list;
    sluice_pairs columns;
    sluice_secret key;
};

static const sluice_option rows[] = {
    SLUICE_OPT_TEXT(struct config, path, "path", SLUICE_REQUIRED, 0, "a path", "in.csv"),
    SLUICE_OPT_TEXT(struct config, title, "title", 0, "${BIND_TITLE}", "a title", 0),
    SLUICE_OPT_INT(struct config, count, "count", 0, "7", 1, 30, "rows", "a number"),
    SLUICE_OPT_TEXTS(struct config, list, "list", 0, 0, "a list", 0),
    SLUICE_OPT_PAIRS(struct config, columns, "columns", 0, "a map", 0),
    SLUICE_OPT_SECRET(struct config, key, "key", SLUICE_REQUIRED, "${BIND_KEY}", "a secret"),
};
static const char *const others[] = {"where", NULL};

static sluice_arena arena;
static struct diag diag;
static struct vars vars;
static struct binder binder;
static struct config config;
static sluice_error error;

static int begin(void **state) {
    (void)state;
    unsetenv("BIND_TITLE");
    unsetenv("BIND_KEY");
    unsetenv("NOWHERE");
    error = (sluice_error)ERROR_INIT;
    memset(&config, 0, sizeof config);
    return 0;
}

static int end(void **state) {
    (void)state;
    diag_free(&diag);
    arena_free(&arena);
    vars_free(&vars);
    secret_forget_all();
    return 0;
}

/* `text` are the options of a component, a map in one line. */
static struct yaml_node *parse(const char *text, enum pipeline_mode mode) {
    binder = (struct binder){.file = "p.yaml", .mode = mode, .vars = vars, .arena = &arena, .diag = &diag};
    return yaml_parse("p.yaml", text_of(text), &arena, &diag);
}

static void bind(const char *text, enum pipeline_mode mode) {
    const struct owner owner = {.title = "source 'thing'",
                                .at = {"p.yaml", 9, 3, 5},
                                .rows = rows,
                                .row_count = sizeof rows / sizeof *rows,
                                .others = others};
    bind_options(&binder, &owner, parse(text, mode), &config);
}

static void assert_said(enum diag_level level, unsigned line, unsigned column, const char *text) {
    for (size_t i = 0; i < diag.count; i++)
        if (diag.entries[i].level == level && diag.entries[i].at.line == line &&
            diag.entries[i].at.column == column && strcmp(diag.entries[i].text, text) == 0)
            return;
    for (size_t i = 0; i < diag.count; i++)
        print_error("# %u:%u: %s\n", diag.entries[i].at.line, diag.entries[i].at.column,
                    diag.entries[i].text);
    print_error("# nothing says at %u:%u: %s\n", line, column, text);
    assert_true(false);
}

static void what_is_given_is_bound_the_rest_is_the_default(void **state) {
    (void)state;
    vars_set(&vars, "FILE=in", &error);
    setenv("BIND_KEY", "opensesame", 1);
    bind("{path: \"${FILE}.csv\", list: [a, b], columns: {imei: [Serial, SN]}, where: {a: b}}", PIPELINE_RUN);
    assert_int_equal(diag.count, 0);
    assert_true(text_is(config.path, "in.csv"));
    assert_null(config.title.ptr); /* a default whose variable isn't set is none */
    assert_int_equal(config.count, 7);
    assert_int_equal(config.list.count, 2);
    assert_true(text_is(config.columns.items[0].key, "imei"));
    assert_true(text_is(config.columns.items[0].values.items[1], "SN"));
    assert_true(text_is(secret_value(config.key), "opensesame"));
}

static void what_is_bound_outlives_the_file(void **state) {
    char text[] = "{path: in.csv, list: one, key: \"${K}\"}";
    (void)state;
    vars_set(&vars, "K_=x", &error);
    setenv("BIND_KEY", "opensesame", 1);
    setenv("K", "letmein", 1);
    bind(text, PIPELINE_RUN);
    unsetenv("K");
    memset(text, '?', sizeof text - 1);
    assert_true(text_is(config.path, "in.csv"));
    assert_true(text_is(config.list.items[0], "one")); /* one text is a list of one */
    assert_true(text_is(secret_value(config.key), "letmein"));
}

static void everything_wrong_is_said_in_one_go(void **state) {
    (void)state;
    bind("{pth: x,\n count: 31,\n list: {a: b},\n columns: 5}", PIPELINE_RUN);
    assert_said(DIAG_ERROR, 1, 2, "source 'thing' has no option 'pth'; did you mean 'path'?");
    assert_said(DIAG_ERROR, 9, 3, "source 'thing' needs the option 'path'; write it, as in 'path: in.csv'");
    assert_said(DIAG_ERROR, 3, 8,
                "option 'list' is one value, not a map; a text that begins with '{' needs quotes");
    assert_said(DIAG_ERROR, 4, 11, "option 'columns' is a map, not text; write {key: value}");
    assert_said(DIAG_ERROR, 9, 3,
                "source 'thing' needs the option 'key'; set BIND_KEY in .env or the environment, or write "
                "the option");
    assert_int_equal(diag.errors, 6); /* and the number out of its range */
}

static void options_that_somebody_else_binds_are_known(void **state) {
    (void)state;
    bind("{path: x, key: y, wher: {a: b}}", PIPELINE_RUN);
    assert_said(DIAG_ERROR, 1, 19, "source 'thing' has no option 'wher'; did you mean 'where'?");
    assert_int_equal(diag.errors, 1);
}

/* The caret is under the variable, not under the beginning of the text. */
static void an_undefined_variable_is_an_error_of_a_run(void **state) {
    (void)state;
    setenv("BIND_KEY", "opensesame", 1);
    bind("{path: \"dir/${NOWHERE}.csv\"}", PIPELINE_RUN);
    assert_said(DIAG_ERROR, 1, 13,
                "NOWHERE is not set; put it into .env or the environment, add --set NOWHERE=…, or write "
                "${NOWHERE:-default}");
    assert_int_equal(diag.entries[0].at.width, 10);
}

static void and_a_note_of_lint_which_leaves_the_option_open(void **state) {
    (void)state;
    bind("{path: \"${NOWHERE}\", count: \"${NOWHERE}\"}", PIPELINE_LINT);
    assert_int_equal(diag.errors, 0);
    assert_int_equal(diag.notes, 3); /* and the key */
    assert_int_equal(binder.later, 3);
    assert_int_equal(config.count, 0);
}

static void a_default_that_nobody_needs_is_not_waited_for(void **state) {
    (void)state;
    bind("{path: x, key: \"${K:-letmein}\"}", PIPELINE_LINT);
    assert_int_equal(binder.later, 0);
}

static void a_variable_may_demand_its_value(void **state) {
    (void)state;
    bind("{path: \"${NOWHERE:?name the file}\", key: \"${K:-x}\"}", PIPELINE_RUN);
    assert_said(DIAG_ERROR, 1, 9, "NOWHERE is not set: name the file");
}

static void an_empty_variable_counts_as_not_given(void **state) {
    (void)state;
    bind("{path: x, count: \"${NOWHERE:-}\", key: \"${K:-x}\"}", PIPELINE_RUN);
    assert_int_equal(diag.errors, 0);
    assert_int_equal(config.count, 7);
}

static void a_value_adds_no_structure(void **state) {
    (void)state;
    setenv("K", "{a: b}, [c]\nkey: d", 1);
    bind("{path: \"${K}\", key: e}", PIPELINE_RUN);
    unsetenv("K");
    assert_int_equal(diag.errors, 0);
    assert_true(text_is(config.path, "{a: b}, [c]\nkey: d"));
    assert_int_equal(config.list.count, 0);
}

static void keys_take_no_variables(void **state) {
    (void)state;
    bind("{path: x, key: y, columns: {\"${K}\": a}}", PIPELINE_RUN);
    assert_said(DIAG_ERROR, 1, 29, "a key takes no ${…}; write the name itself");
}

static void names_of_a_list_stand_for_themselves_and_once(void **state) {
    (void)state;
    bind("{path: x, key: \"${K:-y}\", columns: [imei, note]}", PIPELINE_RUN);
    assert_int_equal(diag.errors, 0);
    assert_true(text_is(config.columns.items[1].key, "note"));
    assert_true(text_is(config.columns.items[1].values.items[0], "note"));
    bind("{path: x, key: \"${K:-y}\", columns: [imei, imei]}", PIPELINE_RUN);
    assert_said(DIAG_ERROR, 1, 43, "option 'columns' names 'imei' twice; remove one");
}

static void a_secret_in_the_file_is_warned_of(void **state) {
    (void)state;
    bind("{path: x, key: opensesame}", PIPELINE_RUN);
    assert_said(DIAG_WARNING, 1, 16,
                "option 'key': a secret stands in this file; put it into .env or the environment and write "
                "\"${NAME}\"");
    assert_true(text_is(secret_value(config.key), "opensesame"));
}

static void nothing_is_no_value_and_empty_is_none_where_one_is_needed(void **state) {
    (void)state;
    bind("{path: '', title: , key: \"${K:-x}\"}", PIPELINE_RUN);
    assert_said(DIAG_ERROR, 1, 8, "option 'path' is needed and can't be empty; write in.csv");
    assert_said(DIAG_ERROR, 1, 12, "option 'title' has no value; write one, or '' for an empty text");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_is_given_is_bound_the_rest_is_the_default),
        TEST(what_is_bound_outlives_the_file),
        TEST(everything_wrong_is_said_in_one_go),
        TEST(options_that_somebody_else_binds_are_known),
        TEST(an_undefined_variable_is_an_error_of_a_run),
        TEST(and_a_note_of_lint_which_leaves_the_option_open),
        TEST(a_default_that_nobody_needs_is_not_waited_for),
        TEST(a_variable_may_demand_its_value),
        TEST(an_empty_variable_counts_as_not_given),
        TEST(a_value_adds_no_structure),
        TEST(keys_take_no_variables),
        TEST(names_of_a_list_stand_for_themselves_and_once),
        TEST(a_secret_in_the_file_is_warned_of),
        TEST(nothing_is_no_value_and_empty_is_none_where_one_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
