#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "ledger_fixture.h"

#include <cmocka.h> /* last: it has a macro called fail */

static struct pause look(struct fixture *fixture) {
    struct pause pause;
    fixture_good(fixture, ledger_paused(fixture->ledger, &pause, &fixture->error));
    return pause;
}

static void pause_ledger(struct fixture *fixture, const char *who, const char *reason) {
    fixture_good(fixture, ledger_pause(fixture->ledger, who, reason, &fixture->error));
}

static void on_and_off(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(look(fixture).since_ms, 0);
    int64_t before = clock_wall_ms();
    pause_ledger(fixture, "ada", "the prices are wrong");
    struct pause pause = look(fixture);
    assert_true(pause.since_ms >= before);
    assert_string_equal(pause.who, "ada");
    assert_string_equal(pause.reason, "the prices are wrong");
    fixture_good(fixture, ledger_resume(fixture->ledger, &fixture->error));
    assert_int_equal(look(fixture).since_ms, 0);
    fixture_good(fixture, ledger_resume(fixture->ledger, &fixture->error)); /* twice is as good */
}

static void other_handles_see_it_and_so_do_later_ones(void **state) {
    struct fixture *fixture = *state;
    struct ledger *other = fixture_open(fixture);
    pause_ledger(fixture, "ada", "");
    struct pause pause;
    fixture_good(fixture, ledger_paused(other, &pause, &fixture->error));
    assert_true(pause.since_ms > 0);
    ledger_close(other);
    fixture_reopen(fixture);
    assert_string_equal(look(fixture).who, "ada");
}

static void words_of_any_length_and_kind(void **state) {
    struct fixture *fixture = *state;
    char reason[1000];
    for (size_t i = 0; i + 2 < sizeof reason; i += 2)
        memcpy(reason + i, "ü", 3);
    pause_ledger(fixture, "a\tb", reason);
    struct pause pause = look(fixture);
    assert_string_equal(pause.who, "a b");
    assert_int_equal(strlen(pause.reason) % 2, 0); /* no half of a character */
    assert_true(strlen(pause.reason) > 200);
    pause_ledger(fixture, "", "");
    assert_true(look(fixture).since_ms > 0);
    assert_string_equal(look(fixture).reason, "");
}

/* Whatever stands there, it isn't "go on". */
static void what_is_not_understood_is_a_pause(void **state) {
    struct fixture *fixture = *state;
    fixture_execute(fixture, "DELETE FROM settings WHERE name = 'pause'");
    fixture_execute(fixture, "INSERT INTO settings VALUES ('pause', 'please stop')");
    assert_true(look(fixture).since_ms > 0);
}

static void as_a_sentence(void **state) {
    char text[PAUSE_TEXT];
    struct pause pause = {.since_ms = 1000, .who = "ada", .reason = "why not"};
    (void)state;
    assert_string_equal(pause_text(&pause, text), "paused since 1970-01-01 00:00:01 UTC by ada: why not");
    pause = (struct pause){.since_ms = 1000};
    assert_string_equal(pause_text(&pause, text), "paused since 1970-01-01 00:00:01 UTC by somebody");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(on_and_off),
        TEST(other_handles_see_it_and_so_do_later_ones),
        TEST(words_of_any_length_and_kind),
        TEST(what_is_not_understood_is_a_pause),
        cmocka_unit_test(as_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
