/* An empty table that is filled in one transaction: what is done, in which order, and what isn't when it
 * fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "supabase/load.h"

#include "bare_host.h"
#include "fake_connection.h"

#include <cmocka.h>

enum { ROWS = 3, MANY = 3000 };

static const sluice_text names[] = {{"order_id", 8}, {"imei", 4}, {"created_at", 10}};
static const sluice_text ids[ROWS] = {{"1", 1}, {"2\t", 2}, {"3", 1}};
static const sluice_text imeis[ROWS] = {{"001001001234563", 15}, {"", 0}, {"a\\b", 3}};
static const sluice_text times[ROWS] = {{NULL, 0}, {"2026-01-02 03:04:05", 19}, {NULL, 0}};
static const sluice_text *const cells[] = {ids, imeis, times};
static const sluice_batch batch = {.size = sizeof batch,
                                   .column_count = 3,
                                   .row_count = ROWS,
                                   .selected = ROWS,
                                   .names = names,
                                   .cells = cells};

/* As table.c asks for them: columns, and the unique keys. */
#define TABLE \
    {.part = "FROM pg_attribute a JOIN", \
     .rows = \
         "id|bigint|f|postgres|t|t|f|~\norder_id|text|f|postgres|t|t|f|~\nimei|text|f|postgres|t|t|f|~\n" \
         "created_at|timestamp with time zone|f|postgres|t|t|f|~\n"}, \
    { \
        .part = "string_agg(a.attname", .rows = "order_id\n" \
    }
#define SUITED \
    { .part = "it isn''t an ordinary table", .rows = "~|2026-11-22 10:00:00+00\n" }
#define INDEXES \
    { \
        .part = "pg_get_indexdef", \
        .rows = "DROP INDEX public.orders_imei|CREATE INDEX orders_imei ON public.orders (imei)\n" \
                "ALTER TABLE public.orders DROP CONSTRAINT k|CREATE UNIQUE INDEX k; ALTER TABLE " \
                "public.orders ADD k\n" \
    }
#define NOTHING_MORE \
    { .part = NULL }

struct world {
    struct connection connection;
    struct table table;
    struct merge merge;
    struct load load;
    struct history history;
    sluice_error error;
};

static int begin(struct world *world, const struct fake_answer *answers) {
    static char name[] = "\"orders\"";
    *world = (struct world){.connection = fake_connection(answers),
                            .table.name = name,
                            .history.table = "import_history",
                            .error.size = sizeof world->error};
    assert_int_equal(table_read(&world->table, &world->connection, &world->error), 0);
    assert_int_equal(merge_make(&world->merge, &world->table, (sluice_texts){names, 1}, true, &batch,
                                &bare_host, &world->error),
                     0);
    *fake_said = 0;
    return load_begin(&world->load, &world->connection, &world->merge, &world->error);
}

static int give_rows(struct world *world) {
    static const uint32_t rows[ROWS] = {0, 1, 2};
    return load_rows(&world->load, &world->connection, &world->merge, &batch, rows, ROWS, &world->error);
}

static int finish(struct world *world) {
    assert_int_equal(history_add(&world->history, (sluice_text){"a.csv", 5}, ROWS, 0), 0);
    return load_end(&world->load, &world->connection, &world->history, &world->error);
}

static void end(struct world *world) {
    load_free(&world->load);
    history_free(&world->history);
    merge_free(&world->merge);
    table_free(&world->table);
}

/* ---- cases ---------------------------------------------------------------------------------- */

static void one_transaction_indexes_last(void **state) {
    static const struct fake_answer answers[] = {TABLE, SUITED, INDEXES, NOTHING_MORE};
    static const char *const order[] = {
        "BEGIN; SET LOCAL TimeZone = 'UTC'; SET LOCAL synchronous_commit = on;",
        "it isn''t an ordinary table",
        "LOCK TABLE ONLY \"orders\" IN ACCESS EXCLUSIVE MODE",
        "it isn''t an ordinary table", /* while nobody can get in */
        "pg_get_indexdef",
        "DROP INDEX public.orders_imei; ALTER TABLE public.orders DROP CONSTRAINT k; "
        "TRUNCATE ONLY \"orders\"; COPY \"orders\" (\"order_id\", \"imei\", \"created_at\") "
        "FROM STDIN (FREEZE)",
        "== data\n1\t001001001234563\t2026-11-22 10:00:00+00\n"
        "2\\t\t\\N\t2026-01-02 03:04:05\n3\ta\\\\b\t2026-11-22 10:00:00+00\n",
        "== end",
        "CREATE INDEX orders_imei ON public.orders (imei); CREATE UNIQUE INDEX k; ALTER TABLE public.orders "
        "ADD k;",
        "INSERT INTO import_history",
        "== statement\nCOMMIT\n",
        NULL};
    struct world world;
    (void)state;
    assert_int_equal(begin(&world, answers), 0);
    assert_true(world.load.active);
    assert_null(world.load.unsuited);
    assert_int_equal(give_rows(&world), 0);
    assert_int_equal(finish(&world), 0);
    assert_false(world.load.active);
    assert_true(fake_said_in_order(order));
    assert_null(strstr(fake_said, "given up"));
    end(&world);
}

