#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../plugins/harness.h"
#include "packer.h"
#include "text.h"

enum { KEPT = 64 };

struct shelf {
    struct batch *batches[KEPT];
    int64_t versions[KEPT];
    size_t count;
    const struct packer *packer;
};

static void keep(void *user, struct batch *batch) {
    struct shelf *shelf = user;
    assert_true(shelf->count < KEPT);
    shelf->versions[shelf->count] = shelf->packer->version;
    shelf->batches[shelf->count++] = batch;
}

static void begin(struct packer *packer, struct shelf *shelf, uint32_t rows) {
    *shelf = (struct shelf){.packer = packer};
    *packer = (struct packer){.row_limit = rows, .full = keep, .user = shelf};
}

static void end(struct packer *packer, struct shelf *shelf) {
    packer_free(packer);
    for (size_t i = 0; i < shelf->count; i++)
        batch_unref(shelf->batches[i]);
}

#define TEXTS(...) ((const sluice_text[]){__VA_ARGS__})

static int add(struct packer *packer, const char *imei, uint64_t number, int64_t version) {
    sluice_error error = ERROR_INIT;
    struct packer_record record = {.names = TEXTS(TEXT("imei")),
                                   .values = &(sluice_text){imei, imei ? strlen(imei) : 0},
                                   .count = 1,
                                   .number = number,
                                   .version = version,
                                   .file = TEXT("a.csv")};
    return packer_add(packer, &record, &error);
}

static void a_full_batch_leaves(void **state) {
    struct packer packer;
    struct shelf shelf;
    (void)state;
    begin(&packer, &shelf, 3);
    for (uint64_t i = 1; i <= 7; i++)
        assert_int_equal(add(&packer, i == 2 ? NULL : "x", i, (int64_t)i * 10), 0);
    assert_int_equal(shelf.count, 2);
    assert_int_equal(packer_rows(&packer), 1);
    assert_int_equal(shelf.versions[0], 30); /* of the last record in it: what a cursor moves to */
    assert_int_equal(shelf.versions[1], 60);
    packer_flush(&packer);
    assert_int_equal(shelf.versions[2], 70);
    assert_int_equal(packer_rows(&packer), 0);
    packer_flush(&packer); /* nothing is in it: nothing leaves */
    assert_int_equal(shelf.count, 3);
    assert_int_equal(shelf.batches[0]->view.row_count, 3);
    assert_int_equal(shelf.batches[1]->view.numbers[2], 6);
    assert_string_equal(harness_cell(shelf.batches[0], 1, "imei"), "(null)");
    assert_true(text_is(shelf.batches[2]->view.file, "a.csv"));
    end(&packer, &shelf);
}

static void an_added_column_goes_over_its_namesake(void **state) {
    struct packer packer;
    struct shelf shelf;
    sluice_error error = ERROR_INIT;
    struct packer_record record = {.names = TEXTS(TEXT("imei"), TEXT("status"), TEXT("note")),
                                   .values = TEXTS(TEXT("1"), TEXT("new"), TEXT("n")),
                                   .count = 3,
                                   .added_names = TEXTS(TEXT("order_id"), TEXT("status"), TEXT("price")),
                                   .added_values = TEXTS(TEXT("77"), {NULL, 0}, TEXT("0.08")),
                                   .added_count = 3,
                                   .number = 5};
    (void)state;
    begin(&packer, &shelf, 10);
    assert_int_equal(packer_add(&packer, &record, &error), 0);
    packer_flush(&packer);
    const struct batch *batch = shelf.batches[0];
    assert_int_equal(batch->view.column_count, 5);
    assert_true(text_is(batch->view.names[1], "status"));
    assert_true(text_is(batch->view.names[3], "order_id"));
    assert_true(text_is(batch->view.names[4], "price"));
    assert_string_equal(harness_cell(batch, 0, "status"), "new"); /* null leaves what is there */
    assert_string_equal(harness_cell(batch, 0, "order_id"), "77");
    assert_string_equal(harness_cell(batch, 0, "note"), "n");
    end(&packer, &shelf);
}

