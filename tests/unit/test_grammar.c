#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "grammar.h"

#include <cmocka.h>

/* Every word has a sentence, without a full stop, and none is there twice. */
static void check_words(const struct word *words) {
    for (const struct word *word = words; word->name; word++) {
        assert_true(word->help && *word->help && word->help[strlen(word->help) - 1] != '.');
        assert_ptr_equal(grammar_help(words, word->name), word->help);
    }
}

static void test_words(void **state) {
    (void)state;
    check_words(grammar_keys);
    check_words(grammar_common);
}

static void test_unknown(void **state) {
    (void)state;
    assert_null(grammar_help(grammar_keys, "sink"));
    assert_null(grammar_help(grammar_common, ""));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_words), cmocka_unit_test(test_unknown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
