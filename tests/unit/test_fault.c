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

static void a_value_stands_behind_a_colon(void **state) {
    (void)state;
    assert_int_equal(parsed("latency").value, 2000);
    assert_int_equal(parsed("latency:500ms=first").value, 500);
    assert_true(parsed("latency:500ms=first").first);
    assert_int_equal(parsed("http-500").value, 500);
    assert_int_equal(parsed("http-500:503@any=every:2").value, 503);
    assert_int_equal(parsed("timezone").value, 3 * 3600 * 1000);
    assert_int_equal(parsed("timezone:-5h").value, -5 * 3600 * 1000);
    assert_int_equal(parsed("price-change:-10").value, -10);
    assert_int_equal(parsed("list-depth:0").value, 0);
    refused("close:2s", NULL, "--fault close takes no value; write it without ':2s'");
    refused("latency:", NULL, "--fault latency: '' is not possible; write latency:2s");
    refused("latency:-2s", NULL, "--fault latency: '-2s' is not possible; write latency:2s");
    refused("latency:1000000d", NULL, "--fault latency: '1000000d' is not possible; write latency:2s");
    refused("timezone:east", NULL, "--fault timezone: 'east' is not possible; write timezone:+3h or :-5h");
    refused("http-500:200", NULL, "--fault http-500: '200' is not possible; write http-500:503");
    refused("price-change:x", NULL,
            "--fault price-change: 'x' is not possible; write price-change:25 or :-10");
}

static void a_fault_concerns_paid_calls_unless_told(void **state) {
    static const struct {
        const char *text;
        bool paid, free;
    } cases[] = {{"html", true, false},
                 {"html@paid", true, false},
                 {"html@free=first", false, true},
                 {"html@any", true, true}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fault fault = parsed(cases[i].text);
        assert_int_equal(fault_concerns(&fault, true), cases[i].paid);
        assert_int_equal(fault_concerns(&fault, false), cases[i].free);
    }
    refused("html@some", NULL, "--fault html: '@some' is not known; write @paid, @free or @any");
    refused("auth@free", NULL, "--fault auth doesn't let the calls be chosen; leave '@free' out");
    refused("taken@free", NULL, "--fault taken doesn't let the calls be chosen; leave '@free' out");
}

static void a_component_names_its_own(void **state) {
    static const char *const own[] = {"maintenance", "moody", NULL};
    struct fault fault;
    sluice_error error = ERROR_INIT;
    (void)state;
    assert_int_equal(fault_parse("moody=first", own, &fault, &error), 0);
    assert_int_equal(fault.effect, FAULT_FLAG);
    assert_string_equal(fault.name, "moody");
    assert_int_equal(fault.value, 0);
    assert_int_equal(fault_parse("moody:7", own, &fault, &error), 0);
    assert_int_equal(fault.value, 7);
    assert_int_equal(fault_parse("maintenance", own, &fault, &error), 0);
    assert_int_equal(fault_parse("close", own, &fault, &error), 0); /* done for every provider */
    refused(
        "partial", own,
        "there is no fault 'partial' here; `sluice help sandbox` lists them; of those below `taken` this one "
        "knows maintenance, moody");
    refused("mody", own, "there is no fault 'mody' here; did you mean 'moody'?");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fault_strikes_all_unless_told),
        cmocka_unit_test(first_strikes_once),
        cmocka_unit_test(every_strikes_each_nth),
        cmocka_unit_test(one_answer_in_a_turn),
        cmocka_unit_test(a_value_stands_behind_a_colon),
        cmocka_unit_test(a_fault_concerns_paid_calls_unless_told),
        cmocka_unit_test(what_is_not_a_fault_is_refused),
        cmocka_unit_test(a_component_names_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
