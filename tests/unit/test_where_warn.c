#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "../plugins/harness.h"
#include "log.h"
#include "text.h"
#include "where_warn.h"

static const sluice_text pending[] = {{"Pending", 7}};
static struct where conditions[] = {{.field = {"status", 6}, .values = {pending, 1}},
                                    {.field = {"colour", 6}, .values = {pending, 1}}};

/* What is said of these columns by a component with so many conditions. */
static char *said(const char *columns, size_t count, bool *done) {
    const struct component component = {.place = "sinks[0] csv", .where = conditions, .where_count = count};
    struct batch *batch = harness_batch((const char *const[]){columns, "1|2", NULL});
    log_configure(&(struct log_settings){.level = SLUICE_LOG_WARN});
    support_capture(2);
    where_warn(&component, &batch->view, done);
    batch_unref(batch);
    return support_captured(2);
}

static void check(const char *columns, size_t count, bool *done, const char *expected) {
    char *got = said(columns, count, done);
    assert_string_equal(got, expected);
    free(got);
}

static void a_field_that_never_comes_is_named_once(void **state) {
    bool done = false;
    (void)state;
    check("imei|status", 2, &done,
          "sluice: warning: sinks[0] csv: where: the records have no field 'colour': it counts as empty\n");
    assert_true(done);
    check("imei|status", 2, &done, "");
}

/* Only the first records are looked at: where they have the field, nothing is said of later ones. */
static void a_field_that_is_there_is_no_news(void **state) {
    bool done = false;
    (void)state;
    check("imei|status", 1, &done, "");
    assert_true(done);
    check("imei|note", 1, &done, "");
}

static void without_a_condition_nothing_is_missing(void **state) {
    bool done = false;
    (void)state;
    check("imei|note", 0, &done, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_field_that_never_comes_is_named_once),
        cmocka_unit_test(a_field_that_is_there_is_no_news),
        cmocka_unit_test(without_a_condition_nothing_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
