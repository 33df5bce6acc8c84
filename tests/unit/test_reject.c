#include "support.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../plugins/harness.h"
#include "log.h"
#include "reject.h"
#include "shelf.h"
#include "text.h"

static struct shelf shelves[2];
static struct component items[2];
static struct components sinks;
static struct rejects rejects;
static struct registry *registry;
static sluice_error error;
static char dir[64], path[256];

static int begin(void **state) {
    (void)state;
    log_configure(&(struct log_settings){0});
    for (int i = 0; i < 2; i++) {
        shelf_init(&shelves[i]);
        items[i] =
            (struct component){.type = &shelf_sink, .place = "on_reject[0] shelf", .config = &shelves[i]};
    }
    sinks = (struct components){items, 2};
    error = (sluice_error)ERROR_INIT;
    support_path(path, support_dir(dir), "rejects.csv");
    registry = registry_new(getenv("SLUICE_PLUGIN_PATH"));
    return 0;
}

static int end(void **state) {
    (void)state;
    registry_free(registry);
    support_remove(dir);
    for (int i = 0; i < 2; i++)
        shelf_free(&shelves[i]);
    return 0;
}

static void open_rejects(void) {
    assert_int_equal(rejects_open(&rejects, &sinks, path, registry, NULL, false, &error), 0);
}

static struct batch *some(void) {
    struct batch *batch =
        harness_batch((const char *const[]){"imei|note", "1|a", "2|~", "3|unkeepable", NULL});
    batch->view.file = TEXT("in.csv");
    return batch;
}

static void check(struct shelf *shelf, const char *name, const char *expected) {
    char *got = shelf_column(shelf, name);
    assert_string_equal(got, expected);
    free(got);
}

static char *read_file(const char *name) {
    static char text[100000];
    FILE *file = fopen(name, "r");
    assert_non_null(file);
    size_t n = fread(text, 1, sizeof text - 1, file);
    text[n] = 0;
    fclose(file);
    return text;
}

/* Behind its header. */
static int rows_of_file(void) {
    int lines = -1;
    for (const char *at = read_file(path); (at = strchr(at, '\n')); at++)
        lines++;
    return lines;
}

static void a_record_leaves_as_it_was_read_and_says_why(void **state) {
    struct changes changes;
    const sluice_text changed[] = {TEXT("one"), TEXT("two"), TEXT("three")};
    (void)state;
    open_rejects();
    struct batch *read = some();
    changes_begin(&changes, read, &error);
    changes_set_column(&changes.view, "imei", changed, &error);
    struct batch *batch = changes_end(&changes, &error);
    changes_free(&changes);
    rejects_add(&rejects, batch, 1, "actions[0] imei", "luhn", TEXT("wrong check digit"));
    rejects_add(&rejects, batch, 0, "actions[0] imei", "empty", (sluice_text){NULL, 0});
    batch_unref(batch);
    batch_unref(read);
    assert_int_equal(rejects.count, 2);
    assert_int_equal(rejects_close(&rejects, &error), 0);
    for (int i = 0; i < 2; i++) {
        check(&shelves[i], "imei", "2 1");
        check(&shelves[i], "note", "~ a");
        check(&shelves[i], "_row", "3 2");
        check(&shelves[i], "_file", "in.csv in.csv");
        check(&shelves[i], "_step", "actions[0] imei actions[0] imei");
        check(&shelves[i], "_code", "luhn empty");
        check(&shelves[i], "_reason", "wrong check digit ~");
        assert_int_equal(shelves[i].finishes, 1);
        assert_int_equal(shelves[i].closed, 1);
    }
    assert_int_equal(rejects_close(&rejects, &error), 0); /* does no harm */
}

static void nothing_rejected_still_puts_an_empty_result_in_place(void **state) {
    (void)state;
    open_rejects();
    assert_int_equal(rejects_close(&rejects, &error), 0);
    assert_int_equal(shelves[0].finishes, 1);
    assert_int_equal(shelves[0].writes, 0);
}

