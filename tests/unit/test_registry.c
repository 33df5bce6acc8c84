#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "registry.h"
#include "value.h"

#include <cmocka.h> /* last: it has a macro called fail */

static sluice_error error;

static int set_up(void **state) {
    *state = registry_new(getenv("SLUICE_TEST_FIXTURES"));
    error = (sluice_error)ERROR_INIT;
    return *state ? 0 : -1;
}

static int tear_down(void **state) {
    registry_free(*state);
    return 0;
}

static void assert_refused(struct registry *registry, const char *name, const char *part) {
    assert_null(registry_plugin(registry, name, &error));
    assert_int_equal(error.code, SLUICE_E_PLUGIN);
    if (!strstr(error.text, part))
        fail_msg("'%s' isn't in: %s", part, error.text);
}

static void test_a_good_plugin(void **state) {
    struct plugin *plugin = registry_plugin(*state, "sample", &error);
    assert_non_null(plugin);
    assert_string_equal(plugin->name, "sample");
    assert_string_equal(plugin->descriptor.version, "1.2");
    assert_int_equal(plugin->component_count, 7);
    assert_ptr_equal(registry_plugin(*state, "sample", &error), plugin); /* loaded once */
}

static void test_components_are_found_by_kind(void **state) {
    struct plugin *plugin = registry_plugin(*state, "sample", &error);
    assert_int_equal(plugin_component(plugin, NULL, SLUICE_SOURCE)->kind, SLUICE_SOURCE);
    assert_int_equal(plugin_component(plugin, NULL, SLUICE_SINK)->kind, SLUICE_SINK);
    assert_string_equal(plugin_component(plugin, "place", SLUICE_ACTION)->name, "place");
    assert_null(plugin_component(plugin, "place", SLUICE_SINK));
    assert_null(plugin_component(plugin, "plce", SLUICE_ACTION));
}

/* What an older plugin doesn't have reads as zero; what it has is there. */
static void test_an_older_plugin(void **state) {
    struct plugin *plugin = registry_plugin(*state, "shorter", &error);
    assert_non_null(plugin);
    const sluice_component *second = plugin_component(plugin, "second", SLUICE_ACTION);
    assert_non_null(second->action->process);
    assert_null(second->exchanger);
    assert_string_equal(second->options[1].name, "count");
    assert_string_equal(second->options[0].fallback, "old");
    assert_null(second->options[0].example);
}

/* What a newer plugin has beyond today's structs isn't looked at. */
static void test_a_newer_plugin(void **state) {
    struct plugin *plugin = registry_plugin(*state, "longer", &error);
    assert_non_null(plugin);
    assert_non_null(plugin_component(plugin, "second", SLUICE_ACTION));
    const sluice_component *first = plugin_component(plugin, "first", SLUICE_ACTION);
    assert_string_equal(first->options[1].name, "count");
    assert_string_equal(first->options[0].example, "seen");
    assert_int_equal(first->option_stride, sizeof(sluice_option));
}

static void test_refusals(void **state) {
    assert_refused(*state, "newer", "needs a sluice with plugin contract 1.60000 or later");
    assert_refused(*state, "newer", "upgrade sluice");
    assert_refused(*state, "misnamed", "it calls itself 'other'");
    assert_refused(*state, "symbolless", "it exports no sluice_plugin_v1");
    assert_refused(*state, "future", "it was built for plugin contract 2");
}

static void test_a_missing_plugin(void **state) {
    assert_null(registry_plugin(*state, "smaple", &error));
    assert_int_equal(error.code, SLUICE_E_CONFIG);
    assert_non_null(strstr(error.text, "did you mean 'sample'?"));
    assert_null(registry_plugin(*state, "nothing_like_it", &error));
    assert_non_null(strstr(error.text, "looked for nothing_like_it.so in "));
    assert_null(registry_plugin(*state, "../sample", &error));
    assert_int_equal(error.code, SLUICE_E_CONFIG);
    assert_null(registry_plugin(*state, "", &error));
}

static void test_names(void **state) {
    const char *const *names;
    size_t count = registry_names(*state, &names), found = 0;
    for (size_t i = 0; i < count; i++) {
        found += strcmp(names[i], "sample") == 0;
        if (i > 0)
            assert_true(strcmp(names[i - 1], names[i]) < 0);
    }
    assert_int_equal(found, 1);
}

static void test_probing(void **state) {
    assert_true(registry_probe(*state, "sample", &error));
    assert_false(registry_probe(*state, "crashing", &error));
    assert_non_null(strstr(error.text, "crashed while it was loaded"));
    assert_int_equal(error.code, SLUICE_E_PLUGIN);
    assert_false(registry_probe(*state, "exiting", &error));
    assert_non_null(strstr(error.text, "ended the process"));
    assert_false(registry_probe(*state, "newer", &error));
    assert_non_null(strstr(error.text, "upgrade sluice"));
    assert_false(registry_probe(*state, "no_such", &error));
    assert_int_equal(error.code, SLUICE_E_CONFIG);
}

/* The directory that is named first wins, and one that isn't there is passed over. */
static void test_path(void **state) {
    char dirs[4096];
    (void)state;
    snprintf(dirs, sizeof dirs, "/nonexistent::%s", getenv("SLUICE_TEST_FIXTURES"));
    struct registry *registry = registry_new(dirs);
    assert_non_null(registry_plugin(registry, "sample", &error));
    registry_free(registry);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_a_good_plugin),
        TEST(test_components_are_found_by_kind),
        TEST(test_an_older_plugin),
        TEST(test_a_newer_plugin),
        TEST(test_refusals),
        TEST(test_a_missing_plugin),
        TEST(test_names),
        TEST(test_probing),
        TEST(test_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