static void the_record_is_copied(void **state) {
    struct packer packer;
    struct shelf shelf;
    sluice_error error = ERROR_INIT;
    char name[] = "imei", value[] = "123", file[] = "f.csv", extra[] = "x";
    struct packer_record record = {.names = &(sluice_text){name, 4},
                                   .values = &(sluice_text){value, 3},
                                   .count = 1,
                                   .added_names = TEXTS(TEXT("y")),
                                   .added_values = &(sluice_text){extra, 1},
                                   .added_count = 1,
                                   .file = {file, 5}};
    (void)state;
    begin(&packer, &shelf, 10);
    assert_int_equal(packer_add(&packer, &record, &error), 0);
    memset(name, '?', 4);
    memset(value, '?', 3);
    memset(file, '?', 5);
    extra[0] = '?';
    packer_flush(&packer);
    assert_string_equal(harness_cell(shelf.batches[0], 0, "imei"), "123");
    assert_string_equal(harness_cell(shelf.batches[0], 0, "y"), "x");
    assert_true(text_is(shelf.batches[0]->view.file, "f.csv"));
    end(&packer, &shelf);
}

static void other_names_or_another_file_begin_another_batch(void **state) {
    struct packer packer;
    struct shelf shelf;
    sluice_error error = ERROR_INIT;
    const struct packer_record records[] = {
        {.names = TEXTS(TEXT("a"), TEXT("b")),
         .values = TEXTS(TEXT("1"), TEXT("2")),
         .count = 2,
         .version = 1},
        {.names = TEXTS(TEXT("b"), TEXT("a")),
         .values = TEXTS(TEXT("2"), TEXT("1")),
         .count = 2,
         .version = 2},
        {.names = TEXTS(TEXT("b")), .values = TEXTS(TEXT("2")), .count = 1, .version = 3},
        {.names = TEXTS(TEXT("b")), .values = TEXTS(TEXT("3")), .count = 1, .version = 4, .file = TEXT("x")},
        {.names = TEXTS(TEXT("b")),
         .values = TEXTS(TEXT("4")),
         .count = 1,
         .version = 5,
         .file = TEXT("x"),
         .added_names = TEXTS(TEXT("c")),
         .added_values = TEXTS(TEXT("5")),
         .added_count = 1},
        {.names = TEXTS(TEXT("b")),
         .values = TEXTS(TEXT("4")),
         .count = 1,
         .version = 6,
         .file = TEXT("x"),
         .added_names = TEXTS(TEXT("b")),
         .added_values = TEXTS(TEXT("6")),
         .added_count = 1},
        {.names = TEXTS(TEXT("b")),
         .values = TEXTS(TEXT("4")),
         .count = 1,
         .version = 7,
         .file = TEXT("x"),
         .added_names = TEXTS(TEXT("b")),
         .added_values = TEXTS(TEXT("7")),
         .added_count = 1},
    };
    static const struct {
        const char *column, *value;
        int64_t version;
    } expected[] = {{"a", "1", 1}, {"a", "1", 2}, {"b", "2", 3}, {"b", "3", 4}, {"c", "5", 5}, {"b", "6", 7}};
    (void)state;
    begin(&packer, &shelf, 10);
    for (size_t i = 0; i < sizeof records / sizeof *records; i++)
        assert_int_equal(packer_add(&packer, &records[i], &error), 0);
    packer_flush(&packer);
    assert_int_equal(shelf.count, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_string_equal(harness_cell(shelf.batches[i], 0, expected[i].column), expected[i].value);
        assert_int_equal(shelf.versions[i], expected[i].version);
    }
    assert_int_equal(shelf.batches[5]->view.row_count, 2);
    assert_string_equal(harness_cell(shelf.batches[5], 1, "b"), "7");
    end(&packer, &shelf);
}

