#include "support.h"

#include "batch.h"
#include "row_list.h"
#include "text.h"

static void a_batch_row_is_copied_without_its_nulls(void **state) {
    const sluice_text names[] = {TEXT("imei"), TEXT("note"), TEXT("empty")};
    sluice_text imei[] = {TEXT("1"), TEXT("2")}, note[] = {{NULL, 0}, TEXT("n")},
                empty[] = {TEXT(""), TEXT("")};
    const sluice_text *const cells[] = {imei, note, empty};
    const uint64_t numbers[] = {7, 8};
    const sluice_batch batch = {.size = sizeof batch,
                                .column_count = 3,
                                .row_count = 2,
                                .selected = 2,
                                .names = names,
                                .cells = cells,
                                .numbers = numbers};
    struct row_list list = {0};
    sluice_arena arena = {0};
    (void)state;
    assert_true(row_list_take(&list, &arena, &batch, 0));
    assert_true(row_list_take(&list, &arena, &batch, 1));
    imei[0] = TEXT("changed");
    assert_int_equal(list.count, 2);
    assert_int_equal(list.items[0].count, 2);
    assert_int_equal(list.items[1].number, 8);
    assert_true(text_is(row_value(&list.items[0], TEXT("imei")), "1"));
    assert_null(row_value(&list.items[0], TEXT("note")).ptr);
    assert_non_null(row_value(&list.items[0], TEXT("empty")).ptr);
    assert_null(row_value(&list.items[0], TEXT("other")).ptr);
    arena_free(&arena);
}

static void names_come_once_and_rows_are_numbered(void **state) {
    static const struct row_cell one[] = {{TEXT("a"), TEXT("1")}, {TEXT("b"), TEXT("2")}};
    static const struct row_cell two[] = {{TEXT("c"), TEXT("3")}, {TEXT("a"), TEXT("4")}};
    struct row_list list = {0};
    sluice_arena arena = {0};
    sluice_texts names;
    (void)state;
    for (int i = 0; i < 50; i++)
        assert_true(row_list_add(&list, &arena, (struct row){i % 2 ? two : one, 2, 0}));
    assert_true(row_list_names(&list, &arena, &names));
    assert_int_equal(names.count, 3);
    assert_true(text_is(names.items[0], "a"));
    assert_true(text_is(names.items[2], "c"));
    assert_int_equal(list.items[49].number, 50);
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_row_is_copied_without_its_nulls),
        cmocka_unit_test(names_come_once_and_rows_are_numbered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
