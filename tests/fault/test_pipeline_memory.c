/* Every allocation that reading a pipeline makes fails once. It must end in an error, never in a crash and
 * never in a pipeline of which a part is missing. The linker puts the functions below in the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "pipeline.h"
#include "secret.h"
#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

static struct diag diag;
static size_t calls, failing; /* the call that fails, from 1; 0: none */

/* The diag may lose a line of what it shows, but it counts every error. */
static bool fails(const sluice_arena *arena) {
    return arena != &diag.arena && ++calls == failing;
}

void *__real_arena_alloc(sluice_arena *arena, size_t bytes);
void *__wrap_arena_alloc(sluice_arena *arena, size_t bytes);
void *__real_arena_zalloc(sluice_arena *arena, size_t bytes);
void *__wrap_arena_zalloc(sluice_arena *arena, size_t bytes);
void *__real_arena_array(sluice_arena *arena, size_t count, size_t size);
void *__wrap_arena_array(sluice_arena *arena, size_t count, size_t size);
sluice_text __real_arena_copy(sluice_arena *arena, sluice_text text);
sluice_text __wrap_arena_copy(sluice_arena *arena, sluice_text text);
char *__real_arena_string(sluice_arena *arena, const char *s);
char *__wrap_arena_string(sluice_arena *arena, const char *s);

void *__wrap_arena_alloc(sluice_arena *arena, size_t bytes) {
    return fails(arena) ? NULL : __real_arena_alloc(arena, bytes);
}

void *__wrap_arena_zalloc(sluice_arena *arena, size_t bytes) {
    return fails(arena) ? NULL : __real_arena_zalloc(arena, bytes);
}

void *__wrap_arena_array(sluice_arena *arena, size_t count, size_t size) {
    return fails(arena) ? NULL : __real_arena_array(arena, count, size);
}

sluice_text __wrap_arena_copy(sluice_arena *arena, sluice_text text) {
    return fails(arena) && text.ptr ? (sluice_text){NULL, 0} : __real_arena_copy(arena, text);
}

char *__wrap_arena_string(sluice_arena *arena, const char *s) {
    return fails(arena) ? NULL : __real_arena_string(arena, s);
}

static const char good[] =
    "name: place\n"
    "description: all of it\n"
    "vars: {FILE: in.csv, BOTH: \"${FILE}.${FILE}\"}\n"
    "trigger: {every: 5m, timezone: UTC}\n"
    "source:\n"
    "  sample: {path: \"${BOTH}\", list: [a, \"${FILE}\"], columns: {imei: [a, b]}, key: k1234, rate: 5/s}\n"
    "actions:\n"
    "  - sample: {where: {status: [new, '']}, id: first, title: x}\n"
    "  - sample.place: {user: \"${FILE:-u}\", key: k1234, limits: {rate: 5/s}}\n"
    "sinks:\n"
    "  - sample: {path: out}\n"
    "on_reject:\n"
    "  - sample: {path: rejected}\n"
    "spend: {max_price: 0.50, currency: USD}\n"
    "state: {ledger: \"postgres://sluice@db/ledger\"}\n";

static bool load(struct registry *registry, const char *text) {
    struct vars vars = {0};
    calls = 0;
    struct pipeline *pipeline =
        pipeline_parse("place.yaml", text_of(text), PIPELINE_RUN, &vars, registry, &diag);
    bool loaded = pipeline != NULL;
    failing = 0;
    assert_true(loaded == (diag.errors == 0));
    pipeline_free(pipeline);
    diag_free(&diag);
    secret_forget_all();
    return loaded;
}

static void sweep(const char *text, size_t at_least) {
    sluice_error error = ERROR_INIT;
    struct registry *registry = registry_new(getenv("SLUICE_TEST_FIXTURES"));
    assert_non_null(registry_plugin(registry, "sample", &error));
    size_t n = 0;
    bool loaded;
    do {
        failing = ++n;
        loaded = load(registry, text);
        if (loaded && calls >= n)
            fail_msg("allocation %zu failed, and nobody noticed", n);
    } while (calls >= n);
    assert_true(loaded);
    assert_true(n > at_least);
    registry_free(registry);
}

static void test_good(void **state) {
    (void)state;
    sweep(good, 200);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_good)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
