#include "support.h"

#include "checked.h"
#include "text.h"

static struct checked checked;

static int begin(void **state) {
    (void)state;
    checked_init(&checked);
    return 0;
}

static int end(void **state) {
    (void)state;
    checked_free(&checked);
    return 0;
}

static void add(unsigned times, const char *before, const char *now) {
    while (times--)
        checked_add(&checked, text_of(before), now ? text_of(now) : (sluice_text){NULL, 0});
}

static void check(const char *text, const char *json) {
    char out[512];
    struct json written = {0};
    checked_text(&checked, out, sizeof out);
    assert_string_equal(out, text);
    json_open(&written, '{');
    checked_json(&checked, &written);
    json_close(&written, '}');
    assert_false(written.failed);
    assert_string_equal(written.text, json);
    json_free(&written);
}

static void nothing_was_asked_about(void **state) {
    (void)state;
    check("", "{}");
}

static void what_changed_comes_first(void **state) {
    (void)state;
    add(2, "Pending", "Rejected");
    add(1500, "Pending", "Completed");
    add(38, "In Process", "Completed");
    add(20, "Pending", "Pending");
    add(3, "in process", "In Process");
    add(4, "Pending", NULL);
    add(1, "Pending", "In Process");
    check("1,538 completed, 1 in process, 2 rejected, 4 without news, 3 still in process, 20 still pending",
          "{\"checked\":1568,\"changed\":{\"Completed\":1538,\"In Process\":1,\"Rejected\":2},"
          "\"unchanged\":{\"In Process\":3,\"Pending\":20},\"without_news\":4}");
}

static void no_change_is_said(void **state) {
    (void)state;
    add(7, "Pending", "Pending");
    check("0 changed, 0 without news, 7 still pending",
          "{\"checked\":7,\"changed\":{},\"unchanged\":{\"Pending\":7},\"without_news\":0}");
}

/* An older system may have left the status empty. */
static void a_first_status_is_a_change(void **state) {
    (void)state;
    add(1, "", "Pending");
    check("1 pending, 0 without news",
          "{\"checked\":1,\"changed\":{\"Pending\":1},\"unchanged\":{},\"without_news\":0}");
}

static void more_statuses_than_there_is_room_for(void **state) {
    char name[2] = "a";
    (void)state;
    for (int i = 0; i < 20; i++, name[0]++)
        add(1, "Pending", name);
    assert_int_equal(checked.count, CHECKED_STATUSES);
    assert_int_equal(checked.without_news, 20 - CHECKED_STATUSES);
    assert_int_equal(checked.total, 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_was_asked_about, begin, end),
        cmocka_unit_test_setup_teardown(what_changed_comes_first, begin, end),
        cmocka_unit_test_setup_teardown(no_change_is_said, begin, end),
        cmocka_unit_test_setup_teardown(a_first_status_is_a_change, begin, end),
        cmocka_unit_test_setup_teardown(more_statuses_than_there_is_room_for, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
