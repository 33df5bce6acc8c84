#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "run_stores.h"
#include "text.h"

static const struct pipeline pipeline = {.name = "place"};
static struct outlet outlets[4];
static struct run run = {.pipeline = &pipeline, .outlets = outlets, .outlet_count = 4};

static int begin(void **state) {
    static const char *const names[] = {"SQLite /b.db, table orders", "", "SQLite /a.db, table orders",
                                        "SQLite /b.db, table orders"};
    (void)state;
    log_configure(&(struct log_settings){.level = SLUICE_LOG_INFO});
    for (size_t i = 0; i < 4; i++)
        outlets[i].instance.self.keeps = text_of(names[i]);
    return 0;
}

static void each_store_once_by_name(void **state) {
    const char *names[PIPELINE_LIST_MOST];
    (void)state;
    assert_int_equal(run_stores(&run, names), 2);
    assert_string_equal(names[0], "SQLite /a.db, table orders");
    assert_string_equal(names[1], "SQLite /b.db, table orders");
}

static void said(void **state) {
    (void)state;
    support_capture(2);
    run_stores_say(&run);
    char *got = support_captured(2);
    assert_string_equal(got, "sluice: info: place: writes to SQLite /a.db, table orders\n"
                             "sluice: info: place: writes to SQLite /b.db, table orders\n");
    free(got);
}

static void as_json(void **state) {
    struct json json = {0};
    (void)state;
    json_open(&json, '{');
    run_stores_json(&run, &json);
    json_close(&json, '}');
    assert_string_equal(json.text,
                        "{\"stores\":[\"SQLite /a.db, table orders\",\"SQLite /b.db, table orders\"]}");
    json_free(&json);
    run.outlet_count = 0; /* it came to nothing */
    json_open(&json, '{');
    run_stores_json(&run, &json);
    json_close(&json, '}');
    assert_string_equal(json.text, "{\"stores\":[]}");
    json_free(&json);
    run.outlet_count = 4;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_store_once_by_name),
        cmocka_unit_test(said),
        cmocka_unit_test(as_json),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}
