/* The ledger on Postgres, as far as no server is needed. With one: tests/supabase/test_ledger.sh, which runs
 * the other tests of the ledger there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger_remote.h"
#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

/* Transactions are told apart from queries, and nobody names the holders of a lock there. */
static bool has_none(int which) {
    return which == STATEMENT_BEGIN || which == STATEMENT_READ || which == STATEMENT_COMMIT ||
           which == STATEMENT_ROLLBACK || which == STATEMENT_RUN_HOLDERS;
}

static void every_statement_is_there(void **state) {
    (void)state;
    for (int which = 0; which < STATEMENT_COUNT; which++)
        if (!remote_statements[which].sql != has_none(which))
            fail_msg("statement %d", which);
}

/* The schema isn't in the search path; and what a session keeps would be another client's behind a pooler. */
static void statements_are_fit_for_a_pooler(void **state) {
    static const char *const tables[] = {"accounts", "cursors", "events", "missed",   "orders", "outbox",
                                         "records",  "runs",    "shapes", "settings", "totals"};
    (void)state;
    for (int which = 0; which < STATEMENT_COUNT; which++) {
        const char *sql = remote_statements[which].sql;
        for (size_t i = 0; sql && i < sizeof tables / sizeof *tables; i++)
            for (const char *verb = "FROM \0INTO \0UPDATE \0JOIN \0"; *verb; verb += strlen(verb) + 1) {
                char bare[40];
                snprintf(bare, sizeof bare, "%s%s", verb, tables[i]);
                if (strstr(sql, bare))
                    fail_msg("'%s' without its schema: %s", bare, sql);
            }
        assert_true(!sql || (!strstr(sql, "PREPARE") && strncmp(sql, "SET ", 4) != 0));
    }
}

static void text_is_made_text(void **state) {
    struct query query = {0};
    (void)state;
    remote_bind(&query, 1, (sluice_text){"a\0b\xff\xc3\xa9", 6}, false);
    assert_string_equal(query.command.values[0], "a b?\xc3\xa9");
    remote_bind(&query, 2, (sluice_text){"\0\xff", 2}, true);
    assert_int_equal(query.command.lengths[1], 2);
    assert_memory_equal(query.command.values[1], "\0\xff", 2);
    remote_bind(&query, 3, (sluice_text){NULL, 0}, false);
    assert_null(query.command.values[2]);
    remote_bind_int(&query, 4, INT64_MIN);
    assert_string_equal(query.command.values[3], "-9223372036854775808");
    assert_int_equal(query.command.count, 4);
    free(query.copies[0]);
    free(query.copies[1]);
}

static void refuse(const char *uri, int code, const char *part) {
    sluice_error error = ERROR_INIT;
    struct ledger *ledger = NULL;
    const struct ledger_site site = {.state_dir = "/nowhere", .uri = uri};
    assert_int_equal(ledger_open_at(&site, 0, &ledger, &error), code);
    if (!strstr(error.text, part) || strstr(error.text, "hush"))
        fail_msg("%s", error.text);
}

static void an_address_that_is_none_is_refused_without_its_password(void **state) {
    (void)state;
    refuse("postgresql://me:hush@%zz/", SLUICE_E_CONFIG, "isn't an address of a Postgres database");
    refuse("postgresql://me:hush@127.0.0.1:1/x", SLUICE_E_UNAVAILABLE,
           "the ledger on Postgres at 127.0.0.1:1 can't be reached");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_statement_is_there),
        cmocka_unit_test(statements_are_fit_for_a_pooler),
        cmocka_unit_test(text_is_made_text),
        cmocka_unit_test(an_address_that_is_none_is_refused_without_its_password),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
