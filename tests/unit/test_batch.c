#include "support.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../plugins/harness.h"
#include "batch.h"
#include "text.h"

static struct batch *five(void) {
    return harness_batch((const char *const[]){"imei|note", "1|a", "2|~", "3|", "4|d", "5|e", NULL});
}

static void rows_are_found_by_column(void **state) {
    struct batch *batch = five();
    (void)state;
    assert_int_equal(batch->view.row_count, 5);
    assert_int_equal(batch->view.selected, 5);
    assert_null(batch->view.selection);
    assert_true(text_is(batch_value(&batch->view, 3, "note"), "d"));
    assert_null(batch_value(&batch->view, 1, "note").ptr);
    assert_non_null(batch_value(&batch->view, 2, "note").ptr);
    assert_null(batch_value(&batch->view, 0, "no such").ptr);
    batch_unref(batch);
}

static void a_filling_without_rows_is_no_batch(void **state) {
    struct filling filling;
    sluice_error error = ERROR_INIT;
    (void)state;
    assert_int_equal(filling_begin(&filling, 10, BATCH_BYTES, &error), 0);
    assert_null(filling_end(&filling));
    assert_int_equal(filling_begin(&filling, 10, BATCH_BYTES, &error), 0);
    assert_int_equal(filling_columns(&filling.view, (sluice_text[]){TEXT("a")}, 1, &error), 0);
    assert_null(filling_end(&filling));
    assert_int_equal(filling_begin(&filling, 10, BATCH_BYTES, &error), 0);
    filling_abandon(&filling);
    filling_abandon(&filling); /* does no harm */
}

static void a_filling_copies_the_names(void **state) {
    struct filling filling;
    sluice_error error = ERROR_INIT;
    char name[] = "imei";
    (void)state;
    filling_begin(&filling, 10, BATCH_BYTES, &error);
    assert_int_equal(filling_columns(&filling.view, &(sluice_text){name, 4}, 1, &error), 0);
    name[0] = 'X';
    filling.view.cells[0][0] = TEXT("7");
    filling.view.numbers[0] = 2;
    filling.view.row_count = 1;
    filling.view.file = TEXT("a.csv");
    struct batch *batch = filling_end(&filling);
    assert_true(text_is(batch->view.names[0], "imei"));
    assert_true(text_is(batch->view.file, "a.csv"));
    assert_int_equal(batch->view.numbers[0], 2);
    batch_unref(batch);
}

static void a_filling_too_large_for_memory_fails(void **state) {
    struct filling filling;
    sluice_error error = ERROR_INIT;
    sluice_text name = TEXT("a");
    (void)state;
    assert_int_equal(filling_begin(&filling, 10, BATCH_BYTES, &error), 0);
    assert_int_equal(filling_columns(&filling.view, &name, 0, &error), 0);
    /* A name that is null can't be a column. */
    assert_true(filling_columns(&filling.view, &(sluice_text){NULL, 0}, 1, &error) < 0);
    filling_abandon(&filling);
}

static void rows_that_the_source_refuses_are_not_selected(void **state) {
    struct filling filling;
    sluice_error error = ERROR_INIT;
    char reason[] = "too short";
    (void)state;
    filling_begin(&filling, 6, BATCH_BYTES, &error);
    filling_columns(&filling.view, (sluice_text[]){TEXT("a")}, 1, &error);
    for (uint32_t r = 0; r < 5; r++) {
        filling.view.cells[0][r] = TEXT("x");
        filling.view.numbers[r] = r + 2;
    }
    assert_int_equal(filling_reject(&filling.view, 1, "short", (sluice_text){reason, 9}, &error), 0);
    assert_int_equal(filling_reject(&filling.view, 4, NULL, (sluice_text){NULL, 0}, &error), 0);
    reason[0] = '?';
    filling.view.row_count = 5;
    struct batch *batch = filling_end(&filling);
    assert_int_equal(batch->view.selected, 3);
    assert_int_equal(sluice_selected(&batch->view, 1), 2);
    assert_int_equal(batch->refused_count, 2);
    assert_int_equal(batch->refused[0].row, 1);
    assert_string_equal(batch->refused[0].code, "short");
    assert_true(text_is(batch->refused[0].reason, "too short"));
    assert_string_equal(batch->refused[1].code, "rejected");
    batch_unref(batch);
}

