#include <time.h>

#include "support.h"

#include "reader.h"
#include "text.h"

/* ---- a source of COUNT rows that takes its time for the first ------------------------------- */

enum { COUNT = 40 };

static const sluice_host *host;
static uint64_t given;
static int64_t pause_ms, hides;
static unsigned asked;

static int32_t open_rows(const sluice_host *table, sluice_self *self, const void *config, void **instance,
                         sluice_error *error) {
    (void)self, (void)config, (void)error;
    host = table;
    *instance = &given;
    return 0;
}

static void close_rows(void *instance) {
    (void)instance;
}

static int32_t read_rows(void *instance, sluice_filling *out, sluice_error *error) {
    static const sluice_text name = {"imei", 4};
    (void)instance;
    int32_t failed = host->columns(out, &name, 1, error);
    if (failed)
        return failed;
    if (given == 0)
        nanosleep(&(struct timespec){pause_ms / 1000, pause_ms % 1000 * 1000000}, NULL);
    while (out->row_count < out->row_limit && given < COUNT) {
        out->cells[0][out->row_count] = TEXT("001001001234563");
        out->numbers[out->row_count++] = ++given;
    }
    return given == COUNT ? SLUICE_END : 0;
}

static int64_t remaining_rows(void *instance) {
    (void)instance;
    asked++;
    return hides ? -1 : (int64_t)(COUNT - given);
}

static const sluice_source source = {.size = sizeof source, .read = read_rows, .remaining = remaining_rows};
static const sluice_component rows = {.size = sizeof rows,
                                      .kind = SLUICE_SOURCE,
                                      .name = "rows",
                                      .open = open_rows,
                                      .close = close_rows,
                                      .source = &source};

/* ---- reading -------------------------------------------------------------------------------- */

struct seen {
    struct reader reader;
    atomic_uint_fast64_t total, first; /* as it was forecast at the end, and after the first batch */
    uint64_t count;
};

static int each(void *user, struct batch *batch, sluice_error *error) {
    struct seen *seen = user;
    (void)error;
    if (!seen->count)
        seen->first = atomic_load(&seen->total);
    seen->count += batch->view.row_count;
    batch_unref(batch);
    return 0;
}

static void read_all(struct seen *seen, int64_t ms, uint64_t limit) {
    static const struct component component = {.type = &rows, .place = "source rows"};
    sluice_error error = ERROR_INIT;
    *seen = (struct seen){0};
    given = asked = 0;
    pause_ms = ms;
    assert_int_equal(reader_open(&seen->reader, &component, NULL, false, &error), 0);
    seen->reader.row_limit = 10;
    seen->reader.limit = limit;
    seen->reader.total = &seen->total;
    assert_int_equal(reader_run(&seen->reader, each, seen, &error), 0);
    reader_close(&seen->reader);
}

static void a_run_that_takes_its_time_knows_how_much_is_to_come(void **state) {
    struct seen seen;
    (void)state;
    read_all(&seen, 1010, 0);
    assert_int_equal(seen.count, COUNT);
    assert_int_equal(seen.first, COUNT);
    assert_int_equal(seen.total, COUNT);
}

static void the_forecast_ends_at_the_limit(void **state) {
    struct seen seen;
    (void)state;
    read_all(&seen, 1010, 15);
    assert_int_equal(seen.count, 15);
    assert_int_equal(seen.first, 15);
}

static void a_source_may_not_know(void **state) {
    struct seen seen;
    (void)state;
    hides = 1;
    read_all(&seen, 1010, 0);
    hides = 0;
    assert_int_equal(asked, 4);
    assert_int_equal(seen.total, 0);
}

static void a_short_run_is_not_asked_about(void **state) {
    struct seen seen;
    (void)state;
    read_all(&seen, 0, 0);
    assert_int_equal(seen.count, COUNT);
    assert_int_equal(asked, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_that_takes_its_time_knows_how_much_is_to_come),
        cmocka_unit_test(the_forecast_ends_at_the_limit),
        cmocka_unit_test(a_source_may_not_know),
        cmocka_unit_test(a_short_run_is_not_asked_about),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
