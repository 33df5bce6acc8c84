#include "support.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "reader.h"
#include "shop.h"
#include "text.h"

/* ---- a source that does as the test says ------------------------------------------------------ */

static const sluice_host *host;

struct script {
    uint32_t batches, rows; /* of one column, numbered through */
    int32_t answer;         /* of the call behind the last batch; 0: SLUICE_END */
    bool silent, end_with_last, pauses;
    bool fails_with_last; /* the last batch breaks off behind its rows */
    uint32_t calls;
    uint64_t given;
};

static int32_t open_script(const sluice_host *table, sluice_self *self, const void *config, void **instance,
                           sluice_error *error) {
    struct script *script = (struct script *)config;
    (void)self;
    host = table;
    *instance = script;
    return script->batches == UINT32_MAX ? host->fail(error, SLUICE_E_NOINPUT, "no such file") : 0;
}

static int32_t read_script(void *instance, sluice_filling *out, sluice_error *error) {
    struct script *script = instance;
    static const sluice_text name = {"n", 1};
    uint32_t call = script->calls++;
    if (script->pauses && call % 2 == 0)
        return 0; /* nothing for now */
    uint32_t batch = script->pauses ? call / 2 : call;
    if (batch >= script->batches && script->answer)
        return script->silent || script->answer > 0
                   ? script->answer
                   : host->fail(error, script->answer, "row 7 can't be read");
    if (batch >= script->batches)
        return SLUICE_END;
    int32_t failed = host->columns(out, &name, 1, error);
    for (uint32_t r = 0; !failed && r < script->rows && r < out->row_limit; r++) {
        char *text = host->alloc(out->arena, 16);
        out->cells[0][r] =
            (sluice_text){text, (uint64_t)snprintf(text, 16, "%llu", (unsigned long long)++script->given)};
        out->numbers[r] = script->given;
        out->row_count = r + 1;
    }
    if (!failed && script->fails_with_last && batch + 1 == script->batches)
        return host->fail(error, SLUICE_E_DATA, "row %llu can't be read",
                          (unsigned long long)script->given + 1);
    return failed ? failed : script->end_with_last && batch + 1 == script->batches ? SLUICE_END : 0;
}

static const sluice_source scripted = {.size = sizeof scripted, .read = read_script};
static const sluice_component script_source = {.size = sizeof script_source,
                                               .kind = SLUICE_SOURCE,
                                               .name = "script",
                                               .open = open_script,
                                               .source = &scripted};
static const sluice_component form = {.size = sizeof form,
                                      .kind = SLUICE_SOURCE,
                                      .flags = SLUICE_PUSH,
                                      .name = "form",
                                      .open = open_script,
                                      .source = &scripted};

/* ---- reading it ------------------------------------------------------------------------------- */

static struct script script;
static struct component component;
static struct reader reader;
static sluice_error error;

static struct {
    unsigned batches;
    uint64_t rows, sum;
    uint64_t named;     /* batches that are of "supabase" */
    int answer;         /* of each() … */
    unsigned answer_at; /* … with this batch, from 1 */
} got;

static atomic_bool *leave; /* set when a batch has come */

static int each(void *user, struct batch *batch, sluice_error *e) {
    assert_ptr_equal(user, &got);
    got.batches++;
    got.rows += batch->view.selected;
    got.named += text_is(batch->view.file, "supabase");
    for (uint32_t i = 0; i < batch->view.selected; i++)
        got.sum += strtoull(batch->view.cells[0][i].ptr, NULL, 10);
    batch_unref(batch);
    if (leave)
        atomic_store(leave, true);
    return got.answer_at == got.batches ? fail(e, got.answer, "enough") : 0;
}

static int begin(void **state) {
    (void)state;
    log_configure(&(struct log_settings){0});
    script = (struct script){0};
    component = (struct component){.type = &script_source, .place = "source script", .config = &script};
    error = (sluice_error)ERROR_INIT;
    memset(&got, 0, sizeof got);
    return 0;
}

