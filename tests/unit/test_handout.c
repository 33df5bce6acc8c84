#include "handout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

static const sluice_text names[] = {TEXT("number"), TEXT("price"), TEXT("word")};

struct heard {
    char text[8192];
    uint32_t rows, most; /* most: 0: all */
};

static int32_t hear(void *user, const sluice_row *row) {
    struct heard *heard = user;
    size_t used = strlen(heard->text);
    for (uint32_t c = 0; c < row->batch->column_count; c++) {
        sluice_text value = row->batch->cells[c][row->row];
        used += (size_t)snprintf(heard->text + used, sizeof heard->text - used, "%.*s=%.*s ",
                                 TEXT_ARG(row->batch->names[c]), TEXT_ARG(value.ptr ? value : TEXT("null")));
    }
    return ++heard->rows == heard->most;
}

static struct handout to(struct heard *heard, uint64_t limit) {
    sluice_query asked = {.size = sizeof asked, .limit = limit};
    return handout_to(&asked, hear, heard);
}

static void fill(struct handout_page *page, int64_t first, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        sluice_text *row = handout_page_add(page);
        assert_non_null(row);
        row[0] = handout_number(page, first + i);
    }
}

static void values_are_copied(void **state) {
    struct heard heard = {.most = 0};
    struct handout out = to(&heard, 0);
    struct handout_page page = {.names = names, .columns = 3};
    sluice_error error = ERROR_INIT;
    char word[] = "one";
    (void)state;
    sluice_text *row = handout_page_add(&page);
    row[0] = handout_number(&page, -7);
    row[1] = handout_money(&page, 80000);
    row[2] = handout_string(&page, word);
    row = handout_page_add(&page);
    row[0] = handout_time(&page, 0);
    row[1] = handout_money(&page, MONEY_NONE);
    row[2] = handout_string(&page, NULL);
    strcpy(word, "two");
    assert_int_equal(handout_give_page(&out, &page, &error), 0);
    assert_string_equal(heard.text, "number=-7 price=0.08 word=one number=null price=null word=null ");
    assert_int_equal(page.count, 0);
}

static void a_page_ends(void **state) {
    struct heard heard = {.most = 0};
    struct handout out = to(&heard, HANDOUT_PAGE + 10);
    struct handout_page page = {.names = names, .columns = 1};
    sluice_error error = ERROR_INIT;
    (void)state;
    assert_int_equal(handout_page_rows(&out), HANDOUT_PAGE);
    fill(&page, 1, HANDOUT_PAGE);
    assert_null(handout_page_add(&page));
    heard.most = 1000000;
    assert_int_equal(handout_give_page(&out, &page, &error), 0);
    assert_true(handout_wants_more(&out));
    assert_int_equal(handout_page_rows(&out), 10);
    memset(heard.text, 0, sizeof heard.text);
    fill(&page, 1000, 20);
    assert_int_equal(handout_give_page(&out, &page, &error), 0);
    assert_int_equal(heard.rows, HANDOUT_PAGE + 10);
    assert_false(handout_wants_more(&out));
}

static void whoever_has_enough_gets_no_more(void **state) {
    struct heard heard = {.most = 3};
    struct handout out = to(&heard, 0);
    struct handout_page page = {.names = names, .columns = 1};
    sluice_error error = ERROR_INIT;
    (void)state;
    fill(&page, 1, 10);
    assert_int_equal(handout_give_page(&out, &page, &error), 0);
    assert_int_equal(heard.rows, 3);
    assert_false(handout_wants_more(&out));
}

static void nothing_is_given_after_a_failure(void **state) {
    struct heard heard = {.most = 0};
    struct handout out = to(&heard, 0);
    struct handout_page page = {.names = names, .columns = 1};
    sluice_error error = ERROR_INIT;
    (void)state;
    fill(&page, 1, 10);
    assert_int_equal(handout_end_page(&out, &page, SLUICE_E_IO, &error), SLUICE_E_IO);
    assert_int_equal(heard.rows, 0);
    fill(&page, 1, 2);
    page.failed = true;
    assert_int_equal(handout_end_page(&out, &page, 0, &error), SLUICE_E_IO);
    assert_int_equal(heard.rows, 0);
    assert_string_equal(error.text, "out of memory");
}

static void conditions(void **state) {
    const sluice_text two[] = {TEXT("Pending"), TEXT("Completed")}, no[] = {TEXT("0")}, yes[] = {TEXT("1")};
    const sluice_pair where[] = {{TEXT("status"), {two, 2}},
                                 {TEXT("fresh"), {yes, 1}},
                                 {TEXT("repeat"), {no, 1}},
                                 {TEXT("imei"), {NULL, 0}}};
    const sluice_query asked = {.size = sizeof asked, .kind = 1, .where = {where, 4}};
    static const char *const known[] = {"imei", "repeat", "fresh", "status", NULL};
    sluice_error error = ERROR_INIT;
    (void)state;
    assert_int_equal(query_values(&asked, "status").count, 2);
    assert_true(text_is(query_value(&asked, "status"), "Pending"));
    assert_null(query_value(&asked, "imei").ptr);
    assert_null(query_value(&asked, "text").ptr);
    assert_true(query_flag(&asked, "fresh"));
    assert_false(query_flag(&asked, "repeat"));
    assert_false(query_flag(&asked, "stat"));
    assert_int_equal(query_check(&asked, known, &error), 0);
    assert_int_equal(query_check(&asked, known + 1, &error), SLUICE_E_PLUGIN);
    assert_string_equal(error.text, "a query of kind 1 has no condition 'imei'");
    assert_int_equal(query_number(TEXT("9223372036854775807")), INT64_MAX);
    assert_int_equal(query_number(TEXT("12x")), 12);
    assert_int_equal(query_number((sluice_text){0}), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_copied),
        cmocka_unit_test(a_page_ends),
        cmocka_unit_test(whoever_has_enough_gets_no_more),
        cmocka_unit_test(nothing_is_given_after_a_failure),
        cmocka_unit_test(conditions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
