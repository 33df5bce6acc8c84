#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger_db.h"
#include "ledger_fixture.h"
#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

static void keep(struct fixture *fixture, int64_t order, const char *name, const char *value) {
    sluice_text names[] = {text_of(name)}, values[] = {text_of(value)};
    struct record record = {names, values, 1};
    fixture_good(fixture, ledger_keep_record(fixture->ledger, order, &record, &fixture->error));
}

static void names_are_kept_once(void **state) {
    struct fixture *fixture = *state;
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    for (int i = 1; i <= 50; i++)
        keep(fixture, i, i % 2 ? "imei" : "serial", "x");
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    fixture_reopen(fixture);
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    keep(fixture, 51, "serial", "x");
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM shapes"), 2);
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM records"), 51);
}

/* More shapes than are at hand: each is found again, and a pair that is used together stays valid. */
static void many_shapes_take_turns(void **state) {
    struct fixture *fixture = *state;
    enum { SHAPES = 3 * LEDGER_SHAPES };
    char name[16];
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    for (int round = 0; round < 2; round++)
        for (int i = 1; i <= SHAPES; i++) {
            snprintf(name, sizeof name, "column %d", i);
            keep(fixture, i, name, "x");
        }
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM shapes"), SHAPES);
    for (int i = 1; i <= SHAPES; i++) {
        const struct ledger_shape *one, *other;
        fixture_good(fixture, ledger_read_shape(fixture->ledger, 1, &one, &fixture->error));
        fixture_good(fixture, ledger_read_shape(fixture->ledger, i, &other, &fixture->error));
        snprintf(name, sizeof name, "column %d", i);
        assert_true(text_is(one->names[0], "column 1"));
        assert_true(text_is(other->names[0], name));
    }
}

static void a_shape_of_a_rollback_is_forgotten(void **state) {
    struct fixture *fixture = *state;
    const struct ledger_shape *shape;
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    keep(fixture, 1, "imei", "x");
    ledger_rollback(fixture->ledger);
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    keep(fixture, 1, "serial", "x");
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    fixture_good(fixture, ledger_read_shape(fixture->ledger, fixture_number(fixture, "SELECT id FROM shapes"),
                                            &shape, &fixture->error));
    assert_true(text_is(shape->names[0], "serial"));
}

static void a_shape_that_is_missing_or_damaged_is_said(void **state) {
    struct fixture *fixture = *state;
    const struct ledger_shape *shape;
    fixture_execute(fixture, "INSERT INTO shapes VALUES (5, x'ff')");
    fixture_refused(fixture, ledger_read_shape(fixture->ledger, 4, &shape, &fixture->error), SLUICE_E_CONFIG,
                    "damaged");
    fixture_refused(fixture, ledger_read_shape(fixture->ledger, 5, &shape, &fixture->error), SLUICE_E_CONFIG,
                    "damaged");
}

static void a_record_takes_the_place_of_the_older_one(void **state) {
    struct fixture *fixture = *state;
    struct record none = {NULL, NULL, 0};
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    keep(fixture, 1, "imei", "x");
    keep(fixture, 1, "imei", "longer");
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    assert_int_equal(fixture_number(fixture, "SELECT length(data) FROM records"), 7);
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    fixture_good(fixture, ledger_keep_record(fixture->ledger, 1, &none, &fixture->error));
    fixture_good(fixture, ledger_commit(fixture->ledger, &fixture->error));
    assert_int_equal(fixture_number(fixture, "SELECT count(*) FROM records"), 0);
}

static void a_record_without_limits_is_refused(void **state) {
    struct fixture *fixture = *state;
    sluice_text names[] = {TEXT("imei")}, values[] = {{"x", (uint64_t)RECORD_BYTES + 1}};
    struct record record = {names, values, 1};
    fixture_good(fixture, ledger_begin(fixture->ledger, &fixture->error));
    fixture_refused(fixture, ledger_keep_record(fixture->ledger, 1, &record, &fixture->error), SLUICE_E_DATA,
                    "MiB");
    ledger_rollback(fixture->ledger);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(names_are_kept_once),
        TEST(many_shapes_take_turns),
        TEST(a_shape_of_a_rollback_is_forgotten),
        TEST(a_shape_that_is_missing_or_damaged_is_said),
        TEST(a_record_takes_the_place_of_the_older_one),
        TEST(a_record_without_limits_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
