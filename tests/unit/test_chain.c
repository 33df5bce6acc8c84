#include "support.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "../plugins/harness.h"
#include "chain.h"
#include "text.h"

/* ---- actions -------------------------------------------------------------------------------- */

static const sluice_host *host;
static int opened, closed, processed;

static int32_t open_any(const sluice_host *table, sluice_self *self, const void *config, void **instance,
                        sluice_error *error) {
    (void)self, (void)error;
    host = table;
    *instance = (void *)config;
    opened++;
    return 0;
}

static void close_any(void *instance) {
    (void)instance;
    closed++;
}

static int32_t refuse_to_open(const sluice_host *table, sluice_self *self, const void *config,
                              void **instance, sluice_error *error) {
    (void)self, (void)config, (void)instance;
    return table->fail(error, SLUICE_E_CONFIG, "no");
}

/* `imei` in capitals; a new column `seen` that is "yes" for each row it was given. */
static int32_t shout(void *instance, const sluice_batch *in, sluice_changes *out, sluice_error *error) {
    sluice_text *loud = host->alloc(out->arena, in->row_count * sizeof *loud);
    sluice_text *seen = host->alloc(out->arena, in->row_count * sizeof *seen);
    int32_t c = sluice_find_column(in, "imei", 4);
    (void)instance;
    processed++;
    for (uint32_t i = 0; i < in->selected; i++) {
        uint32_t row = sluice_selected(in, i);
        char *copy = host->alloc(out->arena, in->cells[c][row].len);
        for (uint64_t b = 0; b < in->cells[c][row].len; b++)
            copy[b] = (char)toupper((unsigned char)in->cells[c][row].ptr[b]);
        loud[row] = (sluice_text){copy, in->cells[c][row].len};
        seen[row] = TEXT("yes");
    }
    int32_t failed = host->set_column(out, "imei", loud, error);
    return failed ? failed : host->set_column(out, "seen", seen, error);
}

/* Rows are dropped and rejected by what `note` says. */
static int32_t sort_out(void *instance, const sluice_batch *in, sluice_changes *out, sluice_error *error) {
    int32_t c = sluice_find_column(in, "note", 4);
    (void)instance, (void)error;
    processed++;
    for (uint32_t i = 0; i < in->selected; i++) {
        uint32_t row = sluice_selected(in, i);
        if (text_is(in->cells[c][row], "twice"))
            host->drop(out, row, SLUICE_DROP_DUPLICATE);
        else if (text_is(in->cells[c][row], "aside"))
            host->drop(out, row, SLUICE_DROP_FILTERED);
        else if (text_is(in->cells[c][row], "bad"))
            host->reject(out, row, "bad_note", TEXT("it is bad"));
    }
    return 0;
}

static int32_t do_nothing(void *instance, const sluice_batch *in, sluice_changes *out, sluice_error *error) {
    (void)instance, (void)in, (void)out, (void)error;
    processed++;
    return 0;
}

static int32_t give_up(void *instance, const sluice_batch *in, sluice_changes *out, sluice_error *error) {
    (void)in, (void)out;
    const int32_t *answer = instance;
    return *answer == SLUICE_E_DATA ? host->fail(error, SLUICE_E_DATA, "row 3 is no row") : *answer;
}

#define ACTION(callback) \
    .action = &(const sluice_action){.size = sizeof(sluice_action), .process = callback}, .open = open_any, \
    .close = close_any
static const sluice_component shouter = {
    .size = sizeof shouter, .kind = SLUICE_ACTION, .name = "shout", ACTION(shout)};
static const sluice_component sorter = {
    .size = sizeof sorter, .kind = SLUICE_ACTION, .name = "sort_out", ACTION(sort_out)};
static const sluice_component idler = {
    .size = sizeof idler, .kind = SLUICE_ACTION, .name = "nothing", ACTION(do_nothing)};
static const sluice_component quitter = {
    .size = sizeof quitter, .kind = SLUICE_ACTION, .name = "give_up", ACTION(give_up)};
static const sluice_component locked = {
    .size = sizeof locked, .kind = SLUICE_ACTION, .name = "locked", .open = refuse_to_open};

/* ---- running them --------------------------------------------------------------------------- */

