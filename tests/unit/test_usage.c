#include "usage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "text.h"

static char got[200];

static void note(void *user, sluice_text word) {
    (void)user;
    size_t used = strlen(got);
    snprintf(got + used, sizeof got - used, "%s%.*s", used ? " " : "", TEXT_ARG(word));
}

static const char *next(const char *usage, size_t count, const char *first, const char *second) {
    const char *operands[] = {first, second};
    got[0] = 0;
    usage_next(usage, operands, count, note, NULL);
    return got;
}

static void test_alternatives(void **state) {
    (void)state;
    const char *usage = "[list | show WHAT | export] [--state STATE]… [--json]";
    assert_string_equal(next(usage, 0, NULL, NULL), "list show export");
    assert_string_equal(next(usage, 1, "show", NULL), "WHAT");
    assert_string_equal(next(usage, 1, "list", NULL), "");
    assert_string_equal(next(usage, 2, "show", "x"), "");
    assert_string_equal(next(usage, 1, "nothing", NULL), "");
}

static void test_flags_between(void **state) {
    (void)state;
    const char *usage = "init [STORE] [--print] | check [STORE] [--json] | copy FROM TO";
    assert_string_equal(next(usage, 0, NULL, NULL), "init check copy");
    assert_string_equal(next(usage, 1, "check", NULL), "STORE");
    assert_string_equal(next(usage, 2, "copy", "a"), "TO");
    assert_string_equal(next("[--fault NAME[:VALUE][=WHEN]]… FILE", 0, NULL, NULL), "FILE");
    assert_string_equal(next("[--a B|C]… FILE", 0, NULL, NULL), "FILE");
}

static void test_many(void **state) {
    (void)state;
    assert_string_equal(next("FILE… [--set NAME=VALUE]…", 0, NULL, NULL), "FILE");
    assert_string_equal(next("FILE… [--set NAME=VALUE]…", 2, "a", "b"), "FILE");
    assert_string_equal(next("FILE [--set NAME=VALUE]…", 1, "a", NULL), "");
}

static void test_nothing(void **state) {
    (void)state;
    assert_string_equal(next("", 0, NULL, NULL), "");
    assert_string_equal(next("[--unclosed", 0, NULL, NULL), "");
    assert_string_equal(next("|||", 0, NULL, NULL), "");
}

static void test_placeholders(void **state) {
    (void)state;
    assert_true(usage_placeholder(text_of("FILE")));
    assert_true(usage_placeholder(text_of("127.0.0.1:PORT")));
    assert_false(usage_placeholder(text_of("csv|json")));
    assert_false(usage_placeholder(text_of("")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alternatives), cmocka_unit_test(test_flags_between),
        cmocka_unit_test(test_many),         cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_placeholders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