static void a_table_with_rows_is_left_alone(void **state) {
    static const struct fake_answer answers[] = {
        TABLE, {.part = "it isn''t an ordinary table", .rows = "there are rows in it|now\n"}, NOTHING_MORE};
    struct world world;
    (void)state;
    assert_int_equal(begin(&world, answers), 0);
    assert_false(world.load.active);
    assert_string_equal(world.load.unsuited, "there are rows in it");
    assert_null(strstr(fake_said, "LOCK"));
    assert_non_null(strstr(fake_said, "== given up"));
    end(&world);
}

static void rows_that_come_before_the_lock_are_seen(void **state) {
    static const struct fake_answer answers[] = {
        TABLE,
        {.part = "it isn''t an ordinary table", .rows = "~|now\n", .once = true},
        {.part = "it isn''t an ordinary table", .rows = "there are rows in it|now\n"},
        NOTHING_MORE};
    static const char *const order[] = {"LOCK TABLE", "it isn''t an ordinary table", "== given up", NULL};
    struct world world;
    (void)state;
    assert_int_equal(begin(&world, answers), 0);
    assert_false(world.load.active);
    assert_true(fake_said_in_order(order));
    assert_null(strstr(fake_said, "TRUNCATE ONLY"));
    end(&world);
}

static void a_table_in_use_is_not_waited_for(void **state) {
    static const struct fake_answer answers[] = {
        TABLE, SUITED, {.part = "LOCK TABLE", .fault = FAULT_AGAIN}, NOTHING_MORE};
    struct world world;
    (void)state;
    assert_int_equal(begin(&world, answers), 0);
    assert_false(world.load.active);
    assert_string_equal(world.load.unsuited, "others are at work in it");
    assert_non_null(strstr(fake_said, "== given up"));
    end(&world);
}

static void a_failure_to_begin_is_one(void **state) {
    static const struct fake_answer answers[] = {
        TABLE, SUITED, INDEXES, {.part = "COPY \"orders\"", .fault = FAULT_FATAL}, NOTHING_MORE};
    struct world world;
    (void)state;
    assert_int_equal(begin(&world, answers), SLUICE_E_UNAVAILABLE);
    assert_false(world.load.active);
    assert_non_null(strstr(fake_said, "== given up"));
    end(&world);
}

/* Whatever fails on the way to it, nothing is committed. */
static void nothing_is_kept_of_what_fails(void **state) {
    static const char *const parts[] = {"end", "CREATE INDEX", "INSERT INTO import_history"};
    (void)state;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const struct fake_answer answers[] = {
            TABLE, SUITED, INDEXES, {.part = parts[i], .fault = FAULT_ROW}, NOTHING_MORE};
        struct world world;
        assert_int_equal(begin(&world, answers), 0);
        assert_int_equal(give_rows(&world), 0);
        assert_int_equal(finish(&world), SLUICE_E_UNAVAILABLE);
        assert_false(world.load.active);
        assert_null(strstr(fake_said, "COMMIT\n"));
        end(&world);
    }
}

static void many_rows_go_in_pieces(void **state) {
    static const struct fake_answer answers[] = {TABLE, SUITED, NOTHING_MORE};
    static char long_text[400];
    static uint32_t rows[MANY];
    struct world world;
    size_t pieces = 0;
    (void)state;
    memset(long_text, 'x', sizeof long_text);
    sluice_text *column = calloc(MANY, sizeof *column);
    const sluice_text *const wide[] = {column, column, column};
    sluice_batch big = batch;
    big.row_count = big.selected = MANY;
    big.cells = wide;
    for (uint32_t i = 0; i < MANY; i++) {
        column[i] = (sluice_text){long_text, sizeof long_text};
        rows[i] = i;
    }
    assert_int_equal(begin(&world, answers), 0);
    assert_int_equal(load_rows(&world.load, &world.connection, &world.merge, &big, rows, MANY, &world.error),
                     0);
    for (const char *at = fake_said; (at = strstr(at, "== data")); at++)
        pieces++;
    assert_true(pieces > 8); /* 3.6 MB */
    assert_true(world.load.data.room < 1024 * 1024);
    free(column);
    end(&world);
}

static void a_piece_that_fails_is_the_last(void **state) {
    static const struct fake_answer answers[] = {
        TABLE, SUITED, {.part = "data", .fault = FAULT_ROW}, NOTHING_MORE};
    struct world world;
    (void)state;
    assert_int_equal(begin(&world, answers), 0);
    assert_int_equal(give_rows(&world), SLUICE_E_UNAVAILABLE);
    end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_transaction_indexes_last),
        cmocka_unit_test(a_table_with_rows_is_left_alone),
        cmocka_unit_test(rows_that_come_before_the_lock_are_seen),
        cmocka_unit_test(a_table_in_use_is_not_waited_for),
        cmocka_unit_test(a_failure_to_begin_is_one),
        cmocka_unit_test(nothing_is_kept_of_what_fails),
        cmocka_unit_test(many_rows_go_in_pieces),
        cmocka_unit_test(a_piece_that_fails_is_the_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
