#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../plugins/harness.h"
#include "log.h"
#include "remote_sink.h"
#include "shop.h"
#include "text.h"

static struct shop shop;
static struct instance instance;
static struct remote_sink sink;
static sluice_error error;
static char asked[4000]; /* the rows of each call, a space between calls */
static char refused[400];

static int begin(void **state) {
    static const struct limits limits = {.concurrency = 1, .connect_ms = 5000, .timeout_ms = 5000};
    (void)state;
    log_configure(&(struct log_settings){0});
    shop_open(&shop);
    shop.list = 4;
    error = (sluice_error)ERROR_INIT;
    asked[0] = refused[0] = 0;
    if (instance_open(&instance, &shop_sink, &shop, "sinks[0] shop.sink", NULL, false, &error))
        return -1;
    return remote_sink_open(&sink, &instance, &limits, &error);
}

static int end(void **state) {
    (void)state;
    remote_sink_close(&sink);
    instance_close(&instance);
    shop_close(&shop);
    return 0;
}

/* ---- what the service says -------------------------------------------------------------------- */

/* The rows of a call, noted; how many there are. */
static unsigned note(const char *body) {
    const char *rows = strstr(body, "&imei=");
    unsigned count = 1;
    if (!rows)
        return 0;
    snprintf(asked + strlen(asked), sizeof asked - strlen(asked), "%s ", rows + 6);
    for (; *rows; rows++)
        count += *rows == ',';
    return count;
}

static bool keeps_all(struct shop *from, const char *body, char *out, size_t room) {
    (void)from;
    note(body);
    snprintf(out, room, "kept *\n");
    return true;
}

/* It refuses the whole call, and says no more, when row 5 is among them. */
static bool refuses_five(struct shop *from, const char *body, char *out, size_t room) {
    (void)from;
    note(body);
    const char *five = strstr(body, "=5") ? "5" : strstr(body, ",5");
    snprintf(out, room, five ? "rejected * bad_value it is a five\n" : "kept *\n");
    return true;
}

static bool refuses_one_of_them(struct shop *from, const char *body, char *out, size_t room) {
    (void)from;
    note(body);
    snprintf(out, room, "kept 0\nrejected 1 - out of range\nunknown 2\nkept 3\n");
    return true;
}

static bool forgets_one(struct shop *from, const char *body, char *out, size_t room) {
    (void)from;
    note(body);
    snprintf(out, room, "kept 0\nkept 1\nkept 3\n");
    return true;
}

/* More than two rows take it too long. */
static bool takes_two(struct shop *from, const char *body, char *out, size_t room) {
    (void)from;
    snprintf(out, room, note(body) > 2 ? "later * 1 too many at once\n" : "kept *\n");
    return true;
}

static bool refuses_the_key(struct shop *from, const char *body, char *out, size_t room) {
    (void)from;
    note(body);
    snprintf(out, room, "auth * who are you\n");
    return true;
}

static bool says_nothing(struct shop *from, const char *body, char *out, size_t room) {
    (void)from, (void)room;
    note(body);
    *out = 0;
    return true;
}

/* ---- writing ---------------------------------------------------------------------------------- */

static struct batch *numbers(unsigned count) {
    static char lines[20][8];
    const char *rows[22] = {"imei"};
    for (unsigned i = 0; i < count; i++) {
        snprintf(lines[i], sizeof *lines, "%u", i + 1);
        rows[i + 1] = lines[i];
    }
    rows[count + 1] = NULL;
    return harness_batch(rows);
}

static int write_numbers(unsigned count, bool (*reply)(struct shop *, const char *, char *, size_t)) {
    struct batch *batch = numbers(count);
    struct changes changes;
    shop_behave(&shop, reply, HTTP_KEEP, NULL);
    assert_int_equal(changes_begin(&changes, batch, &error), 0);
    int failed = remote_sink_write(&sink, &batch->view, &changes.view, &error);
    for (size_t i = 0; i < changes.reject_count; i++) {
        const struct reject *reject = &changes.rejects[i];
        size_t used = strlen(refused);
        snprintf(refused + used, sizeof refused - used, "%u %s: %.*s;", reject->row + 1, reject->code,
                 TEXT_ARG(reject->reason));
    }
    if (changes.filtered)
        snprintf(refused + strlen(refused), 40, " %d passed over", (int)changes.filtered);
    changes_free(&changes);
    batch_unref(batch);
    return failed;
}

