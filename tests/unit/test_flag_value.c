#include "support.h"

#include <string.h>

#include "clock.h"
#include "flag_value.h"

static const struct flag limit = {"limit", 0, "N", "", false}, since = {"since", 0, "WHEN", "", false};
static struct given given[2];

static struct program with(const struct flag *flag, const char *value) {
    given[0] = (struct given){flag, value};
    return (struct program){.arguments = {.given = given, .given_count = value ? 1 : 0}, .error = ERROR_INIT};
}

static void numbers(void **state) {
    static const char *const wrong[] = {"0", "-1", "1.5", "", "ten", "99999999999999999999"};
    struct program program = with(&limit, "100");
    int64_t value;
    (void)state;
    assert_int_equal(flag_number(&program, "limit", &value), 0);
    assert_int_equal(value, 100);
    program = with(&limit, NULL);
    assert_int_equal(flag_number(&program, "limit", &value), 0);
    assert_int_equal(value, 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        program = with(&limit, wrong[i]);
        assert_int_equal(flag_number(&program, "limit", &value), SLUICE_E_USAGE);
        assert_non_null(strstr(program.error.text, "--limit: '"));
    }
}

static void times(void **state) {
    struct program program = with(&since, "2026-11-22");
    int64_t value;
    (void)state;
    assert_int_equal(flag_since(&program, "since", &value), 0);
    assert_int_equal(value, INT64_C(1795305600000));
    program = with(&since, "2h");
    assert_int_equal(flag_since(&program, "since", &value), 0);
    int64_t ago = clock_wall_ms() - value;
    assert_in_range(ago, 7200000, 7260000);
    program = with(&since, NULL);
    assert_int_equal(flag_since(&program, "since", &value), 0);
    assert_int_equal(value, 0);
    program = with(&since, "yesterday");
    assert_int_equal(flag_since(&program, "since", &value), SLUICE_E_USAGE);
    assert_string_equal(program.error.text, "--since: 'yesterday' is no time; write 2026-11-22, or 2h");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(numbers), cmocka_unit_test(times)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