struct seen_reject {
    uint32_t row, count;
    char code[32];
    const struct component *component;
    char imei[32];
};

static void on_reject(void *user, const struct batch *batch, const struct reject *reject,
                      const struct component *component) {
    struct seen_reject *seen = user;
    seen->row = reject->row;
    seen->count++;
    seen->component = component;
    snprintf(seen->code, sizeof seen->code, "%s", reject->code);
    snprintf(seen->imei, sizeof seen->imei, "%s", harness_cell(batch, reject->row, "imei"));
}

static struct batch *some(void) {
    return harness_batch(
        (const char *const[]){"imei|note", "a|", "b|twice", "c|bad", "d|aside", "e|~", "f|", NULL});
}

static const char *rows(const struct batch *batch) {
    static char out[200];
    size_t used = 0;
    out[0] = 0;
    for (uint32_t i = 0; i < batch->view.selected; i++) {
        uint32_t row = sluice_selected(&batch->view, i);
        used += (size_t)snprintf(out + used, sizeof out - used, "%s%s", i ? " " : "",
                                 harness_cell(batch, row, "imei"));
        if (sluice_find_column(&batch->view, "seen", 4) >= 0)
            used += (size_t)snprintf(out + used, sizeof out - used, ":%s", harness_cell(batch, row, "seen"));
    }
    return out;
}

static const sluice_text f_and_c[] = {{"f", 1}, {"c", 1}, {"b", 1}}, nobody[] = {{"z", 1}};
static struct where only_f_c_b = {{"imei", 4}, {f_and_c, 3}}, only_nobody = {{"imei", 4}, {nobody, 1}};

static void run(const struct component *components, size_t count, const char *expected,
                struct chain_counts *counts, struct seen_reject *seen) {
    struct chain chain;
    sluice_error error = ERROR_INIT;
    opened = closed = processed = 0;
    assert_int_equal(chain_open(&chain, components, count, NULL, false, &error), 0);
    *counts = (struct chain_counts){0};
    *seen = (struct seen_reject){0};
    struct batch *out = chain_process(&chain, some(), counts, on_reject, seen, &error);
    assert_non_null(out);
    assert_string_equal(rows(out), expected);
    batch_unref(out);
    chain_close(&chain);
    assert_int_equal(opened, count);
    assert_int_equal(closed, count);
}

static void without_actions_a_batch_passes(void **state) {
    struct chain_counts counts;
    struct seen_reject seen;
    (void)state;
    run(NULL, 0, "a b c d e f", &counts, &seen);
}

static void actions_follow_one_another(void **state) {
    const struct component two[] = {{.type = &shouter, .place = "actions[0] shout"},
                                    {.type = &sorter, .place = "actions[1] sort_out"}};
    struct chain_counts counts;
    struct seen_reject seen;
    (void)state;
    run(two, 2, "A:yes E:yes F:yes", &counts, &seen);
    assert_int_equal(counts.duplicates, 1);
    assert_int_equal(counts.filtered, 1);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.row, 2);
    assert_string_equal(seen.code, "bad_note");
    assert_string_equal(seen.imei, "C");
    assert_ptr_equal(seen.component, &two[1]);
}

static void where_lets_the_others_pass_unchanged(void **state) {
    const struct component one[] = {
        {.type = &shouter, .place = "shout", .where = &only_f_c_b, .where_count = 1}};
    struct chain_counts counts;
    struct seen_reject seen;
    (void)state;
    run(one, 1, "a:(null) B:yes C:yes d:(null) e:(null) F:yes", &counts, &seen);
}

static void rows_that_leave_under_where_are_gone_and_the_others_stay(void **state) {
    const struct component two[] = {
        {.type = &sorter, .place = "sort_out", .where = &only_f_c_b, .where_count = 1},
        {.type = &shouter, .place = "shout"}};
    struct chain_counts counts;
    struct seen_reject seen;
    (void)state;
    run(two, 2, "A:yes D:yes E:yes F:yes", &counts, &seen);
    assert_int_equal(counts.duplicates, 1);
    assert_int_equal(counts.filtered, 0); /* "d" passed by */
    assert_int_equal(seen.count, 1);
}