static void a_source_refuses_rows_in_order_and_once(void **state) {
    struct filling filling;
    sluice_error error = ERROR_INIT;
    (void)state;
    filling_begin(&filling, 100, BATCH_BYTES, &error);
    for (uint32_t r = 10; r < 60; r++)
        assert_int_equal(filling_reject(&filling.view, r, "x", TEXT("y"), &error), 0);
    assert_int_equal(filling_reject(&filling.view, 59, "x", TEXT("y"), &error), SLUICE_E_PLUGIN);
    assert_int_equal(filling_reject(&filling.view, 3, "x", TEXT("y"), &error), SLUICE_E_PLUGIN);
    assert_int_equal(filling_reject(&filling.view, 100, "x", TEXT("y"), &error), SLUICE_E_PLUGIN);
    filling_abandon(&filling);
}

static void no_change_gives_the_same_batch(void **state) {
    struct batch *in = five();
    struct changes changes;
    sluice_error error = ERROR_INIT;
    (void)state;
    assert_int_equal(changes_begin(&changes, in, &error), 0);
    struct batch *out = changes_end(&changes, &error);
    assert_ptr_equal(out, in);
    changes_free(&changes);
    batch_unref(out);
    assert_string_equal(harness_cell(in, 4, "imei"), "5");
    batch_unref(in);
}

static void a_column_is_replaced_or_added_and_the_others_are_shared(void **state) {
    struct batch *in = five();
    struct changes changes;
    sluice_error error = ERROR_INIT;
    const sluice_text news[] = {TEXT("A"), TEXT("B"), TEXT("C"), TEXT("D"), {NULL, 0}};
    const sluice_text more[] = {TEXT("x"), TEXT("y"), TEXT("z"), TEXT("u"), TEXT("v")};
    (void)state;
    assert_int_equal(changes_begin(&changes, in, &error), 0);
    assert_int_equal(changes_set_column(&changes.view, "note", news, &error), 0);
    assert_int_equal(changes_set_column(&changes.view, "extra", more, &error), 0);
    assert_int_equal(changes_set_column(&changes.view, "extra", news, &error), 0); /* the last one counts */
    struct batch *out = changes_end(&changes, &error);
    changes_free(&changes);
    assert_int_equal(out->view.column_count, 3);
    assert_ptr_equal(out->view.cells[0], in->view.cells[0]);
    assert_string_equal(harness_cell(out, 1, "note"), "B");
    assert_string_equal(harness_cell(out, 4, "note"), "(null)");
    assert_string_equal(harness_cell(out, 0, "extra"), "A");
    assert_int_equal(in->view.column_count, 2);
    assert_string_equal(harness_cell(in, 0, "note"), "a");
    batch_unref(in); /* the new batch keeps the old one alive */
    assert_string_equal(harness_cell(out, 2, "imei"), "3");
    assert_ptr_equal(batch_origin(out), in);
    batch_unref(out);
}

static void a_column_is_taken_away(void **state) {
    struct batch *in = five();
    struct changes changes;
    sluice_error error = ERROR_INIT;
    (void)state;
    assert_int_equal(changes_begin(&changes, in, &error), 0);
    assert_int_equal(changes_set_column(&changes.view, "nowhere", NULL, &error), 0);
    assert_int_equal(changes_set_column(&changes.view, "imei", NULL, &error), 0);
    struct batch *out = changes_end(&changes, &error);
    changes_free(&changes);
    assert_int_equal(out->view.column_count, 1);
    assert_int_equal(sluice_find_column(&out->view, "imei", 4), -1);
    assert_ptr_equal(out->view.cells[0], in->view.cells[1]);
    assert_int_equal(in->view.column_count, 2);
    assert_string_equal(harness_cell(in, 1, "imei"), "2");
    batch_unref(in);
    batch_unref(out);
}

static void columns_can_be_added_to_a_batch_without_any(void **state) {
    struct filling filling;
    struct changes changes;
    sluice_error error = ERROR_INIT;
    sluice_text cell = TEXT("1");
    (void)state;
    filling_begin(&filling, 1, BATCH_BYTES, &error);
    filling.view.numbers[0] = 1;
    filling.view.row_count = 1;
    struct batch *in = filling_end(&filling);
    assert_int_equal(in->view.column_count, 0);
    changes_begin(&changes, in, &error);
    assert_int_equal(changes_set_column(&changes.view, "a", &cell, &error), 0);
    struct batch *out = changes_end(&changes, &error);
    changes_free(&changes);
    assert_string_equal(harness_cell(out, 0, "a"), "1");
    batch_unref(in);
    batch_unref(out);
}