static void one_dead_sink_is_a_failure_though_the_other_has_all(void **state) {
    (void)state;
    shelves[0].write_answer = SLUICE_E_IO;
    open_rejects();
    struct batch *batch = some();
    for (int i = 0; i < 600; i++)
        rejects_add(&rejects, batch, 0, "step", "code", TEXT("reason"));
    batch_unref(batch);
    assert_int_equal(rejects_close(&rejects, &error), SLUICE_E_IO);
    assert_non_null(strstr(error.text, "the shelf can't write"));
    assert_non_null(strstr(error.text, "the rejected records that it didn't keep are in "));
    assert_non_null(strstr(error.text, path));
    assert_int_equal(shelves[1].committed, 600);
    assert_int_equal(rows_of_file(), 600);
}

static void what_a_sink_has_kept_before_it_fails_is_not_kept_twice(void **state) {
    (void)state;
    sinks.count = 1;
    open_rejects();
    struct batch *batch = some();
    for (int i = 0; i < 256; i++) /* a batch of rejects */
        rejects_add(&rejects, batch, 0, "step", "code", TEXT("reason"));
    while (held_any(&rejects.held)) /* until it is committed */
        sched_yield();
    shelves[0].commit_answer = SLUICE_E_IO;
    for (int i = 0; i < 100; i++)
        rejects_add(&rejects, batch, 1, "step", "code", TEXT("reason"));
    batch_unref(batch);
    assert_int_equal(rejects_close(&rejects, &error), SLUICE_E_IO);
    assert_int_equal(rows_of_file(), 100);
    assert_true(rejects.kept_aside);
}

/* What isn't committed is held in memory: of an input that is nothing but rejects, that must not be all. */
static void a_sink_commits_while_more_are_rejected(void **state) {
    (void)state;
    sinks.count = 1;
    open_rejects();
    struct batch *batch = some();
    for (int i = 0; i < 50000; i++)
        rejects_add(&rejects, batch, 0, "step", "code", TEXT("reason"));
    batch_unref(batch);
    assert_int_equal(rejects_close(&rejects, &error), 0);
    assert_int_equal(shelves[0].committed, 50000);
    assert_true(shelves[0].commits >= 6);
}

/* After the failure they go there at once. */
static void a_file_takes_the_place_of_a_dead_sink(void **state) {
    (void)state;
    sinks.count = 1;
    shelves[0].write_answer = SLUICE_E_IO;
    support_path(path, dir, "new/rejects.csv"); /* made when it is needed */
    open_rejects();
    struct batch *batch = some();
    for (int i = 0; i < 2000; i++)
        rejects_add(&rejects, batch, 0, "step", "code", TEXT("reason"));
    batch_unref(batch);
    assert_int_equal(rejects_close(&rejects, &error), SLUICE_E_IO);
    assert_int_equal(rows_of_file(), 2000);
    assert_true(rejects.kept_aside);
}

static void a_rejected_record_that_cannot_be_kept_is_said(void **state) {
    (void)state;
    sinks.count = 1;
    open_rejects();
    log_configure(&(struct log_settings){.level = SLUICE_LOG_INFO});
    support_capture(2);
    struct batch *batch = some();
    rejects_add(&rejects, batch, 2, "step", "code", TEXT("reason"));
    batch_unref(batch);
    assert_int_equal(rejects_close(&rejects, &error), 0);
    char *text = support_captured(2);
    assert_non_null(
        strstr(text, "a rejected record (row 4) can't be kept here: there is no place for it; it goes to "));
    assert_non_null(strstr(text, path));
    free(text);
    assert_int_equal(rows_of_file(), 1);
    assert_non_null(strstr(read_file(path), "\n3,unkeepable,4,in.csv,step,code,reason\n"));
    assert_true(rejects.kept_aside);
}

/* What was opened before is stopped, closed, and has put no empty file in place of a full one. */
static void a_sink_that_does_not_open_takes_the_others_down(void **state) {
    (void)state;
    shelves[1].open_answer = SLUICE_E_CANTCREAT;
    assert_int_equal(rejects_open(&rejects, &sinks, path, registry, NULL, false, &error), SLUICE_E_CANTCREAT);
    assert_int_equal(shelves[0].opened, 1);
    assert_int_equal(shelves[0].closed, 1);
    assert_int_equal(shelves[0].finishes, 0);
    assert_int_equal(rejects_close(&rejects, &error), 0);
}

static void a_sink_that_cannot_be_written_is_refused_at_the_start(void **state) {
    (void)state;
    shelves[0].probe_answer = SLUICE_E_IO;
    assert_int_equal(rejects_open(&rejects, &sinks, path, registry, NULL, false, &error), SLUICE_E_IO);
    assert_int_equal(shelves[0].closed, 1);
    assert_int_equal(shelves[1].opened, 0);
}