static void a_column_set_twice_for_different_rows_keeps_both(void **state) {
    const struct component three[] = {
        {.type = &shouter, .place = "first", .where = &only_f_c_b, .where_count = 1},
        {.type = &sorter, .place = "sort_out"},
        {.type = &shouter, .place = "second", .where = &only_f_c_b, .where_count = 1}};
    struct chain_counts counts;
    struct seen_reject seen;
    (void)state;
    /* The second one sees "F" no more: its where says "f". */
    run(three, 3, "a:(null) e:(null) F:yes", &counts, &seen);
}

static void nothing_to_do_copies_nothing(void **state) {
    const struct component two[] = {
        {.type = &idler, .place = "nothing", .where = &only_f_c_b, .where_count = 1},
        {.type = &idler, .place = "nothing"}};
    struct chain chain;
    struct chain_counts counts = {0};
    sluice_error error = ERROR_INIT;
    (void)state;
    processed = 0;
    assert_int_equal(chain_open(&chain, two, 2, NULL, false, &error), 0);
    struct batch *in = some();
    struct batch *out = chain_process(&chain, batch_ref(in), &counts, on_reject, NULL, &error);
    assert_ptr_equal(out, in);
    assert_int_equal(processed, 2);
    batch_unref(in);
    batch_unref(out);
    chain_close(&chain);
}

static void an_action_without_rows_is_not_called(void **state) {
    const struct component one[] = {
        {.type = &shouter, .place = "shout", .where = &only_nobody, .where_count = 1}};
    struct chain_counts counts;
    struct seen_reject seen;
    (void)state;
    run(one, 1, "a b c d e f", &counts, &seen);
    assert_int_equal(processed, 0);
}

static void check_failure(int32_t answer, int32_t code, const char *text) {
    const struct component two[] = {{.type = &idler, .place = "actions[0] nothing"},
                                    {.type = &quitter, .place = "actions[1] give_up", .config = &answer}};
    struct chain chain;
    struct chain_counts counts = {0};
    sluice_error error = ERROR_INIT;
    assert_int_equal(chain_open(&chain, two, 2, NULL, false, &error), 0);
    assert_null(chain_process(&chain, some(), &counts, on_reject, NULL, &error));
    assert_int_equal(error.code, code);
    assert_non_null(strstr(error.text, "actions[1] give_up: "));
    assert_non_null(strstr(error.text, text));
    chain_close(&chain);
}

static void a_failure_names_the_place(void **state) {
    (void)state;
    check_failure(SLUICE_E_DATA, SLUICE_E_DATA, "row 3 is no row");
    check_failure(SLUICE_E_IO, SLUICE_E_IO, "process()"); /* it said nothing; the records must not vanish */
    check_failure(7, SLUICE_E_PLUGIN, "process() answered 7");
    check_failure(-1, SLUICE_E_PLUGIN, "process() answered -1");
}

static void what_was_opened_before_a_failure_is_closed(void **state) {
    const struct component three[] = {{.type = &idler, .place = "actions[0]"},
                                      {.type = &idler, .place = "actions[1]"},
                                      {.type = &locked, .place = "actions[2] locked"}};
    struct chain chain;
    sluice_error error = ERROR_INIT;
    (void)state;
    opened = closed = 0;
    assert_int_equal(chain_open(&chain, three, 3, NULL, false, &error), SLUICE_E_CONFIG);
    assert_string_equal(error.text, "actions[2] locked: no");
    assert_int_equal(opened, 2);
    assert_int_equal(closed, 2);
    chain_close(&chain); /* does no harm */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_actions_a_batch_passes),
        cmocka_unit_test(actions_follow_one_another),
        cmocka_unit_test(where_lets_the_others_pass_unchanged),
        cmocka_unit_test(rows_that_leave_under_where_are_gone_and_the_others_stay),
        cmocka_unit_test(a_column_set_twice_for_different_rows_keeps_both),
        cmocka_unit_test(nothing_to_do_copies_nothing),
        cmocka_unit_test(an_action_without_rows_is_not_called),
        cmocka_unit_test(a_failure_names_the_place),
        cmocka_unit_test(what_was_opened_before_a_failure_is_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
