#include "support.h"

#include <string.h>
#include <unistd.h>

#include "text.h"
#include "trial.h"

static struct diag diag;
static unsigned opened, closed;
static bool spending;

static int tear_down(void **state) {
    (void)state;
    diag_free(&diag);
    opened = closed = 0;
    return 0;
}

static void count_close(void *instance) {
    (void)instance;
    closed++;
}

static void try_it(int32_t (*open)(const sluice_host *host, sluice_self *self, const void *config,
                                   void **instance, sluice_error *error),
                   bool spends) {
    const sluice_component type = {
        .size = sizeof type, .kind = SLUICE_ACTION, .name = "thing", .open = open, .close = count_close};
    const struct component component = {.type = &type,
                                        .name = "shop.thing",
                                        .place = "actions[0] shop.thing",
                                        .at = {"place.yaml", 7, 5, 10},
                                        .config = "the config"};
    trial_open(&component, spends, &diag);
}

static void assert_said(enum diag_level level, const char *text) {
    assert_int_equal(diag.count, 1);
    assert_int_equal(diag.entries[0].level, level);
    assert_int_equal(diag.entries[0].at.line, 7);
    assert_int_equal(diag.entries[0].at.column, 5);
    assert_string_equal(diag.entries[0].text, text);
}

static int32_t open_well(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                         sluice_error *error) {
    (void)error;
    assert_string_equal(config, "the config");
    spending = host->spends(self);
    *instance = &opened;
    opened++;
    return 0;
}

static void test_what_is_opened_is_closed(void **state) {
    (void)state;
    try_it(open_well, true);
    assert_true(spending);
    try_it(open_well, false);
    assert_false(spending);
    assert_int_equal(opened, 2);
    assert_int_equal(closed, 2);
    assert_int_equal(diag.count, 0);
}

static int32_t open_badly(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                          sluice_error *error) {
    (void)self, (void)config, (void)instance;
    return host->fail(error, SLUICE_E_CONFIG, "length: '15' is odd; write 14");
}

static void test_a_failure_is_an_error_at_the_component(void **state) {
    (void)state;
    try_it(open_badly, false);
    assert_said(DIAG_ERROR, "action 'shop.thing': length: '15' is odd; write 14");
    assert_int_equal(diag.exit_code, 78);
    assert_int_equal(closed, 0);
}

static int32_t open_silently(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                             sluice_error *error) {
    (void)host, (void)self, (void)config, (void)instance, (void)error;
    return SLUICE_E_CONFIG;
}

static void test_a_plugin_that_doesnt_say_why(void **state) {
    (void)state;
    try_it(open_silently, false);
    assert_said(DIAG_ERROR, "action 'shop.thing': the plugin's open() answered -78 and didn't say why");
}

static int32_t open_and_warn(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                             sluice_error *error) {
    (void)config, (void)error;
    host->log(self, SLUICE_LOG_INFO, "opened");
    host->log(self, SLUICE_LOG_WARN, "%d is few", 3);
    *instance = &opened;
    return 0;
}

static void test_a_warning_has_the_place_too(void **state) {
    (void)state;
    try_it(open_and_warn, false);
    assert_said(DIAG_WARNING, "action 'shop.thing': 3 is few");
    assert_int_equal(diag.exit_code, 0);
}

static int32_t open_input(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                          sluice_error *error) {
    char byte;
    int32_t fd = -1;
    (void)config;
    assert_int_equal(host->open_input(self, TEXT("/nowhere/in.csv"), &fd, error), 0);
    assert_int_equal(read(fd, &byte, 1), 0);
    close(fd);
    assert_int_equal(host->open_input(self, TEXT("-"), &fd, error), 0);
    close(fd);
    *instance = &opened;
    return host->open_input(self, TEXT(""), &fd, error);
}

static void test_an_input_need_not_be_there(void **state) {
    (void)state;
    try_it(open_input, false);
    assert_said(DIAG_ERROR, "action 'shop.thing': the path is empty; name a file, or '-' for standard input");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_what_is_opened_is_closed, tear_down),
        cmocka_unit_test_teardown(test_a_failure_is_an_error_at_the_component, tear_down),
        cmocka_unit_test_teardown(test_a_plugin_that_doesnt_say_why, tear_down),
        cmocka_unit_test_teardown(test_a_warning_has_the_place_too, tear_down),
        cmocka_unit_test_teardown(test_an_input_need_not_be_there, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
