#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fault.h"

#include <cmocka.h>

static struct fault parsed(const char *text) {
    struct fault fault;
    sluice_error error = ERROR_INIT;
    if (fault_parse(text, NULL, &fault, &error))
        fail_msg("%s: %s", text, error.text);
    return fault;
}

static void refused(const char *text, const char *const *own, const char *message) {
    struct fault fault;
    sluice_error error = ERROR_INIT;
    assert_int_equal(fault_parse(text, own, &fault, &error), SLUICE_E_USAGE);
    assert_string_equal(error.text, message);
}

static void a_fault_strikes_all_unless_told(void **state) {
    struct fault fault = parsed("close"), all = parsed("close=all");
    (void)state;
    assert_int_equal(fault.effect, FAULT_CLOSE);
    assert_true(fault_is_constant(&fault));
    assert_true(fault_is_constant(&all));
    for (int i = 0; i < 5; i++)
        assert_true(fault_strikes(&fault));
    assert_int_equal(fault.struck, 5);
}

static void first_strikes_once(void **state) {
    struct fault fault = parsed("hang=first");
    (void)state;
    assert_false(fault_is_constant(&fault));
    assert_true(fault_strikes(&fault));
    for (int i = 0; i < 5; i++)
        assert_false(fault_strikes(&fault));
    assert_int_equal(fault.seen, 6);
    assert_int_equal(fault.struck, 1);
}

static void every_strikes_each_nth(void **state) {
    struct fault fault = parsed("http-500=every:3");
    (void)state;
    for (int i = 1; i <= 9; i++)
        assert_int_equal(fault_strikes(&fault), i % 3 == 0);
}

static void one_answer_in_a_turn(void **state) {
    struct fault fault = parsed("duplicate=every:2");
    (void)state;
    for (uint64_t turn = 1; turn <= 6; turn++)
        for (int again = 0; again < 3; again++)
            assert_int_equal(fault_strikes_in(&fault, turn), turn % 2 == 0);
    assert_int_equal(fault.seen, 6);
}

static void what_is_not_a_fault_is_refused(void **state) {
    (void)state;
    refused("http-50", NULL, "there is no fault 'http-50' here; did you mean 'http-500'?");
    refused("nonsense", NULL, "there is no fault 'nonsense' here; `sluice help sandbox` lists them");
    refused("", NULL, "there is no fault '' here; `sluice help sandbox` lists them");
    refused("close=", NULL, "--fault close: '' is not known; write first, every:10 or all");
    refused("close=sometimes", NULL, "--fault close: 'sometimes' is not known; write first, every:10 or all");
    refused("close=every:0", NULL, "--fault close: '0' is no number of requests; write every:10");
    refused("close=every:x", NULL, "--fault close: 'x' is no number of requests; write every:10");
}

static void a_component_names_its_own(void **state) {
    static const char *const own[] = {"maintenance", "moody", NULL};
    struct fault fault;
    sluice_error error = ERROR_INIT;
    (void)state;
    assert_int_equal(fault_parse("moody=first", own, &fault, &error), 0);
    assert_int_equal(fault.effect, FAULT_FLAG);
    assert_string_equal(fault.name, "moody");
    assert_int_equal(fault_parse("maintenance", own, &fault, &error), 0);
    assert_int_equal(fault_parse("close", own, &fault, &error), 0); /* done for every provider */
    refused("partial", own, "there is no fault 'partial' here; `sluice help sandbox` lists them");
    refused("mody", own, "there is no fault 'mody' here; did you mean 'moody'?");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fault_strikes_all_unless_told), cmocka_unit_test(first_strikes_once),
        cmocka_unit_test(every_strikes_each_nth),          cmocka_unit_test(one_answer_in_a_turn),
        cmocka_unit_test(what_is_not_a_fault_is_refused),  cmocka_unit_test(a_component_names_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