static int run(uint64_t limit) {
    assert_int_equal(reader_open(&reader, &component, NULL, false, &error), 0);
    reader.limit = limit;
    int result = reader_run(&reader, each, &got, &error);
    reader_close(&reader);
    return result;
}

static void a_source_is_read_to_its_end(void **state) {
    (void)state;
    script.batches = 3;
    script.rows = 10;
    assert_int_equal(run(0), 0);
    assert_int_equal(got.batches, 3);
    assert_int_equal(got.sum, 30 * 31 / 2);
    assert_int_equal(script.calls, 4);
}

static void what_the_source_gives_no_name_has_the_readers(void **state) {
    (void)state;
    script.batches = 3;
    script.rows = 10;
    assert_int_equal(reader_open(&reader, &component, NULL, false, &error), 0);
    reader.name = TEXT("supabase");
    assert_int_equal(reader_run(&reader, each, &got, &error), 0);
    reader_close(&reader);
    assert_int_equal(got.named, 3);
}

static void the_end_may_come_with_the_last_rows(void **state) {
    (void)state;
    script.batches = 3;
    script.rows = 10;
    script.end_with_last = true;
    assert_int_equal(run(0), 0);
    assert_int_equal(got.rows, 30);
    assert_int_equal(script.calls, 3);
}

static void what_came_before_a_failure_is_handed_on(void **state) {
    (void)state;
    script.batches = 3;
    script.rows = 10;
    script.fails_with_last = true;
    assert_int_equal(run(0), SLUICE_E_DATA);
    assert_string_equal(error.text, "source script: row 31 can't be read");
    assert_int_equal(got.rows, 30);
    assert_int_equal(script.calls, 3);
}

static void a_failure_of_a_source_that_is_left_is_none(void **state) {
    static atomic_bool abandon;
    (void)state;
    script.batches = 1;
    script.rows = 10;
    script.fails_with_last = true;
    assert_int_equal(reader_open(&reader, &component, NULL, false, &error), 0);
    reader.abandon = &abandon;
    leave = &abandon;
    assert_int_equal(reader_run(&reader, each, &got, &error), 0);
    assert_int_equal(got.rows, 10);
    leave = NULL;
    reader_close(&reader);
}

static void an_empty_source_is_no_failure(void **state) {
    (void)state;
    assert_int_equal(run(0), 0);
    assert_int_equal(got.batches, 0);
}

static void nothing_for_now_is_no_end(void **state) {
    (void)state;
    script.batches = 2;
    script.rows = 5;
    script.pauses = true;
    assert_int_equal(run(0), 0);
    assert_int_equal(got.rows, 10);
}

static void no_more_is_read_than_the_limit(void **state) {
    static const struct {
        uint64_t limit, rows;
        unsigned calls;
        bool limited; /* of 30 that end without a word, nobody knows that these were all */
    } cases[] = {{1, 1, 1, true},   {10, 10, 1, true}, {11, 11, 2, true},
                 {25, 25, 3, true}, {30, 30, 3, true}, {31, 30, 4, false}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin(NULL);
        script.batches = 3;
        script.rows = 10;
        assert_int_equal(run(cases[i].limit), 0);
        assert_int_equal(got.rows, cases[i].rows);
        assert_int_equal(script.calls, cases[i].calls);
        assert_int_equal(reader.limited, cases[i].limited);
        assert_int_equal(got.sum, cases[i].rows * (cases[i].rows + 1) / 2); /* the first ones */
    }
}

static void check_failure(int32_t answer, bool silent, int32_t code, const char *text) {
    begin(NULL);
    script.batches = 2;
    script.rows = 10;
    script.answer = answer;
    script.silent = silent;
    assert_int_equal(run(0), code);
    assert_int_equal(error.code, code);
    assert_non_null(strstr(error.text, "source script: "));
    assert_non_null(strstr(error.text, text));
    assert_int_equal(got.rows, 20);
}

