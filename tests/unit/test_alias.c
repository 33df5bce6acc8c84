#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "alias.h"
#include "text.h"

#include <cmocka.h>

static sluice_arena arena;
static struct diag diag;
static struct binder binder;
static struct alias alias;

static int tear_down(void **state) {
    (void)state;
    arena_free(&arena);
    diag_free(&diag);
    unsetenv("SUPABASE_URL");
    return 0;
}

static bool resolve(const char *text) {
    tear_down(NULL);
    binder = (struct binder){.mode = PIPELINE_RUN, .arena = &arena, .diag = &diag};
    return alias_resolve(&binder, yaml_parse("x.yaml", text_of(text), &arena, &diag), &alias);
}

static void test_named(void **state) {
    (void)state;
    assert_true(alias_named(TEXT("orders")));
    assert_false(alias_named(TEXT("order")));
}

static void test_by_environment(void **state) {
    (void)state;
    assert_true(resolve("status: Pending\n"));
    assert_string_equal(alias.plugin, "sqlite");
    assert_false(alias.by_environment);
    assert_true(text_is(yaml_get(alias.options, "status")->text, "Pending"));
    setenv("SUPABASE_URL", "https://ref.supabase.example", 1);
    assert_true(alias_resolve(&binder, NULL, &alias));
    assert_string_equal(alias.plugin, "supabase");
    assert_true(alias.by_environment);
    assert_null(alias.options);
}

/* What is named counts, whatever the environment says. */
static void test_by_name(void **state) {
    (void)state;
    assert_true(resolve("{store: {sqlite: {path: a.db}}, limit: 5}\n"));
    setenv("SUPABASE_URL", "https://ref.supabase.example", 1);
    assert_true(
        alias_resolve(&binder, yaml_parse("y.yaml", TEXT("store: {sqlite: }\n"), &arena, &diag), &alias));
    assert_string_equal(alias.plugin, "sqlite");
    assert_false(alias.by_environment);
    assert_true(resolve("{store: {sqlite: {path: a.db}}, limit: 5}\n"));
    assert_int_equal(alias.options->count, 2);
    assert_true(text_is(yaml_get(alias.options, "path")->text, "a.db"));
    assert_null(yaml_get(alias.options, "store"));
}

/* Of a map with a key that was refused nothing may be said to be missing. */
static void test_partial(void **state) {
    (void)state;
    assert_true(resolve("{limit: 5}\n"));
    assert_false(alias.options->partial);
    assert_true(resolve("{*x : 1, limit: 5}\n"));
    assert_true(alias.options->partial);
    assert_true(resolve("{store: {sqlite: {*x : 1}}}\n"));
    assert_true(alias.options->partial);
}

static void assert_wrong(const char *text, const char *part) {
    assert_false(resolve(text));
    assert_int_equal(diag.errors, 1);
    if (!strstr(diag.entries[0].text, part))
        fail_msg("'%s' isn't in: %s", part, diag.entries[0].text);
}

static void test_wrong(void **state) {
    (void)state;
    assert_wrong("store: sqlite\n", "'sqlite' is no store; write auto, {sqlite: {path: FILE}}");
    assert_wrong("store: {sqlit: {}}\n", "did you mean 'sqlite'?");
    assert_wrong("store: {mongo: {}}\n", "there is no store 'mongo'");
    assert_wrong("store: {sqlite: {}, supabase: {}}\n", "'store' names one store");
    assert_wrong("store: {}\n", "'store' names one store");
    assert_wrong("store: {sqlite: a.db}\n", "'sqlite' takes options, a map, not text");
    assert_wrong("store: [sqlite]\n", "is one value, not a list");
    assert_wrong("{path: a, store: {sqlite: {path: b}}}\n", "'path' is given twice");
}

#define T(name) cmocka_unit_test_teardown(name, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {T(test_named), T(test_by_environment), T(test_by_name),
                                       T(test_partial), T(test_wrong)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
