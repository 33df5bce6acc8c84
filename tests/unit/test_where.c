#include "support.h"

#include "../plugins/harness.h"
#include "text.h"
#include "where.h"

static const sluice_text blue_red[] = {{"blue", sizeof "blue" - 1}, {"red", sizeof "red" - 1}};
static const sluice_text nothing[] = {{"", sizeof "" - 1}};
static const sluice_text small[] = {{"S", sizeof "S" - 1}};

static const struct where by_color = {{"color", sizeof "color" - 1}, {blue_red, 2}};
static const struct where by_no_color = {{"color", sizeof "color" - 1}, {nothing, 1}};
static const struct where by_size = {{"size", sizeof "size" - 1}, {small, 1}};
static const struct where by_missing = {{"missing", sizeof "missing" - 1}, {small, 1}};
static const struct where by_missing_empty = {{"missing", sizeof "missing" - 1}, {nothing, 1}};

static struct batch *shirts(void) {
    return harness_batch(
        (const char *const[]){"color|size", "blue|S", "red|M", "Blue|S", "~|S", "|M", "red|S", NULL});
}

/* "0 2 5": the rows of a selection. */
static const char *rows(const struct batch *batch) {
    static char out[100];
    size_t used = 0;
    out[0] = 0;
    for (uint32_t i = 0; i < batch->view.selected; i++)
        used += (size_t)snprintf(out + used, sizeof out - used, "%s%u", i ? " " : "",
                                 sluice_selected(&batch->view, i));
    return out;
}

static void check(const struct where *where, size_t count, bool match, const char *expected) {
    struct batch *in = shirts();
    sluice_error error = ERROR_INIT;
    struct batch *out = where_select(in, where, count, match, &error);
    assert_non_null(out);
    assert_string_equal(rows(out), expected);
    batch_unref(in); /* what was selected keeps it alive */
    for (uint32_t i = 0; i < out->view.selected; i++)
        assert_non_null(harness_cell(out, sluice_selected(&out->view, i), "size"));
    batch_unref(out);
}

static void text_matches_exactly(void **state) {
    (void)state;
    check(&by_color, 1, true, "0 1 5");
    check(&by_color, 1, false, "2 3 4");
}

static void null_equals_empty(void **state) {
    (void)state;
    check(&by_no_color, 1, true, "3 4");
    check(&by_missing_empty, 1, true, "0 1 2 3 4 5");
    check(&by_missing, 1, true, "");
    check(&by_missing, 1, false, "0 1 2 3 4 5");
}

static void all_keys_must_match(void **state) {
    const struct where both[] = {by_color, by_size};
    (void)state;
    check(both, 2, true, "0 5");
    check(both, 2, false, "1 2 3 4");
    check(NULL, 0, true, "0 1 2 3 4 5");
    check(NULL, 0, false, "");
}

static void a_selection_is_narrowed_further(void **state) {
    struct batch *in = shirts();
    sluice_error error = ERROR_INIT;
    (void)state;
    struct batch *some = where_select(in, &by_color, 1, true, &error);
    struct batch *fewer = where_select(some, &by_size, 1, true, &error);
    assert_string_equal(rows(fewer), "0 5");
    struct batch *none = where_select(fewer, &by_no_color, 1, true, &error);
    assert_string_equal(rows(none), "");
    struct batch *still_none = where_select(none, &by_no_color, 1, true, &error);
    assert_int_equal(still_none->view.selected, 0);
    batch_unref(in);
    batch_unref(some);
    batch_unref(fewer);
    batch_unref(none);
    batch_unref(still_none);
}

static void a_batch_that_matches_whole_is_not_copied(void **state) {
    struct batch *in = shirts();
    sluice_error error = ERROR_INIT;
    (void)state;
    struct batch *out = where_select(in, &by_missing_empty, 1, true, &error);
    assert_ptr_equal(out, in);
    batch_unref(out);
    out = where_select(in, NULL, 0, true, &error);
    assert_ptr_equal(out, in);
    batch_unref(out);
    batch_unref(in);
}

static void rows_with_a_value(void **state) {
    struct batch *in = shirts();
    sluice_error error = ERROR_INIT;
    (void)state;
    struct batch *out = where_has(in, "color", &error);
    assert_string_equal(rows(out), "0 1 2 5");
    batch_unref(out);
    out = where_has(in, "missing", &error);
    assert_string_equal(rows(out), "");
    batch_unref(out);
    batch_unref(in);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_matches_exactly),
        cmocka_unit_test(null_equals_empty),
        cmocka_unit_test(all_keys_must_match),
        cmocka_unit_test(a_selection_is_narrowed_further),
        cmocka_unit_test(a_batch_that_matches_whole_is_not_copied),
        cmocka_unit_test(rows_with_a_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