/* A source that fails without a word must not look like one that has ended. */
static void a_failure_is_never_an_end(void **state) {
    (void)state;
    check_failure(SLUICE_E_IO, false, SLUICE_E_IO, "row 7 can't be read");
    check_failure(SLUICE_E_IO, true, SLUICE_E_IO, "read()");
    check_failure(-1, true, SLUICE_E_PLUGIN, "read() answered -1");
    check_failure(2, true, SLUICE_E_PLUGIN, "read() answered 2");
}

static void what_takes_the_batches_may_end_the_reading(void **state) {
    (void)state;
    script.batches = 5;
    script.rows = 10;
    got.answer = SLUICE_E_DATA;
    got.answer_at = 2;
    assert_int_equal(run(0), SLUICE_E_DATA);
    assert_string_equal(error.text, "enough");
    assert_int_equal(got.batches, 2);
}

static void an_abandoned_source_is_read_no_further(void **state) {
    atomic_bool abandon = true;
    (void)state;
    script.batches = 5;
    script.rows = 10;
    assert_int_equal(reader_open(&reader, &component, NULL, false, &error), 0);
    reader.abandon = &abandon;
    assert_int_equal(reader_run(&reader, each, &got, &error), 0);
    assert_int_equal(script.calls, 0);
    reader_close(&reader);
}

static void a_source_that_does_not_open_names_its_place(void **state) {
    (void)state;
    script.batches = UINT32_MAX;
    assert_int_equal(reader_open(&reader, &component, NULL, false, &error), SLUICE_E_NOINPUT);
    assert_string_equal(error.text, "source script: no such file");
    reader_close(&reader);
}

static void a_source_that_waits_for_people_needs_the_service(void **state) {
    (void)state;
    component.type = &form;
    assert_int_equal(run(0), SLUICE_E_CONFIG);
    assert_non_null(strstr(error.text, "the service only"));
}

/* ---- pages ------------------------------------------------------------------------------------ */

static struct shop shop;

static bool page(struct shop *from, const char *body, char *out, size_t room) {
    const char *cookie = strstr(body, "cookie=");
    unsigned number = cookie ? (unsigned)(cookie[7] - '0') : 0;
    size_t used = 0;
    (void)from;
    for (unsigned i = 1; i <= 10; i++)
        used += (size_t)snprintf(out + used, room - used, "record %u|b\n", number * 10 + i);
    if (number < 4)
        snprintf(out + used, room - used, "more %u\n", number + 1);
    return true;
}

static int begin_pages(void **state) {
    begin(state);
    shop_open(&shop);
    shop_behave(&shop, page, HTTP_KEEP, NULL);
    component = (struct component){.type = &shop_pages,
                                   .place = "source pages",
                                   .config = &shop,
                                   .limits = {.concurrency = 1, .connect_ms = 5000, .timeout_ms = 5000}};
    return 0;
}

static int end_pages(void **state) {
    (void)state;
    shop_close(&shop);
    return 0;
}

static void pages_become_batches(void **state) {
    (void)state;
    assert_int_equal(reader_open(&reader, &component, NULL, false, &error), 0);
    reader.row_limit = 20;
    reader.name = TEXT("supabase");
    assert_int_equal(reader_run(&reader, each, &got, &error), 0);
    reader_close(&reader);
    assert_int_equal(got.batches, 3);
    assert_int_equal(got.named, 3);
    assert_int_equal(got.rows, 50);
    assert_int_equal(got.sum, 50 * 51 / 2);
    assert_int_equal(shop_asked(&shop), 5);
}

static void a_source_of_pages_needs_no_callbacks_of_its_own(void **state) {
    sluice_component bare = shop_pages;
    (void)state;
    bare.source = NULL;
    component.type = &bare;
    assert_int_equal(reader_open(&reader, &component, NULL, false, &error), 0);
    assert_int_equal(reader_run(&reader, each, &got, &error), 0);
    reader_close(&reader);
    assert_int_equal(got.rows, 50);
}