static void rows_go_out_in_calls_of_as_many_as_it_takes(void **state) {
    (void)state;
    assert_int_equal(write_numbers(10, keeps_all), 0);
    assert_string_equal(asked, "1,2,3,4 5,6,7,8 9,10 ");
    assert_string_equal(refused, "");
}

static void only_selected_rows_go_out(void **state) {
    struct batch *batch = numbers(6);
    struct changes changes;
    uint32_t selection[] = {1, 4};
    (void)state;
    shop_behave(&shop, keeps_all, HTTP_KEEP, NULL);
    assert_int_equal(changes_begin(&changes, batch, &error), 0);
    sluice_batch view = batch->view;
    view.selection = selection;
    view.selected = 2;
    assert_int_equal(remote_sink_write(&sink, &view, &changes.view, &error), 0);
    assert_string_equal(asked, "2,5 ");
    changes_free(&changes);
    batch_unref(batch);
}

static void the_odd_one_is_found_by_halves(void **state) {
    (void)state;
    assert_int_equal(write_numbers(8, refuses_five), 0);
    assert_string_equal(asked, "1,2,3,4 5,6,7,8 5,6 5 6 7,8 ");
    assert_string_equal(refused, "5 bad_value: it is a five;");
}

static void a_row_may_be_refused_by_itself(void **state) {
    (void)state;
    assert_int_equal(write_numbers(4, refuses_one_of_them), 0);
    assert_string_equal(asked, "1,2,3,4 ");
    assert_string_equal(refused, "2 -: out of range; 1 passed over");
}

/* It may be there and may not: nothing that comes after is written. */
static void a_row_that_nothing_is_said_of_is_a_failure(void **state) {
    (void)state;
    assert_int_equal(write_numbers(8, forgets_one), SLUICE_E_UNAVAILABLE);
    assert_string_equal(error.text, "the reply doesn't say that every row is kept");
    assert_string_equal(asked, "1,2,3,4 ");
}

static void what_takes_too_long_is_less_from_then_on(void **state) {
    (void)state;
    assert_int_equal(write_numbers(8, takes_two), 0);
    assert_non_null(strstr(asked, "1,2,3,4 1,2 3,4 5,6 7,8 "));
    assert_int_equal(sink.list, 2);
}

static void refused_credentials_are_a_failure(void **state) {
    (void)state;
    assert_int_equal(write_numbers(8, refuses_the_key), SLUICE_E_AUTH);
    assert_string_equal(error.text, "who are you");
    assert_string_equal(asked, "1,2,3,4 ");
}

static void a_probe_has_no_rows(void **state) {
    (void)state;
    shop_behave(&shop, keeps_all, HTTP_KEEP, NULL);
    assert_int_equal(remote_sink_probe(&sink, &error), 0);
    assert_string_equal(asked, "");
    assert_int_equal(shop.free, 1);
    shop_behave(&shop, refuses_the_key, HTTP_KEEP, NULL);
    assert_int_equal(remote_sink_probe(&sink, &error), SLUICE_E_AUTH);
}

static void an_upload_has_its_own_call(void **state) {
    (void)state;
    shop_behave(&shop, says_nothing, HTTP_KEEP, NULL);
    assert_int_equal(remote_sink_upload(&sink, &error), 0);
    assert_string_equal(asked, "");
    assert_int_equal(shop.free, 1);
    shop_behave(&shop, refuses_the_key, HTTP_KEEP, NULL);
    assert_int_equal(remote_sink_upload(&sink, &error), SLUICE_E_AUTH);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(rows_go_out_in_calls_of_as_many_as_it_takes),
        TEST(only_selected_rows_go_out),
        TEST(the_odd_one_is_found_by_halves),
        TEST(a_row_may_be_refused_by_itself),
        TEST(a_row_that_nothing_is_said_of_is_a_failure),
        TEST(what_takes_too_long_is_less_from_then_on),
        TEST(refused_credentials_are_a_failure),
        TEST(a_probe_has_no_rows),
        TEST(an_upload_has_its_own_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
