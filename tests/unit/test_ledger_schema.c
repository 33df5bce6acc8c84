#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger_db.h"
#include "ledger_fixture.h"

#include <cmocka.h> /* last: it has a macro called fail */

static void refused_by_constraint(struct fixture *fixture, const char *sql) {
    struct ledger *ledger = fixture->ledger;
    int code = ledger->sqlite->sqlite3_exec(ledger->db, sql, NULL, NULL, NULL);
    if (code != SQLITE_CONSTRAINT_UNIQUE)
        fail_msg("%s: %d", sql, code);
}

static void insert(struct fixture *fixture, const char *key, int gen, int order_state, const char *order_id) {
    char sql[600];
    snprintf(
        sql, sizeof sql,
        "INSERT INTO orders (key, gen, state, run, call, attempt, version, account, day, claimed_ms, sent_ms,"
        " changed_ms, row, service, identifier, order_id)"
        " VALUES ('%s', %d, %d, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 's', 'i', %s)",
        key, gen, order_state, order_id);
    fixture_execute(fixture, sql);
}

/* Whatever the program does wrong, the database doesn't let a key be paid twice. */
static void a_key_has_one_row_a_generation(void **state) {
    struct fixture *fixture = *state;
    insert(fixture, "k", 1, ORDER_PLACED, "NULL");
    refused_by_constraint(fixture,
                          "INSERT INTO orders SELECT 99, key, gen, state, run, call, attempt, version,"
                          " account, day, price, claimed_ms, sent_ms, changed_ms, row, service, identifier,"
                          " parameters, currency, order_id, code, reason FROM orders");
    insert(fixture, "k", 2, ORDER_PLACED, "NULL");
}

static void a_key_has_one_open_row(void **state) {
    struct fixture *fixture = *state;
    static const int open[] = {ORDER_CLAIMED, ORDER_SENDING, ORDER_IN_DOUBT};
    insert(fixture, "k", 1, ORDER_RELEASED, "NULL");
    insert(fixture, "k", 2, ORDER_CLAIMED, "NULL");
    for (size_t i = 0; i < 3; i++) {
        char sql[100];
        snprintf(sql, sizeof sql, "UPDATE orders SET state = %d WHERE gen = 2", open[i]);
        fixture_execute(fixture, sql);
        for (size_t j = 0; j < 3; j++) {
            snprintf(sql, sizeof sql, "UPDATE orders SET state = %d WHERE gen = 1", open[j]);
            refused_by_constraint(fixture, sql);
        }
    }
    fixture_execute(fixture, "UPDATE orders SET state = 3 WHERE gen = 2");
    fixture_execute(fixture, "UPDATE orders SET state = 1 WHERE gen = 1");
}

static void an_order_id_is_one_orders_of_the_account(void **state) {
    struct fixture *fixture = *state;
    insert(fixture, "k", 1, ORDER_PLACED, "'77'");
    insert(fixture, "l", 1, ORDER_RELEASED, "NULL");
    insert(fixture, "m", 1, ORDER_RELEASED, "NULL");
    refused_by_constraint(fixture, "UPDATE orders SET order_id = '77' WHERE key = 'l'");
    fixture_execute(fixture, "UPDATE orders SET account = 2, order_id = '77' WHERE key = 'l'");
}

/* The words of the plan that `sql` has. */
static void plan_of(struct fixture *fixture, const char *sql, char *out, size_t room) {
    struct ledger *ledger = fixture->ledger;
    char explain[1000];
    sqlite3_stmt *statement;
    *out = 0;
    snprintf(explain, sizeof explain, "EXPLAIN QUERY PLAN %s", sql);
    assert_int_equal(ledger->sqlite->sqlite3_prepare_v3(ledger->db, explain, -1, 0, &statement, NULL),
                     SQLITE_OK);
    while (ledger->sqlite->sqlite3_step(statement) == SQLITE_ROW) {
        size_t used = strlen(out);
        snprintf(out + used, room - used, "%s; ",
                 (const char *)ledger->sqlite->sqlite3_column_text(statement, 3));
    }
    ledger->sqlite->sqlite3_finalize(statement);
}

/* At five million orders a scan is a second. */
static void what_is_asked_often_has_an_index(void **state) {
    struct fixture *fixture = *state;
    static const struct {
        const char *sql, *plan;
    } queries[] = {
        {"SELECT * FROM orders WHERE key = ? ORDER BY gen DESC LIMIT 1", "USING INDEX orders_key (key=?)"},
        {"SELECT id FROM orders WHERE account IN (SELECT id FROM accounts) AND order_id = ?",
         "USING COVERING INDEX orders_order_id (account=? AND order_id=?)"},
        {"SELECT max(version) FROM events", "SEARCH events"},
        {"SELECT max(id) FROM orders", "SEARCH orders"},
        {"SELECT id FROM runs INDEXED BY runs_open WHERE ended_ms IS NULL AND id > 1 ORDER BY id",
         "runs_open (id>?)"},
        {"SELECT id FROM runs WHERE complete = 0 AND pipeline = ?", "runs_incomplete (pipeline=?)"},
    };
    char plan[1000];
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        plan_of(fixture, queries[i].sql, plan, sizeof plan);
        if (!strstr(plan, queries[i].plan))
            fail_msg("%s: %s", queries[i].sql, plan);
    }
}

/* IN with three values or more makes SQLite build a table for each row that changes. */
static void a_change_of_state_builds_no_table(void **state) {
    struct fixture *fixture = *state;
    struct ledger *ledger = fixture->ledger;
    sqlite3_stmt *statement;
    assert_int_equal(ledger->sqlite->sqlite3_prepare_v3(ledger->db,
                                                        "EXPLAIN UPDATE orders SET state = 3 WHERE id = 1",
                                                        -1, 0, &statement, NULL),
                     SQLITE_OK);
    while (ledger->sqlite->sqlite3_step(statement) == SQLITE_ROW)
        assert_string_not_equal((const char *)ledger->sqlite->sqlite3_column_text(statement, 1),
                                "OpenEphemeral");
    ledger->sqlite->sqlite3_finalize(statement);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_key_has_one_row_a_generation, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_key_has_one_open_row, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(an_order_id_is_one_orders_of_the_account, fixture_set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(what_is_asked_often_has_an_index, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_change_of_state_builds_no_table, fixture_set_up, fixture_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