static void no_more_pages_are_asked_for_than_needed(void **state) {
    (void)state;
    assert_int_equal(run(15), 0);
    assert_int_equal(got.rows, 15);
    assert_int_equal(got.sum, 15 * 16 / 2);
    assert_int_equal(shop_asked(&shop), 2);
}

static void a_failed_taker_ends_the_asking(void **state) {
    (void)state;
    got.answer = SLUICE_E_IO;
    got.answer_at = 1;
    assert_int_equal(reader_open(&reader, &component, NULL, false, &error), 0);
    reader.row_limit = 10;
    assert_int_equal(reader_run(&reader, each, &got, &error), SLUICE_E_IO);
    reader_close(&reader);
    assert_int_equal(got.batches, 1);
    assert_in_range(shop_asked(&shop), 1, 2);
}

static bool refuse(struct shop *from, const char *body, char *out, size_t room) {
    (void)from, (void)body;
    snprintf(out, room, "auth * Invalid User!\n");
    return true;
}

static void a_refused_page_names_the_place(void **state) {
    (void)state;
    shop_behave(&shop, refuse, HTTP_KEEP, NULL);
    assert_int_equal(run(0), SLUICE_E_AUTH);
    assert_non_null(strstr(error.text, "source pages: "));
    assert_non_null(strstr(error.text, "Invalid User!"));
}

static bool refuse_the_third(struct shop *from, const char *body, char *out, size_t room) {
    return strstr(body, "cookie=2") ? refuse(from, body, out, room) : page(from, body, out, room);
}

static void pages_before_a_failure_are_handed_on(void **state) {
    (void)state;
    shop_behave(&shop, refuse_the_third, HTTP_KEEP, NULL);
    assert_int_equal(run(0), SLUICE_E_AUTH);
    assert_non_null(strstr(error.text, "Invalid User!"));
    assert_int_equal(got.rows, 20);
    assert_int_equal(got.sum, 20 * 21 / 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_source_is_read_to_its_end, begin),
        cmocka_unit_test_setup(what_the_source_gives_no_name_has_the_readers, begin),
        cmocka_unit_test_setup(the_end_may_come_with_the_last_rows, begin),
        cmocka_unit_test_setup(what_came_before_a_failure_is_handed_on, begin),
        cmocka_unit_test_setup(a_failure_of_a_source_that_is_left_is_none, begin),
        cmocka_unit_test_setup(an_empty_source_is_no_failure, begin),
        cmocka_unit_test_setup(nothing_for_now_is_no_end, begin),
        cmocka_unit_test_setup(no_more_is_read_than_the_limit, begin),
        cmocka_unit_test_setup(a_failure_is_never_an_end, begin),
        cmocka_unit_test_setup(what_takes_the_batches_may_end_the_reading, begin),
        cmocka_unit_test_setup(an_abandoned_source_is_read_no_further, begin),
        cmocka_unit_test_setup(a_source_that_does_not_open_names_its_place, begin),
        cmocka_unit_test_setup(a_source_that_waits_for_people_needs_the_service, begin),
        cmocka_unit_test_setup_teardown(pages_become_batches, begin_pages, end_pages),
        cmocka_unit_test_setup_teardown(a_source_of_pages_needs_no_callbacks_of_its_own, begin_pages,
                                        end_pages),
        cmocka_unit_test_setup_teardown(no_more_pages_are_asked_for_than_needed, begin_pages, end_pages),
        cmocka_unit_test_setup_teardown(a_failed_taker_ends_the_asking, begin_pages, end_pages),
        cmocka_unit_test_setup_teardown(a_refused_page_names_the_place, begin_pages, end_pages),
        cmocka_unit_test_setup_teardown(pages_before_a_failure_are_handed_on, begin_pages, end_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
