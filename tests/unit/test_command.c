#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "command.h"

#include <cmocka.h> /* last: it has a macro called fail */

static void test_find(void **state) {
    (void)state;
    assert_ptr_equal(command_find("lint"), &cmd_lint);
    assert_ptr_equal(command_find("version"), &cmd_version);
    assert_null(command_find("lin"));
    assert_null(command_find(""));
}

static void test_unknown(void **state) {
    (void)state;
    struct program program = {.error = ERROR_INIT};
    assert_int_equal(command_unknown(&program, "lnit"), SLUICE_E_USAGE);
    assert_string_equal(program.error.text, "there is no command 'lnit'; did you mean 'lint'?");
    assert_int_equal(command_unknown(&program, "frobnicate"), SLUICE_E_USAGE);
    assert_non_null(strstr(program.error.text, "`sluice help` lists them"));
}

/* Every row says what the help needs, and no name is given twice. */
static void test_rows(void **state) {
    (void)state;
    for (size_t i = 0; commands[i]; i++) {
        const struct command *c = commands[i];
        assert_true(c->name && *c->name && c->usage && c->run);
        assert_true(c->summary && *c->summary && c->summary[strlen(c->summary) - 1] != '.');
        assert_true(c->about && *c->about && c->about[strlen(c->about) - 1] == '.');
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(commands[j]->name, c->name);
    }
}

static const struct flag *find(const struct flag *flags, const struct flag *wanted) {
    for (; flags && flags->name; flags++)
        if (strcmp(flags->name, wanted->name) == 0 || (wanted->letter && flags->letter == wanted->letter))
            return flags;
    return NULL;
}

/* A flag may stand before the command, when it isn't known yet whose it is: so a name means the same
 * everywhere, and none of a command's own is a global one. */
static void test_flags_agree(void **state) {
    (void)state;
    for (size_t i = 0; commands[i]; i++)
        for (const struct flag *flag = commands[i]->flags; flag && flag->name; flag++) {
            assert_true(flag->help && *flag->help);
            assert_null(find(program_flags, flag));
            for (size_t j = 0; commands[j]; j++) {
                const struct flag *other = find(commands[j]->flags, flag);
                if (other && (strcmp(other->name, flag->name) != 0 || !other->value != !flag->value))
                    fail_msg("--%s of %s and --%s of %s are mixed up", flag->name, commands[i]->name,
                             other->name, commands[j]->name);
            }
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_flags_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
