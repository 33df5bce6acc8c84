#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "arguments.h"

#include <cmocka.h> /* last: it has a macro called fail */

static const struct flag global[] = {
    {"directory", 'C', "DIR", "", false}, {"quiet", 'q', NULL, "", false}, {"yes", 0, NULL, "", false}, {0}};
static const struct flag own[] = {{"set", 0, "NAME=VALUE", "", true}, {"limit", 'n', "N", "", false}, {0}};
static const struct flag_table second = {own, NULL}, tables = {global, &second};

static sluice_arena arena;
static sluice_error error;
static struct arguments out;

static int parse(const char *const *words) {
    size_t count = 0;
    while (words[count])
        count++;
    return arguments_parse(&out, count, words, &tables, &arena, &error);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static int tear_down(void **state) {
    (void)state;
    arena_free(&arena);
    return 0;
}

static void test_forms(void **state) {
    (void)state;
    assert_int_equal(parse(WORDS("-C", "a", "x", "--limit=5", "y", "-q")), 0);
    assert_string_equal(arguments_value(&out, "directory"), "a");
    assert_string_equal(arguments_value(&out, "limit"), "5");
    assert_true(arguments_has(&out, "quiet"));
    assert_false(arguments_has(&out, "yes"));
    assert_int_equal(out.operand_count, 2);
    assert_string_equal(out.operands[0], "x");
    assert_string_equal(out.operands[1], "y");
    assert_int_equal(parse(WORDS("-Ca", "-n7", "--directory", "b", "--limit=")), 0);
    assert_string_equal(arguments_value(&out, "directory"), "b"); /* the last one counts */
    assert_string_equal(arguments_value(&out, "limit"), "");
}

static void test_many(void **state) {
    (void)state;
    assert_int_equal(parse(WORDS("--set", "A=1", "--set=B=2")), 0);
    assert_string_equal(arguments_nth(&out, "set", 0), "A=1");
    assert_string_equal(arguments_nth(&out, "set", 1), "B=2");
    assert_null(arguments_nth(&out, "set", 2));
}

static void test_operands(void **state) {
    (void)state;
    assert_int_equal(parse(WORDS("-", "--", "-q", "--nope")), 0);
    assert_int_equal(out.operand_count, 3);
    assert_string_equal(out.operands[0], "-");
    assert_string_equal(out.operands[2], "--nope");
    assert_false(arguments_has(&out, "quiet"));
}

static void test_errors(void **state) {
    (void)state;
    assert_int_equal(parse(WORDS("--limt", "5")), SLUICE_E_USAGE);
    assert_string_equal(error.text, "there is no option '--limt'; did you mean '--limit'?");
    assert_int_equal(parse(WORDS("--limt=5")), SLUICE_E_USAGE);
    assert_string_equal(error.text, "there is no option '--limt'; did you mean '--limit'?");
    assert_int_equal(parse(WORDS("-z")), SLUICE_E_USAGE);
    assert_string_equal(error.text, "there is no option '-z'");
    assert_int_equal(parse(WORDS("--quiet=yes")), SLUICE_E_USAGE);
    assert_string_equal(error.text, "option '--quiet' takes no value");
    assert_int_equal(parse(WORDS("--limit")), SLUICE_E_USAGE);
    assert_string_equal(error.text, "option '--limit' needs a value: --limit N");
}

static void test_first_operand(void **state) {
    (void)state;
    assert_int_equal(arguments_first_operand(4, WORDS("-C", "dir", "run", "x"), &tables), 2);
    assert_int_equal(arguments_first_operand(3, WORDS("--limit=5", "-q", "run"), &tables), 2);
    assert_int_equal(arguments_first_operand(2, WORDS("--", "run"), &tables), 1);
    assert_int_equal(arguments_first_operand(2, WORDS("-C", "dir"), &tables), 2);
    assert_int_equal(arguments_first_operand(2, WORDS("--unknown", "run"), &tables), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_forms, tear_down),
        cmocka_unit_test_teardown(test_many, tear_down),
        cmocka_unit_test_teardown(test_operands, tear_down),
        cmocka_unit_test_teardown(test_errors, tear_down),
        cmocka_unit_test_teardown(test_first_operand, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