static void a_record_does_not_grow_without_end(void **state) {
    struct batch *in = five();
    struct changes changes;
    sluice_error error = ERROR_INIT;
    const sluice_text cells[5] = {{NULL, 0}};
    char name[16];
    (void)state;
    changes_begin(&changes, in, &error);
    for (int i = 2; i < BATCH_COLUMNS; i++) {
        snprintf(name, sizeof name, "c%d", i);
        assert_int_equal(changes_set_column(&changes.view, name, cells, &error), 0);
    }
    assert_int_equal(changes_set_column(&changes.view, "one more", cells, &error), SLUICE_E_DATA);
    assert_int_equal(changes_set_column(&changes.view, "c2", cells, &error), 0);
    changes_free(&changes);
    batch_unref(in);
}

static struct batch *without(struct batch *in, const uint32_t *rows, size_t count) {
    struct changes changes;
    sluice_error error = ERROR_INIT;
    assert_int_equal(changes_begin(&changes, in, &error), 0);
    for (size_t i = 0; i < count; i++)
        changes_drop(&changes.view, rows[i], SLUICE_DROP_FILTERED);
    struct batch *out = changes_end(&changes, &error);
    assert_int_equal(changes.filtered, count);
    changes_free(&changes);
    return out;
}

static void rows_that_leave_are_not_selected(void **state) {
    struct batch *in = five();
    (void)state;
    struct batch *out = without(in, (uint32_t[]){0, 3}, 2);
    assert_int_equal(out->view.selected, 3);
    assert_int_equal(out->view.row_count, 5);
    assert_int_equal(sluice_selected(&out->view, 0), 1);
    assert_int_equal(sluice_selected(&out->view, 2), 4);
    struct batch *last = without(out, (uint32_t[]){4, 1, 2}, 3);
    assert_int_equal(last->view.selected, 0);
    assert_non_null(last->view.selection); /* none, not "all" */
    batch_unref(in);
    batch_unref(out);
    batch_unref(last);
}

/* Else a record would be counted twice, and the sums of the run would not hold. */
static void a_row_leaves_only_once(void **state) {
    struct batch *in = five();
    struct changes changes;
    sluice_error error = ERROR_INIT;
    (void)state;
    struct batch *some = without(in, (uint32_t[]){2}, 1);
    changes_begin(&changes, some, &error);
    changes_reject(&changes.view, 1, "bad", TEXT("first"));
    changes_reject(&changes.view, 1, "bad", TEXT("second"));
    changes_drop(&changes.view, 1, SLUICE_DROP_DUPLICATE);
    changes_reject(&changes.view, 2, "bad", TEXT("left with an earlier action"));
    changes_drop(&changes.view, 2, SLUICE_DROP_DUPLICATE);
    changes_reject(&changes.view, 5, "bad", TEXT("there is no such row"));
    changes_reject(&changes.view, UINT32_MAX, "bad", TEXT("nor such a one"));
    changes_drop(&changes.view, 0, SLUICE_DROP_DUPLICATE);
    changes_drop(&changes.view, 0, SLUICE_DROP_FILTERED);
    struct batch *out = changes_end(&changes, &error);
    assert_int_equal(changes.reject_count, 1);
    assert_true(text_is(changes.rejects[0].reason, "first"));
    assert_int_equal(changes.duplicates, 1);
    assert_int_equal(changes.filtered, 0);
    assert_int_equal(out->view.selected, 2);
    changes_free(&changes);
    batch_unref(in);
    batch_unref(some);
    batch_unref(out);
}

static void a_reject_keeps_copies(void **state) {
    struct batch *in = five();
    struct changes changes;
    sluice_error error = ERROR_INIT;
    char code[] = "luhn", reason[] = "wrong check digit";
    (void)state;
    changes_begin(&changes, in, &error);
    changes_reject(&changes.view, 4, code, (sluice_text){reason, sizeof reason - 1});
    changes_reject(&changes.view, 3, NULL, (sluice_text){NULL, 0});
    memset(code, 'x', 4);
    memset(reason, 'x', 4);
    struct batch *out = changes_end(&changes, &error);
    assert_int_equal(changes.rejects[0].row, 4);
    assert_string_equal(changes.rejects[0].code, "luhn");
    assert_true(text_is(changes.rejects[0].reason, "wrong check digit"));
    assert_string_equal(changes.rejects[1].code, "rejected");
    assert_null(changes.rejects[1].reason.ptr);
    changes_free(&changes);
    batch_unref(out);
    batch_unref(in);
}

