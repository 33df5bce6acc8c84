#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "cmd_completion.h"
#include "command.h"
#include "text.h"
#include "usage.h"

/* ---- nothing in the tables is unknown to it ---------------------------------------------------- */

static void must_be_known(const char *command, sluice_text word) {
    if (usage_placeholder(word) && completion_kind(word) == COMPLETION_UNKNOWN)
        fail_msg("%s: completion doesn't know what %.*s stands for; add it to its kinds", command,
                 (int)word.len, word.ptr);
}

static void check_flags(const char *command, const struct flag *flags) {
    for (; flags && flags->name; flags++)
        if (flags->value)
            must_be_known(command, text_of(flags->value));
}

/* Every word in capitals that isn't a flag's: where an alternative begins doesn't matter here. */
static void check_usage(const struct command *command) {
    char usage[400];
    snprintf(usage, sizeof usage, "%s", command->usage);
    for (char *flag; (flag = strstr(usage, "[-")) != NULL;) {
        char *end = flag + 1; /* brackets are in brackets there */
        for (int depth = 1; *end && depth; end++)
            depth += (*end == '[') - (*end == ']');
        memset(flag, ' ', (size_t)(end - flag));
    }
    for (char *many; (many = strstr(usage, "…")) != NULL;)
        memset(many, ' ', strlen("…"));
    for (char *word = strtok(usage, " []|"); word; word = strtok(NULL, " []|"))
        must_be_known(command->name, text_of(word));
}

static void every_placeholder_is_known(void **state) {
    (void)state;
    check_flags("sluice", program_flags);
    for (size_t i = 0; commands[i]; i++) {
        check_flags(commands[i]->name, commands[i]->flags);
        check_usage(commands[i]);
    }
}

/* ---- words -------------------------------------------------------------------------------------- */

#define CHECK(expected, ...) \
    do { \
        const char *words[] = {__VA_ARGS__}; \
        check(expected, words, sizeof words / sizeof *words); \
    } while (0)

/* What is offered, without what it is. */
static void check(const char *expected, const char *const *words, size_t count) {
    struct program program = {.error = ERROR_INIT};
    char got[2000] = "";
    support_capture(1);
    assert_int_equal(completion_words(&program, words, count), 0);
    char *out = support_captured(1);
    for (char *line = strtok(out, "\n"); line; line = strtok(NULL, "\n")) {
        size_t used = strlen(got);
        snprintf(got + used, sizeof got - used, "%s%.*s", used ? " " : "", (int)strcspn(line, "\t"), line);
    }
    assert_string_equal(got, expected);
    free(out);
    program_end(&program);
}

static void commands_and_verbs(void **state) {
    (void)state;
    CHECK("serve store services schema sandbox", "s");
    CHECK("resolve resume", "ledger", "res");
    CHECK("", "lnit", "");
    CHECK("", "version", "");
    CHECK("lint", "--log-level", "info", "li");
    CHECK("bash zsh fish", "completion", "");
    CHECK("ledger lint", "help", "l");
}

static void options_and_their_values(void **state) {
    (void)state;
    CHECK("--latency", "sandbox", "gsm_fusion", "--la");
    CHECK("--log-level --log-format", "run", "--lo");
    CHECK("--log-format=text", "--log-format=t");
    CHECK("auto always", "--color", "a");
    CHECK("gsm_fusion", "orders", "--format", "g");
    CHECK("", "orders", "--no-such", "--no-such=");
    CHECK("", "run", "--limit", "");
    CHECK(":directories", "-C", "");
    CHECK(":files", "store", "check", "-f", "pl");
    CHECK("rejected", "run", "a.yaml", "--retry", "");
}

static void operands(void **state) {
    (void)state;
    CHECK(":files", "run", "--yes", "");
    CHECK("", "run", "a.yaml", "");
    CHECK(":files", "lint", "a.yaml", "");
    CHECK(":files", "lint", "--", "--");
    CHECK("gsm_fusion", "balance", "gsm");
    CHECK("orders", "plugins", "show", "ord");
    CHECK("gsm_fusion.place", "plugins", "show", "gsm_fusion.p");
}

static void nothing_at_all(void **state) {
    (void)state;
    struct program program = {.error = ERROR_INIT};
    support_capture(1);
    assert_int_equal(completion_words(&program, NULL, 0), 0);
    char *out = support_captured(1);
    assert_non_null(strstr(out, "run\t"));
    free(out);
    program_end(&program);
}

static void a_script_for_each_shell(void **state) {
    (void)state;
    assert_non_null(completion_script("bash"));
    assert_non_null(completion_script("zsh"));
    assert_non_null(completion_script("fish"));
    assert_null(completion_script("tcsh"));
    assert_null(completion_script(""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_placeholder_is_known),
        cmocka_unit_test(commands_and_verbs),
        cmocka_unit_test(options_and_their_values),
        cmocka_unit_test(operands),
        cmocka_unit_test(nothing_at_all),
        cmocka_unit_test(a_script_for_each_shell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
