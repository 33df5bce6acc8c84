#include "support.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "program.h"
#include "text.h"

static struct program program;
static char dir[64], home[4096];

static const struct flag command_flags[] = {{"set", 0, "NAME=VALUE", "a variable", true}, {0}};
static const struct flag_table command_table = {command_flags, NULL};
static const struct flag_table tables = {program_flags, &command_table};

static int begin(void **state) {
    static const char *const names[] = {"SLUICE_QUIET",       "SLUICE_YES",       "SLUICE_LOG_LEVEL",
                                        "SLUICE_COLOR",       "SLUICE_DIRECTORY", "SLUICE_STATE_DIR",
                                        "SLUICE_NO_PROGRESS", "XDG_STATE_HOME"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
    program = (struct program){.error = ERROR_INIT};
    support_dir(dir);
    return getcwd(home, sizeof home) ? 0 : -1;
}

static int end(void **state) {
    (void)state;
    program_end(&program);
    log_configure(&(struct log_settings){0});
    if (chdir(home) != 0)
        return -1;
    support_remove(dir);
    return 0;
}

/* The words behind the command's name, the last NULL. */
static int start(const char *const *words) {
    size_t count = 0;
    while (words[count])
        count++;
    int failed = arguments_parse(&program.arguments, count, words, &tables, &program.arena, &program.error);
    return failed ? failed : program_begin(&program);
}

#define START(...) start((const char *const[]){__VA_ARGS__, NULL})
#define PLAIN start((const char *const[]){NULL})

static void nothing_given_is_the_usual(void **state) {
    (void)state;
    assert_int_equal(PLAIN, 0);
    assert_false(program.quiet);
    assert_false(program.yes);
    assert_true(program.progress);
    assert_true(log_enabled(SLUICE_LOG_INFO));
    assert_false(log_enabled(SLUICE_LOG_DEBUG));
}

static void quiet_is_errors_only(void **state) {
    (void)state;
    assert_int_equal(START("-q", "--log-level=debug"), 0);
    assert_true(program.quiet);
    assert_false(program.progress);
    assert_true(log_enabled(SLUICE_LOG_ERROR));
    assert_false(log_enabled(SLUICE_LOG_WARN));
}

static void each_flag_has_a_twin_in_the_environment(void **state) {
    (void)state;
    setenv("SLUICE_YES", "1", 1);
    setenv("SLUICE_NO_PROGRESS", "true", 1);
    setenv("SLUICE_LOG_LEVEL", "error", 1);
    setenv("SLUICE_COLOR", "always", 1);
    assert_int_equal(PLAIN, 0);
    assert_true(program.yes);
    assert_false(program.progress);
    assert_true(program.color);
    assert_false(log_enabled(SLUICE_LOG_WARN));
}

static void the_command_line_goes_before_its_twin(void **state) {
    (void)state;
    setenv("SLUICE_LOG_LEVEL", "error", 1);
    setenv("SLUICE_YES", "0", 1);
    setenv("SLUICE_QUIET", "", 1); /* empty is not given */
    assert_int_equal(START("--log-level", "debug", "--yes"), 0);
    assert_true(log_enabled(SLUICE_LOG_DEBUG));
    assert_true(program.yes);
    assert_false(program.quiet);
}

static void a_wrong_value_is_a_usage_error_that_says_what_is_right(void **state) {
    (void)state;
    assert_int_equal(START("--log-level", "warnin"), SLUICE_E_USAGE);
    assert_non_null(strstr(program.error.text, "--log-level: 'warnin'"));
    assert_non_null(strstr(program.error.text, "did you mean 'warning'?"));
}

static void so_is_a_wrong_switch_in_the_environment(void **state) {
    (void)state;
    setenv("SLUICE_YES", "maybe", 1);
    assert_int_equal(PLAIN, SLUICE_E_USAGE);
    assert_string_equal(program.error.text, "SLUICE_YES is 'maybe'; write 1 or 0");
}

static void relative_paths_start_in_the_directory(void **state) {
    char now[4096];
    (void)state;
    assert_int_equal(START("-C", dir), 0);
    assert_string_equal(getcwd(now, sizeof now), dir);
}

static void a_directory_that_is_none_is_missing_input(void **state) {
    (void)state;
    assert_int_equal(START("--directory=/nowhere/at/all"), SLUICE_E_NOINPUT);
    assert_string_equal(program.error.text,
                        "can't change to the directory /nowhere/at/all: No such file or directory");
}

static void variables_come_from_set_and_env(void **state) {
    (void)state;
    assert_int_equal(START("-C", dir, "--set", "A=one", "--set", "B=two"), 0);
    support_write(".env", "A=file\nC=three\n", 15);
    struct vars *vars = program_vars(&program);
    assert_non_null(vars);
    assert_ptr_equal(program_vars(&program), vars); /* read once */
    assert_string_equal(vars_get(vars, "A"), "one");
    assert_string_equal(vars_get(vars, "B"), "two");
    assert_string_equal(vars_get(vars, "C"), "three");
}

static void an_env_file_that_is_named_must_be_there(void **state) {
    (void)state;
    assert_int_equal(START("-C", dir, "--env-file", "none.env"), 0);
    assert_null(program_vars(&program));
    assert_int_equal(program.error.code, SLUICE_E_NOINPUT);
}

static void the_state_is_kept_where_it_is_said(void **state) {
    (void)state;
    assert_int_equal(START("--state-dir", "here"), 0);
    assert_string_equal(program_state_dir(&program), "here");
}

static void else_the_state_is_kept_where_the_desktop_says(void **state) {
    (void)state;
    assert_int_equal(PLAIN, 0);
    setenv("XDG_STATE_HOME", "/var/state", 1);
    assert_string_equal(program_state_dir(&program), "/var/state/sluice");
    setenv("XDG_STATE_HOME", "relative", 1); /* not allowed by that standard */
    setenv("HOME", "/home/me", 1);
    assert_string_equal(program_state_dir(&program), "/home/me/.local/state/sluice");
    setenv("SLUICE_STATE_DIR", "/twin", 1);
    assert_string_equal(program_state_dir(&program), "/twin");
}

static void without_a_home_there_is_no_place_for_it(void **state) {
    (void)state;
    assert_int_equal(PLAIN, 0);
    unsetenv("HOME");
    assert_null(program_state_dir(&program));
    assert_int_equal(program.error.code, SLUICE_E_CONFIG);
    assert_non_null(strstr(program.error.text, "give --state-dir DIR"));
}

static void one_operand_is_wanted(void **state) {
    (void)state;
    assert_int_equal(START("place.yaml"), 0);
    assert_string_equal(program_operand(&program, "FILE"), "place.yaml");
}

static void none_is_missing(void **state) {
    (void)state;
    assert_int_equal(PLAIN, 0);
    assert_null(program_operand(&program, "FILE"));
    assert_int_equal(program.error.code, SLUICE_E_USAGE);
    assert_string_equal(program.error.text, "FILE is missing");
}

static void two_are_one_too_many(void **state) {
    (void)state;
    assert_int_equal(START("place.yaml", "other.yaml"), 0);
    assert_null(program_operand(&program, "FILE"));
    assert_string_equal(program.error.text, "'other.yaml' is one too many; only FILE is expected here");
}

static void a_report_keeps_to_what_was_asked_for(void **state) {
    struct diag diag = {0};
    (void)state;
    diag_add(&diag, DIAG_WARNING, (struct mark){"place.yaml", 1, 1, 1}, "doubtful");
    diag_add(&diag, DIAG_ERROR, (struct mark){"place.yaml", 2, 1, 1}, "wrong");
    support_capture(2);
    program_report(&program, &diag);
    char *all = support_captured(2);
    program.quiet = true;
    support_capture(2);
    program_report(&program, &diag);
    char *errors = support_captured(2);
    assert_string_equal(all, "place.yaml:1:1: warning: doubtful\nplace.yaml:2:1: error: wrong\n");
    assert_string_equal(errors, "place.yaml:2:1: error: wrong\n");
    free(all);
    free(errors);
    diag_free(&diag);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(nothing_given_is_the_usual),
        TEST(quiet_is_errors_only),
        TEST(each_flag_has_a_twin_in_the_environment),
        TEST(the_command_line_goes_before_its_twin),
        TEST(a_wrong_value_is_a_usage_error_that_says_what_is_right),
        TEST(so_is_a_wrong_switch_in_the_environment),
        TEST(relative_paths_start_in_the_directory),
        TEST(a_directory_that_is_none_is_missing_input),
        TEST(variables_come_from_set_and_env),
        TEST(an_env_file_that_is_named_must_be_there),
        TEST(the_state_is_kept_where_it_is_said),
        TEST(else_the_state_is_kept_where_the_desktop_says),
        TEST(without_a_home_there_is_no_place_for_it),
        TEST(one_operand_is_wanted),
        TEST(none_is_missing),
        TEST(two_are_one_too_many),
        TEST(a_report_keeps_to_what_was_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
