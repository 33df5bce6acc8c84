#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "rehearsal_rows.h"
#include "text.h"

static sluice_arena arena;

/* "a=1 b=2": a record; "a=" is the empty text, "a" null. */
static void add(struct row_list *list, const char *text) {
    struct row_cell *cells = arena_array(&arena, 10, sizeof *cells);
    size_t count = 0;
    char *copy = arena_string(&arena, text), *save;
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        size_t name = strcspn(word, "=");
        cells[count].value = word[name] ? text_of(word + name + 1) : (sluice_text){NULL, 0};
        cells[count++].name = (sluice_text){word, name};
    }
    assert_true(row_list_add(list, &arena, (struct row){cells, count, 0}));
}

/* Rows with ';' between them. */
static struct row_list rows(const char *text) {
    struct row_list list = {0};
    char *copy = arena_string(&arena, text), *save;
    for (char *row = strtok_r(copy, ";", &save); row; row = strtok_r(NULL, ";", &save))
        add(&list, row);
    return list;
}

/* What is said: "" when all is as it should be. The caller frees it. */
static char *compare(const char *expected, const char *got) {
    struct row_list left = rows(expected), right = rows(got);
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    bool same = rehearsal_rows_match(out, "orders", &left, &right);
    fclose(out);
    assert_true(same == !*text);
    return text;
}

static void assert_same(const char *expected, const char *got) {
    char *text = compare(expected, got);
    assert_string_equal(text, "");
    free(text);
}

static void assert_differs(const char *expected, const char *got, const char *part) {
    char *text = compare(expected, got);
    if (!strstr(text, part))
        fail_msg("'%s' isn't in: %s", part, text);
    free(text);
}

static void only_what_is_named_counts(void **state) {
    (void)state;
    assert_same("a=1;a=2", "a=2 b=x;a=1 b=y");
    assert_same("a=1 b", "a=1");
    assert_same("a=1 b=", "a=1 b");
    assert_same("", "");
    assert_same("a=1;a=1", "a=1 b=1;a=1 b=2");
    assert_same("a=1;a=1 b=2", "a=1 b=2;a=1 b=3"); /* whichever comes first */
}

static void what_differs_is_told(void **state) {
    (void)state;
    assert_differs("a=1", "", "- {a: '1'}");
    assert_differs("", "a=1 b=2", "+ {a: '1', b: '2'}");
    assert_differs("a=1 b=2", "a=1 b=3", "~ {a: '1'}\n        b: expected '2', got '3'");
    assert_differs("a=1 b=2", "a=1", "b: expected '2', got null");
    assert_differs("a=1 b", "a=1 b=2", "b: expected null, got '2'");
    assert_differs("a=1;a=1", "a=1", "expected 2, got 1");
    assert_differs("a=1", "a=1;a=1", "+ {a: '1'}");
    assert_differs("a=\033[2J", "", "- {a: '?[2J'}");
}

static void nearest_records_are_compared(void **state) {
    (void)state;
    char *text = compare("i=1 s=x c=1;i=2 s=x c=1", "i=2 s=y c=1;i=1 s=x c=2");
    assert_non_null(strstr(text, "~ {i: '1', s: 'x'}"));
    assert_non_null(strstr(text, "~ {i: '2', c: '1'}"));
    free(text);
}

static void long_lists_are_cut(void **state) {
    char many[2000] = "";
    (void)state;
    for (int i = 0; i < 100; i++)
        snprintf(many + strlen(many), sizeof many - strlen(many), "a=%d;", i);
    assert_differs(many, "", "and 80 more");
}

static int tear_down(void **state) {
    (void)state;
    arena_free(&arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(only_what_is_named_counts, tear_down),
        cmocka_unit_test_teardown(what_differs_is_told, tear_down),
        cmocka_unit_test_teardown(nearest_records_are_compared, tear_down),
        cmocka_unit_test_teardown(long_lists_are_cut, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