static void too_many_columns_are_refused(void **state) {
    static sluice_text names[BATCH_COLUMNS + 1], values[BATCH_COLUMNS + 1];
    struct packer packer;
    struct shelf shelf;
    sluice_error error = ERROR_INIT;
    (void)state;
    for (size_t i = 0; i <= BATCH_COLUMNS; i++) {
        char *name = malloc(8);
        snprintf(name, 8, "c%zu", i);
        names[i] = text_of(name);
    }
    begin(&packer, &shelf, 1000);
    struct packer_record record = {.names = names, .values = values, .count = BATCH_COLUMNS + 1};
    assert_int_equal(packer_add(&packer, &record, &error), SLUICE_E_DATA);
    assert_int_equal(packer_rows(&packer), 0);
    record.count = BATCH_COLUMNS;
    record.added_count = PACKER_ADDED + 1;
    record.added_names = names;
    record.added_values = values;
    assert_int_equal(packer_add(&packer, &record, &error), SLUICE_E_DATA);
    record.added_count = 0;
    assert_int_equal(packer_add(&packer, &record, &error), 0);
    end(&packer, &shelf);
    for (size_t i = 0; i <= BATCH_COLUMNS; i++)
        free((char *)names[i].ptr);
}

/* A batch with 500 columns lays out its cells for fewer rows: neither much memory, nor a batch a row. */
static void many_columns_make_shorter_batches(void **state) {
    enum { COLUMNS = 500, ROWS = 260 };
    static char name[COLUMNS][8];
    static sluice_text names[COLUMNS], values[COLUMNS];
    struct packer packer;
    struct shelf shelf;
    sluice_error error = ERROR_INIT;
    (void)state;
    for (size_t c = 0; c < COLUMNS; c++) {
        snprintf(name[c], sizeof name[c], "c%zu", c);
        names[c] = text_of(name[c]);
        values[c] = TEXT("v");
    }
    begin(&packer, &shelf, 1000);
    struct packer_record record = {.names = names, .values = values, .count = COLUMNS};
    for (uint32_t i = 0; i < ROWS; i++)
        assert_int_equal(packer_add(&packer, &record, &error), 0);
    packer_flush(&packer);
    assert_true(shelf.count >= 2 && shelf.count < ROWS / 20);
    for (size_t i = 0; i < shelf.count; i++)
        assert_true(batch_bytes(shelf.batches[i]) < 4 * BATCH_BYTES);
    end(&packer, &shelf);
}

static void large_values_end_a_batch_early(void **state) {
    struct packer packer;
    struct shelf shelf;
    char *large = malloc(500001);
    (void)state;
    memset(large, 'x', 500000);
    large[500000] = 0;
    begin(&packer, &shelf, 1000);
    for (uint64_t i = 0; i < 12; i++)
        assert_int_equal(add(&packer, large, i, 0), 0);
    packer_flush(&packer);
    assert_true(shelf.count >= 2);
    uint32_t rows = 0;
    for (size_t i = 0; i < shelf.count; i++) {
        rows += shelf.batches[i]->view.row_count;
        assert_true(batch_bytes(shelf.batches[i]) < 4 * BATCH_BYTES);
    }
    assert_int_equal(rows, 12);
    end(&packer, &shelf);
    free(large);
}

static void what_is_not_flushed_is_freed(void **state) {
    struct packer packer;
    struct shelf shelf;
    (void)state;
    begin(&packer, &shelf, 10);
    add(&packer, "1", 1, 0);
    end(&packer, &shelf);
    assert_int_equal(shelf.count, 0);
    packer_free(&packer); /* does no harm */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_batch_leaves),
        cmocka_unit_test(an_added_column_goes_over_its_namesake),
        cmocka_unit_test(the_record_is_copied),
        cmocka_unit_test(other_names_or_another_file_begin_another_batch),
        cmocka_unit_test(too_many_columns_are_refused),
        cmocka_unit_test(many_columns_make_shorter_batches),
        cmocka_unit_test(large_values_end_a_batch_early),
        cmocka_unit_test(what_is_not_flushed_is_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