static void many_rejects_fit(void **state) {
    enum { ROWS = 3000 };
    struct filling filling;
    struct changes changes;
    sluice_error error = ERROR_INIT;
    (void)state;
    filling_begin(&filling, ROWS, BATCH_BYTES, &error);
    for (uint32_t r = 0; r < ROWS; r++)
        filling.view.numbers[r] = r + 1;
    filling.view.row_count = ROWS;
    struct batch *in = filling_end(&filling);
    changes_begin(&changes, in, &error);
    for (uint32_t r = 0; r < ROWS; r++)
        changes_reject(&changes.view, ROWS - 1 - r, "x", TEXT("y"));
    struct batch *out = changes_end(&changes, &error);
    assert_int_equal(changes.reject_count, ROWS);
    assert_int_equal(changes.rejects[ROWS - 1].row, 0);
    assert_int_equal(out->view.selected, 0);
    changes_free(&changes);
    batch_unref(out);
    batch_unref(in);
}

/* A queue that is bounded by bytes must see what a batch keeps alive, not only what it added. */
static void bytes_count_the_batches_behind(void **state) {
    struct batch *in = five();
    size_t before = batch_bytes(in);
    (void)state;
    struct batch *out = without(in, (uint32_t[]){0}, 1);
    assert_true(batch_bytes(out) > before);
    struct batch *last = without(out, (uint32_t[]){1}, 1);
    assert_true(batch_bytes(last) > batch_bytes(out));
    batch_unref(in);
    batch_unref(out);
    batch_unref(last);
}

static void out_of_memory_in_a_callback_is_a_failure_at_the_end(void **state) {
    struct batch *in = five();
    struct changes changes;
    sluice_error error = ERROR_INIT;
    (void)state;
    changes_begin(&changes, in, &error);
    changes.failed = true; /* as reject and drop do, which can't say so themselves */
    assert_null(changes_end(&changes, &error));
    assert_int_equal(error.code, SLUICE_E_IO);
    changes_free(&changes);
    batch_unref(in);
}

static void a_long_line_of_batches_is_freed_without_recursion(void **state) {
    struct batch *batch = five();
    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct batch *child = batch_new();
        child->view = batch->view;
        child->parent = batch;
        batch = child;
    }
    assert_int_equal(batch_origin(batch)->view.row_count, 5);
    batch_unref(batch);
}

static void *hold_and_let_go(void *user) {
    struct batch *batch = user;
    for (int i = 0; i < 20000; i++) {
        struct batch *mine = batch_ref(batch);
        if (mine->view.row_count != 5)
            abort();
        batch_unref(mine);
    }
    batch_unref(batch);
    return NULL;
}

static void threads_share_a_batch(void **state) {
    struct batch *batch = five();
    pthread_t threads[4];
    (void)state;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hold_and_let_go, batch_ref(batch)), 0);
    batch_unref(batch);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_found_by_column),
        cmocka_unit_test(a_filling_without_rows_is_no_batch),
        cmocka_unit_test(a_filling_copies_the_names),
        cmocka_unit_test(a_filling_too_large_for_memory_fails),
        cmocka_unit_test(rows_that_the_source_refuses_are_not_selected),
        cmocka_unit_test(a_source_refuses_rows_in_order_and_once),
        cmocka_unit_test(no_change_gives_the_same_batch),
        cmocka_unit_test(a_column_is_replaced_or_added_and_the_others_are_shared),
        cmocka_unit_test(a_column_is_taken_away),
        cmocka_unit_test(columns_can_be_added_to_a_batch_without_any),
        cmocka_unit_test(a_record_does_not_grow_without_end),
        cmocka_unit_test(rows_that_leave_are_not_selected),
        cmocka_unit_test(a_row_leaves_only_once),
        cmocka_unit_test(a_reject_keeps_copies),
        cmocka_unit_test(many_rejects_fit),
        cmocka_unit_test(bytes_count_the_batches_behind),
        cmocka_unit_test(out_of_memory_in_a_callback_is_a_failure_at_the_end),
        cmocka_unit_test(a_long_line_of_batches_is_freed_without_recursion),
        cmocka_unit_test(threads_share_a_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