static void without_on_reject_they_go_to_a_file_with_the_first_of_them(void **state) {
    (void)state;
    sinks.count = 0;
    open_rejects();
    assert_int_not_equal(access(path, F_OK), 0);
    struct batch *batch = some();
    rejects_add(&rejects, batch, 0, "actions[0] imei", "luhn", TEXT("wrong, check digit"));
    rejects_add(&rejects, batch, 1, "actions[0] imei", "luhn", TEXT("wrong"));
    batch_unref(batch);
    assert_int_equal(rejects_close(&rejects, &error), 0);
    const char *text = read_file(path);
    assert_non_null(strstr(text, "imei,note,_row,_file,_step,_code,_reason"));
    assert_non_null(strstr(text, "1,a,2,in.csv,actions[0] imei,luhn,\"wrong, check digit\""));
    assert_non_null(strstr(text, "2,,3,in.csv,actions[0] imei,luhn,wrong"));
}

static void a_file_that_cannot_be_made_is_a_failure(void **state) {
    (void)state;
    sinks.count = 0;
    support_path(path, dir, "file/rejects.csv");
    char file[256];
    support_write(support_path(file, dir, "file"), "", 0);
    open_rejects();
    struct batch *batch = some();
    for (int i = 0; i < 3; i++)
        rejects_add(&rejects, batch, 0, "step", "code", TEXT("reason"));
    batch_unref(batch);
    assert_int_equal(rejects.count, 3);
    assert_true(rejects_close(&rejects, &error) < 0);
    assert_non_null(strstr(error.text, "rejected records can't be kept"));
}

/* Nothing of a record may be missing without a word. */
static void a_record_that_is_too_wide_is_a_failure(void **state) {
    struct filling filling;
    static sluice_text names[BATCH_COLUMNS];
    (void)state;
    open_rejects();
    filling_begin(&filling, 1, BATCH_BYTES, &error);
    for (size_t i = 0; i < BATCH_COLUMNS; i++)
        names[i] = text_of(arena_printf(filling.view.arena, "c%zu", i));
    assert_int_equal(filling_columns(&filling.view, names, BATCH_COLUMNS, &error), 0);
    for (size_t i = 0; i < BATCH_COLUMNS; i++)
        filling.view.cells[i][0] = names[i];
    filling.view.numbers[0] = 1;
    filling.view.row_count = 1;
    struct batch *batch = filling_end(&filling);
    rejects_add(&rejects, batch, 0, "step", "code", TEXT("reason"));
    batch_unref(batch);
    assert_int_equal(rejects_close(&rejects, &error), SLUICE_E_DATA);
    assert_non_null(strstr(error.text, "columns"));
}

static void *add_many(void *user) {
    struct batch *batch = user;
    for (int i = 0; i < 400; i++)
        rejects_add(&rejects, batch, (uint32_t)i % 2, "step", "code", TEXT("reason"));
    return NULL;
}

static void threads_reject_together(void **state) {
    pthread_t threads[3];
    (void)state;
    open_rejects();
    struct batch *batch = some();
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_many, batch), 0);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    batch_unref(batch);
    assert_int_equal(rejects.count, 1200);
    assert_int_equal(rejects_close(&rejects, &error), 0);
    assert_int_equal(shelves[0].committed, 1200);
    assert_int_equal(shelves[1].committed, 1200);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_record_leaves_as_it_was_read_and_says_why),
        TEST(nothing_rejected_still_puts_an_empty_result_in_place),
        TEST(one_dead_sink_is_a_failure_though_the_other_has_all),
        TEST(what_a_sink_has_kept_before_it_fails_is_not_kept_twice),
        TEST(a_sink_commits_while_more_are_rejected),
        TEST(a_file_takes_the_place_of_a_dead_sink),
        TEST(a_rejected_record_that_cannot_be_kept_is_said),
        TEST(a_sink_that_does_not_open_takes_the_others_down),
        TEST(a_sink_that_cannot_be_written_is_refused_at_the_start),
        TEST(without_on_reject_they_go_to_a_file_with_the_first_of_them),
        TEST(a_file_that_cannot_be_made_is_a_failure),
        TEST(a_record_that_is_too_wide_is_a_failure),
        TEST(threads_reject_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
