#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "log.h"
#include "text.h"
#include "vars.h"

#include <cmocka.h> /* last: it has a macro called fail */

static struct vars vars;
static sluice_error error;
static char directory[64], path[80];

static int set_up(void **state) {
    (void)state;
    strcpy(directory, "/tmp/sluice-vars-XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    snprintf(path, sizeof path, "%s/env", directory);
    error = (sluice_error)ERROR_INIT;
    log_configure(&(struct log_settings){0});
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    vars_free(&vars);
    unlink(path);
    rmdir(directory);
    return 0;
}

static int read_env(const char *text) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return vars_read_file(&vars, path, true, &error);
}

static void assert_var(const char *name, const char *value) {
    const char *found = vars_get(&vars, name);
    if (!found)
        fail_msg("%s is not set", name);
    assert_string_equal(found, value);
}

static void test_set(void **state) {
    (void)state;
    assert_int_equal(vars_set(&vars, "SERVICE_ID=1739", &error), 0);
    assert_int_equal(vars_set(&vars, "SERVICE_ID=a=b", &error), 0);
    assert_var("SERVICE_ID", "a=b"); /* the last one counts */
    static const char *const bad[] = {"", "=x", "X", "1A=x", "A-B=x", "A B=x", "A=\xff"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(vars_set(&vars, bad[i], &error), SLUICE_E_USAGE);
}

static void test_set_refuses_secrets(void **state) {
    (void)state;
    static const char *const bad[] = {"GSM_FUSION_API_KEY=k1", "token=k1",  "DB_PASSWORD=k1",
                                      "My_Secret=k1",          "APIKEY=k1", "URL=postgres://u:k1@host/db"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(vars_set(&vars, bad[i], &error), SLUICE_E_USAGE);
        assert_null(strstr(error.text, "k1"));
    }
    assert_int_equal(vars_set(&vars, "MONKEY=x", &error), 0);
    assert_int_equal(vars_set(&vars, "URL=https://host/a:b@c", &error), 0);
}

/* Nobody is told to put those on the command line. */
static void test_names_that_may_hide_a_secret(void **state) {
    (void)state;
    static const char *const hidden[] = {"SUPABASE_DB_URL", "DATABASE_URL", "x_dsn", "SUPABASE_KEY"};
    static const char *const open[] = {"SUPABASE_URL", "ORDERS_CSV", "BADSN", "MYDB_URL2"};
    for (size_t i = 0; i < 4; i++) {
        assert_true(vars_hides_name(text_of(hidden[i])));
        assert_false(vars_hides_name(text_of(open[i])));
    }
}

/* --set, then the environment, then the file, then the pipeline's own; empty counts as unset. */
static void test_order(void **state) {
    (void)state;
    static struct var own = {.name = "SLUICETEST_A", .value = "own"};
    vars.own = &own;
    assert_var("SLUICETEST_A", "own");
    assert_int_equal(read_env("SLUICETEST_A=file\n"), 0);
    assert_var("SLUICETEST_A", "file");
    setenv("SLUICETEST_A", "environment", 1);
    assert_var("SLUICETEST_A", "environment");
    vars_set(&vars, "SLUICETEST_A=set", &error);
    assert_var("SLUICETEST_A", "set");
    vars_set(&vars, "SLUICETEST_A=", &error);
    assert_var("SLUICETEST_A", "environment");
    setenv("SLUICETEST_A", "", 1);
    assert_var("SLUICETEST_A", "file");
    unsetenv("SLUICETEST_A");
    assert_null(vars_get(&vars, "SLUICETEST_B"));
}

static void test_env_file(void **state) {
    (void)state;
    assert_int_equal(
        read_env("\xef\xbb\xbf# a comment\n\nT_A=plain\r\nexport T_B=exported # comment\n"
                 "T_C=\"double \\\"quoted\\\" \\$5 \\\\ # kept\\nnext\"\nT_D='single $x \\n'   # comment\n"
                 "  T_E = nothing\n"),
        SLUICE_E_CONFIG);
    assert_non_null(strstr(error.text, "env:7: this isn't NAME=value"));
    assert_var("T_A", "plain");
    assert_var("T_B", "exported");
    assert_var("T_C", "double \"quoted\" $5 \\ # kept\nnext");
    assert_var("T_D", "single $x \\n");
}

static void test_env_file_values(void **state) {
    (void)state;
    assert_int_equal(read_env("T_A=a#b\nT_B=two words  \nT_C=\nT_D=#x\nT_E=C:\\path\nT_F= # all "
                              "comment\nT_G=\"a\nb\"\nT_H=last"),
                     0);
    assert_var("T_A", "a#b");
    assert_var("T_B", "two words");
    assert_null(vars_get(&vars, "T_C"));
    assert_var("T_D", "#x");
    assert_var("T_E", "C:\\path");
    assert_null(vars_get(&vars, "T_F"));
    assert_var("T_G", "a\nb");
    assert_var("T_H", "last");
}

static void test_env_file_errors(void **state) {
    (void)state;
    assert_int_equal(read_env("T_A=1\nT_B=\"open\nT_C=2\n"), SLUICE_E_CONFIG);
    assert_non_null(strstr(error.text, "env:2: the quote that opens here isn't closed"));
    assert_int_equal(read_env("T_A='a' b\n"), SLUICE_E_CONFIG);
    assert_non_null(strstr(error.text, "env:1: there is text behind the closing quote"));
    assert_int_equal(read_env("hunter22\n"), SLUICE_E_CONFIG);
    assert_null(strstr(error.text, "hunter22")); /* it may be a secret */
    assert_int_equal(read_env("T_A=\xe9\n"), SLUICE_E_CONFIG);
    assert_non_null(strstr(error.text, "UTF-8"));
}

static void test_env_file_never_sets_the_program_up(void **state) {
    (void)state;
    assert_int_equal(read_env("SLUICE_STATE_DIR=/x\nSLUICEX=1\n"), 0);
    assert_null(vars_get(&vars, "SLUICE_STATE_DIR"));
    assert_var("SLUICEX", "1");
}

static void test_missing_env_file(void **state) {
    (void)state;
    assert_int_equal(vars_read_file(&vars, "/nonexistent/env", true, &error), SLUICE_E_NOINPUT);
    assert_string_equal(error.text, "/nonexistent/env: can't be read: No such file or directory");
    assert_int_equal(vars_read_file(&vars, "/nonexistent/env", false, &error), 0);
    assert_int_equal(vars_read_file(&vars, directory, false, &error), 0); /* a folder that is called so */
}

static const char *expand(const char *text) {
    sluice_text out;
    struct vars_problem problem;
    assert_int_equal(vars_expand(&vars, &vars.arena, text_of(text), &out, &problem), VARS_OK);
    return arena_copy(&vars.arena, out).ptr;
}

static void test_expand(void **state) {
    (void)state;
    vars_set(&vars, "A=one", &error);
    vars_set(&vars, "B=", &error);
    vars_set(&vars, "C=${A}", &error);
    assert_string_equal(expand("plain"), "plain");
    assert_string_equal(expand(""), "");
    assert_string_equal(expand("${A}"), "one");
    assert_string_equal(expand("<${A}-${A}>"), "<one-one>");
    assert_string_equal(expand("${NONE:-two}"), "two");
    assert_string_equal(expand("${B:-empty}"), "empty");
    assert_string_equal(expand("${NONE:-}"), "");
    assert_string_equal(expand("${A:-x}${A:?y}"), "oneone");
    assert_string_equal(expand("$$5 $5 $ ${A}$"), "$5 $5 $ one$");
    assert_string_equal(expand("$${A}"), "${A}");
    assert_string_equal(expand("${C}"), "${A}"); /* what is put in isn't looked at again */
    assert_string_equal(expand("${NONE:-a:b?c, d}"), "a:b?c, d");
}

static void test_expand_problems(void **state) {
    (void)state;
    sluice_text out;
    struct vars_problem problem;
    assert_int_equal(vars_expand(&vars, &vars.arena, TEXT("ab${NONE}"), &out, &problem), VARS_UNDEFINED);
    assert_true(text_is(problem.name, "NONE"));
    assert_int_equal(problem.offset, 2);
    assert_int_equal(vars_expand(&vars, &vars.arena, TEXT("${NONE:?run make demo}"), &out, &problem),
                     VARS_REQUIRED);
    assert_true(text_is(problem.message, "run make demo"));
    static const char *const bad[] = {"${A",     "${}",    "${1}",       "${A-B}", "${A:}",
                                      "${A:=x}", "${A b}", "${A:-${B}}", "${"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(vars_expand(&vars, &vars.arena, text_of(bad[i]), &out, &problem), VARS_SYNTAX);
        assert_true(problem.message.len > 0);
    }
}

static void test_expand_without_a_secret(void **state) {
    sluice_text out;
    struct vars_problem problem;
    (void)state;
    vars.secret = "nobody's";
    assert_string_equal(expand("${SITE_API_KEY} ${SITE_PASSWORD:?which}"), "nobody's nobody's");
    assert_string_equal(expand("${SITE_TOKEN:-} ${SITE_TOKEN:-own}"), " own");
    assert_int_equal(vars_expand(&vars, &vars.arena, TEXT("${NONE}"), &out, &problem), VARS_UNDEFINED);
    vars.secret = NULL;
    assert_int_equal(vars_expand(&vars, &vars.arena, TEXT("${SITE_API_KEY}"), &out, &problem),
                     VARS_UNDEFINED);
}

/* A large value, put in many times, ends somewhere. */
static void test_expand_is_bounded(void **state) {
    (void)state;
    static char assignment[60002] = "A=", text[401];
    sluice_text out;
    struct vars_problem problem;
    memset(assignment + 2, 'x', 59999);
    for (size_t i = 0; i + 4 < sizeof text; i += 4)
        memcpy(text + i, "${A}", 4);
    vars_set(&vars, assignment, &error);
    assert_int_equal(vars_expand(&vars, &vars.arena, text_of(text), &out, &problem), VARS_SYNTAX);
    assert_non_null(strstr(problem.message.ptr, "1 MiB"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(test_set),
        T(test_set_refuses_secrets),
        T(test_names_that_may_hide_a_secret),
        T(test_order),
        T(test_env_file),
        T(test_env_file_values),
        T(test_env_file_errors),
        T(test_env_file_never_sets_the_program_up),
        T(test_missing_env_file),
        T(test_expand),
        T(test_expand_problems),
        T(test_expand_without_a_secret),
        T(test_expand_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
