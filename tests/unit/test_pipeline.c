#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "pipeline.h"
#include "secret.h"
#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

/* The config struct of the fixture's `sample` components. */
struct config {
    sluice_text path, title, amount, address;
    uint8_t flag;
    int64_t count, wait, room, choice;
    sluice_rate rate;
    sluice_texts list;
    sluice_pairs columns;
    sluice_secret key;
};

static struct registry *registry;
static struct vars vars;
static struct diag diag;
static struct pipeline *pipeline;
static sluice_error error;

static void clear(void) {
    pipeline_free(pipeline);
    diag_free(&diag);
    pipeline = NULL;
}

static int set_up(void **state) {
    (void)state;
    unsetenv("SAMPLE_KEY");
    unsetenv("SAMPLE_USER");
    unsetenv("SUPABASE_URL");
    registry = registry_new(getenv("SLUICE_TEST_FIXTURES"));
    return registry ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    clear();
    vars_free(&vars);
    registry_free(registry);
    secret_forget_all();
    return 0;
}

static struct pipeline *load(enum pipeline_mode mode, const char *text) {
    clear();
    pipeline = pipeline_parse("dir/place.v2.yaml", text_of(text), mode, &vars, registry, &diag);
    return pipeline;
}

/* One of the messages is at line:column and has `part` in it. */
static void assert_said(enum diag_level level, unsigned line, unsigned column, const char *part) {
    for (size_t i = 0; i < diag.count; i++) {
        const struct diag_entry *entry = &diag.entries[i];
        if (entry->level == level && entry->at.line == line && entry->at.column == column &&
            strstr(entry->text, part))
            return;
    }
    diag_print(&diag, stderr, &(struct diag_look){0});
    fail_msg("nothing says '%s' at %u:%u", part, line, column);
}

static void assert_wrong(const char *text, unsigned line, unsigned column, const char *part) {
    assert_null(load(PIPELINE_RUN, text));
    assert_said(DIAG_ERROR, line, column, part);
}

#define SOURCE "source: {sample: {path: in}}\n"
#define SINKS "sinks: [{sample: {path: out}}]\n"

static void test_everything(void **state) {
    (void)state;
    setenv("SAMPLE_USER", "tester", 1);
    setenv("SAMPLE_KEY", "hunter22", 1);
    assert_non_null(load(
        PIPELINE_RUN,
        "name: place-orders\n"
        "description: all of it\n"
        "x-note: {any: [thing]}\n"
        "vars:\n"
        "  FILE: in.csv\n"
        "  BOTH: \"${FILE}.${SAMPLE_USER}\"\n"
        "trigger: {every: 5m, jitter: 10s, overlap: skip}\n"
        "source:\n"
        "  sample:\n"
        "    path: \"${BOTH}\"\n"
        "    title: 0123\n"
        "    amount: 0.50\n"
        "    address: https://sample.example\n"
        "    flag: false\n"
        "    count: 30\n"
        "    wait: 250ms\n"
        "    room: 2MiB\n"
        "    choice: luhn\n"
        "    rate: 60/min\n"
        "    list: [a, \"${FILE}\"]\n"
        "    columns: {imei: [Serial, SN], id: number}\n"
        "    key: \"${SAMPLE_KEY}\"\n"
        "actions:\n"
        "  - sample: {where: {status: [new, ''], kind: , user: \"${SAMPLE_USER}\"}, id: first}\n"
        "  - sample.place:\n"
        "      limits: {concurrency: 30, rate: 5/s, connect: 2s, timeout: 9s}\n"
        "sinks:\n"
        "  - sample: {path: out}\n"
        "  - sample.store:\n"
        "on_reject:\n"
        "  - sample: {path: rejected}\n"
        "spend: {max_price: 0.50, max_run: 50, max_day: 200.00, reserve: 10, currency: USD, confirm: false,\n"
        "        repeat_after: 30d, max_in_doubt: 5, settle_after: 20m, timezone: UTC}\n"
        "state: {ledger: \"postgres://sluice@db/ledger\"}\n"
        "tests: [{name: one}]\n"));
    assert_int_equal(diag.count, 0);
    assert_string_equal(pipeline->name, "place-orders");
    assert_string_equal(pipeline->description, "all of it");
    assert_true(pipeline->trigger.every_ms == 300000 && pipeline->trigger.jitter_ms == 10000);
    assert_null(pipeline->trigger.cron);
    assert_string_equal(pipeline->ledger.uri, "postgres://sluice@db/ledger");
    assert_int_equal(pipeline->spender, 1);
}

static void check_source(const struct config *c) {
    assert_true(text_is(c->path, "in.csv.tester"));
    assert_true(text_is(c->title, "0123"));
    assert_true(text_is(c->amount, "0.50"));
    assert_true(text_is(c->address, "https://sample.example"));
    assert_true(c->flag == 0 && c->count == 30 && c->wait == 250 && c->room == 2097152 && c->choice == 0);
    assert_true(c->rate.count == 60 && c->rate.per_ms == 60000);
    assert_true(c->list.count == 2 && text_is(c->list.items[1], "in.csv"));
    assert_int_equal(c->columns.count, 2);
    assert_true(text_is(c->columns.items[0].key, "imei") && c->columns.items[0].values.count == 2);
    assert_true(text_is(c->columns.items[1].values.items[0], "number"));
    assert_true(text_is(secret_value(c->key), "hunter22"));
}

static void test_everything_is_bound(void **state) {
    test_everything(state);
    assert_string_equal(pipeline->source.place, "source sample");
    check_source(pipeline->source.config);
    const struct component *first = &pipeline->actions.items[0], *place = &pipeline->actions.items[1];
    assert_string_equal(first->id, "first");
    assert_int_equal(first->where_count, 3);
    assert_true(text_is(first->where[0].field, "status") && first->where[0].values.count == 2);
    assert_true(first->where[1].values.count == 1 && first->where[1].values.items[0].len == 0);
    assert_true(text_is(first->where[2].values.items[0], "tester"));
    assert_string_equal(place->name, "sample.place");
    assert_string_equal(place->id, "actions[1] sample.place");
    assert_int_equal(place->at.line, 25);
    assert_true(place->limits.concurrency == 30 && place->limits.rate.count == 5);
    assert_true(place->limits.connect_ms == 2000 && place->limits.timeout_ms == 9000);
    assert_string_equal(pipeline->rejects.items[0].place, "on_reject[0] sample");
    assert_int_equal(pipeline->sinks.count, 2);
    const struct spend_rules *spend = &pipeline->spend;
    assert_true(spend->max_price == 500000 && spend->max_run == 50000000 && spend->max_day == 200000000);
    assert_true(spend->reserve == 10000000 && spend->price == MONEY_NONE && !spend->confirm);
    assert_true(spend->repeat_after_ms == 2592000000 && spend->max_in_doubt == 5 &&
                spend->settle_after_ms == 1200000);
    assert_string_equal(spend->currency, "USD");
}

static void test_defaults(void **state) {
    (void)state;
    assert_non_null(load(PIPELINE_RUN, SOURCE "actions: [{sample: }]\n" SINKS));
    assert_string_equal(pipeline->name, "place.v2");
    const struct config *c = pipeline->source.config;
    assert_true(text_is(c->title, "none"));
    assert_true(c->flag == 1 && c->count == 7 && c->wait == 5000 && c->room == 1024 && c->choice == 1);
    assert_true(c->amount.ptr == NULL && c->key.handle == 0 && c->columns.count == 0);
    assert_true(c->list.count == 1 && text_is(c->list.items[0], "one"));
    assert_true(pipeline->source.limits.concurrency == 10 && pipeline->source.limits.timeout_ms == 60000);
    const struct spend_rules *spend = &pipeline->spend;
    assert_true(spend->max_price == MONEY_NONE && spend->confirm && spend->max_in_doubt == 20);
    assert_true(spend->settle_after_ms == 600000 && spend->repeat_after_ms == 0);
    assert_string_equal(spend->timezone, "UTC");
    assert_int_equal(pipeline->spender, -1);
}

/* What a variable holds is a value, never structure; what is empty counts as not given. */
static void test_variables(void **state) {
    (void)state;
    vars_set(&vars, "PATH_IN={a: [b]}\n- c", &error);
    assert_non_null(load(
        PIPELINE_RUN, "source: {sample: {path: \"${PATH_IN}\", count: \"${NONE:-}\", title: $$5}}\n" SINKS));
    const struct config *c = pipeline->source.config;
    assert_true(text_is(c->path, "{a: [b]}\n- c"));
    assert_true(text_is(c->title, "$5"));
    assert_int_equal(c->count, 7);
    assert_wrong("source: {sample: {path: \"in/${NONE}\"}}\n" SINKS, 1, 29, "NONE is not set");
    assert_wrong("source: {sample: {path: \"${NONE:?run make demo}\"}}\n" SINKS, 1, 26,
                 "NONE is not set: run make demo");
    assert_wrong("source: {sample: {path: \"${NONE\"}}\n" SINKS, 1, 26, "no closing '}'");
    assert_wrong("source: {sample: {path: \"${A:-${B}}\"}}\n" SINKS, 1, 26, "can't stand inside another");
    assert_wrong("vars: {1A: x}\n" SOURCE SINKS, 1, 8, "a variable's name has");
    assert_wrong("source: {sample: {path: a, count: \"${N:-many}\"}}\n" SINKS, 1, 35,
                 "'many' is no whole number");
}

/* lint: what isn't set here is noted, and what depends on it isn't checked. */
static void test_lint(void **state) {
    (void)state;
    assert_non_null(load(PIPELINE_LINT, "source: {sample: {path: \"${NONE}\", count: \"${NONE}\"}}\n"
                                        "actions: [{sample.place: {}}]\n" SINKS
                                        "spend: {max_price: \"${NONE}\", timezone: \"${NONE}\"}\n"
                                        "trigger: {cron: \"${NONE}\"}\n"));
    assert_int_equal(diag.errors, 0);
    assert_int_equal(diag.notes, 7);
    assert_said(DIAG_NOTE, 1, 26, "NONE is not set");
    assert_said(DIAG_NOTE, 2, 12, "SAMPLE_KEY is not set; a run needs it for the option 'key'");
    assert_null(load(PIPELINE_LINT, "source: {sample: {}}\n" SINKS));
    assert_said(DIAG_ERROR, 1, 10,
                "source 'sample' needs the option 'path'; write it, as in 'path: records.csv'");
}

static void test_required(void **state) {
    (void)state;
    assert_wrong(SOURCE "actions: [{sample.place: {}}]\n" SINKS, 2, 12,
                 "action 'sample.place' needs the option 'user'; set SAMPLE_USER in .env or the environment");
    assert_said(DIAG_ERROR, 2, 12, "SAMPLE_KEY");
    assert_wrong("source: {sample: {path: ''}}\n" SINKS, 1, 25, "can't be empty");
    assert_wrong("source: {sample: {path: }}\n" SINKS, 1, 19, "option 'path' has no value");
}

static void test_options(void **state) {
    (void)state;
    assert_wrong("source:\n  sample:\n    path: a\n    cuont: 5\n" SINKS, 4, 5,
                 "source 'sample' has no option 'cuont'; did you mean 'count'?");
    assert_wrong("source: {sample: {path: a, zzzzz: 5}}\n" SINKS, 1, 28, "it has path, title, amount");
    assert_wrong("source: {sample: {path: [a]}}\n" SINKS, 1, 25, "option 'path' is one value, not a list");
    assert_wrong("source: {sample: {path: {a: b}}}\n" SINKS, 1, 25, "option 'path' is one value, not a map");
    assert_wrong("source: {sample: {path: a, choice: lhun}}\n" SINKS, 1, 36, "did you mean 'luhn'?");
    assert_wrong("source: {sample: {path: a, count: 31}}\n" SINKS, 1, 35, "write 1 to 30");
    assert_wrong("source: {sample: {path: a, list: [[b]]}}\n" SINKS, 1, 35, "is one value, not a list");
    assert_wrong("source: {sample: {path: a, columns: b}}\n" SINKS, 1, 37,
                 "option 'columns' is a map, not text");
    assert_wrong("source: {sample: {path: a, columns: {\"${A}\": b}}}\n" SINKS, 1, 38, "a key takes no ${…}");
    assert_wrong("source: {sample: {path: a, address: http://x.example}}\n" SINKS, 1, 37, "in the clear");
    assert_wrong(SOURCE "sinks: [{sample.store: {path: a}}]\n", 2, 25, "it has id, where");
    assert_wrong(SOURCE "sinks: [{sample.store: text}]\n", 2, 24,
                 "'sample.store' takes options, a map, not text");
}

static void test_literal_secrets(void **state) {
    (void)state;
    char *printed = NULL;
    size_t length;
    assert_non_null(load(PIPELINE_RUN, "source: {sample: {path: a, key: hunter22}}\n" SINKS));
    assert_said(DIAG_WARNING, 1, 33, "a secret stands in this file");
    FILE *out = open_memstream(&printed, &length);
    diag_print(&diag, out, &(struct diag_look){0});
    fclose(out);
    assert_null(strstr(printed, "hunter22"));
    free(printed);
    load(PIPELINE_RUN, SOURCE SINKS "state: {ledger: \"postgres://u:hunter23@h/db\"}\n");
    assert_said(DIAG_WARNING, 3, 17, "a password stands in this file");
    char line[] = "so hunter23 it is";
    assert_int_equal(secret_redact(line, strlen(line)), strlen("so *** it is"));
}

static void test_components(void **state) {
    (void)state;
    assert_wrong("source: {smaple: {}}\n" SINKS, 1, 10,
                 "there is no source 'smaple'; did you mean 'sample'?");
    assert_wrong("source: {nothing: {}}\n" SINKS, 1, 10,
                 "there is no source 'nothing'; there are letterbox, sample, orders");
    assert_wrong("source: {../x: {}}\n" SINKS, 1, 10, "there is no source '../x'");
    assert_wrong(SOURCE "sinks: [{sample.place: {}}]\n", 2, 10, "'sample.place' is an action, not a sink");
    assert_wrong(SOURCE "actions: [{orders: {}}]\n" SINKS, 2, 12,
                 "'orders' is a source and a sink, not an action");
    assert_wrong(SOURCE "actions: [{sample.plce: {}}]\n" SINKS, 2, 12, "did you mean 'sample.place'?");
    assert_wrong(SOURCE "actions: [{newer: {}}]\n" SINKS, 2, 12, "upgrade sluice");
    assert_int_equal(diag.exit_code, 76);
    assert_wrong(SOURCE "actions: [sample]\n" SINKS, 2, 11, "write 'sample: {}'");
    assert_wrong(SOURCE "actions:\n  - sample:\n    count: 5\n" SINKS, 4, 5,
                 "'count' stands beside 'sample'; indent it");
    assert_wrong(SOURCE "actions: [{}, [a]]\n" SINKS, 2, 11, "here must be one action, not an empty map");
    assert_said(DIAG_ERROR, 2, 15, "here must be one action, not a list");
    assert_wrong(SOURCE "actions: {sample: {}}\n" SINKS, 2, 10,
                 "'actions' is a list; begin each entry with '- '");
    assert_wrong("source: [{sample: {path: a}}]\n" SINKS, 1, 9, "'source' is one component, not a list");
}

static void test_the_core_s_own_options(void **state) {
    (void)state;
    assert_wrong(SOURCE "actions: [{sample: {limits: {rate: 5/s}}}]\n" SINKS, 2, 21, "talks to no service");
    assert_wrong(SOURCE "actions: [{sample.buy: {limits: 5}}]\n" SINKS, 2, 33, "'limits' is a map, not text");
    assert_wrong(SOURCE "actions: [{sample.buy: {limits: {rat: 5/s}}}]\n" SINKS, 2, 34,
                 "did you mean 'rate'?");
    assert_wrong(SOURCE "actions: [{sample: {where: {a: []}}}]\n" SINKS, 2, 32, "has no values");
    assert_wrong(SOURCE "actions: [{sample: {where: a}}]\n" SINKS, 2, 28, "'where' is a map, not text");
    assert_wrong(SOURCE "actions: [{sample: {id: 'a b'}}]\n" SINKS, 2, 25, "an id has 1 to 48 letters");
    assert_wrong(SOURCE "actions: [{sample: {id: a}}]\nsinks: [{sample: {path: b, id: a}}]\n", 3, 10,
                 "the id 'a' is taken by line 2");
    assert_wrong("source: {sample: {path: in, where: {a: b}}}\n" SINKS, 1, 29,
                 "source 'sample' has no option 'where'");
}

static void test_the_whole(void **state) {
    (void)state;
    assert_wrong("- a\n", 1, 1, "a pipeline is a map, not a list");
    assert_wrong(SINKS, 1, 1, "the pipeline has no 'source'");
    assert_wrong(SOURCE, 1, 1, "the pipeline has no sink");
    assert_wrong(SOURCE "sinks: []\n", 2, 1, "the pipeline has no sink");
    assert_wrong(SOURCE "sink: []\n", 2, 1, "a pipeline has no 'sink'; did you mean 'sinks'?");
    assert_wrong(SOURCE "processors: []\n" SINKS, 2, 1, "its keys are name, description");
    assert_wrong("name: a/b\n" SOURCE SINKS, 1, 7, "a name has 1 to 64");
    assert_wrong(SOURCE SINKS "on_reject: [{sample.store: {}}]\n", 3, 14,
                 "keeps orders, and a rejected record is none");
    assert_wrong(SOURCE "actions: [{sample.buy: }, {sample.buy: }]\n" SINKS, 2, 28,
                 "the second action that spends");
    assert_wrong(SOURCE SINKS "tests: {a: b}\n", 3, 8, "'tests' is a list");
    assert_wrong(SOURCE SINKS "tests: [a]\n", 3, 9, "a test is a map");
}

static void test_sections(void **state) {
    (void)state;
    assert_wrong(SOURCE SINKS "spend: {max_prise: 1}\n", 3, 9, "did you mean 'max_price'?");
    assert_wrong(SOURCE SINKS "spend: {max_price: $1}\n", 3, 20, "is no amount");
    assert_wrong(SOURCE SINKS "spend: {max_run: -1}\n", 3, 18, "");
    assert_wrong(SOURCE SINKS "spend: {currency: dollars}\n", 3, 19, "is no currency");
    assert_wrong(SOURCE SINKS "spend: {timezone: ../etc}\n", 3, 19, "there is no time zone");
    assert_wrong(SOURCE SINKS "spend: 5\n", 3, 8, "'spend' is a map, not text");
    assert_wrong(SOURCE SINKS "trigger: {}\n", 3, 10, "'trigger' needs 'every' or 'cron'");
    assert_wrong(SOURCE SINKS "trigger: {every: 5m, cron: 0 6 * * *}\n", 3, 22, "keep one of them");
    assert_wrong(SOURCE SINKS "trigger: {cron: 0 25 * * *}\n", 3, 17, "'25' is no hour");
    assert_wrong(SOURCE SINKS "trigger: {cron: 0 0 30 2 *}\n", 3, 17, "this time never comes");
    assert_wrong(SOURCE SINKS "trigger: {cron: daily}\n", 3, 17, "'cron' has five fields");
    assert_wrong(SOURCE SINKS "trigger: {every: 5m, overlap: queue}\n", 3, 31, "write skip");
    assert_wrong(SOURCE SINKS "state: {ledger: mysql://x}\n", 3, 17, "Postgres");
}

static void test_warnings(void **state) {
    (void)state;
    assert_non_null(load(PIPELINE_RUN, SOURCE SINKS "spend: {max_price: 1}\n"));
    assert_said(DIAG_WARNING, 3, 1, "no action here spends");
    assert_non_null(load(PIPELINE_RUN, SOURCE "actions: [{sample.buy: }]\n" SINKS));
    assert_said(DIAG_WARNING, 2, 12, "spends without a limit");
}

/* Everything at once, and nothing that only follows from something else. */
static void test_all_errors_at_once(void **state) {
    (void)state;
    assert_null(
        load(PIPELINE_RUN,
             "name: [a]\nsource: {sample: {pth: in}}\nactions:\n  - imie: {}\n  - sample: {count: x}\n"
             "sinks: [*a]\nspend: {max_rn: 1}\n"));
    assert_int_equal(diag.errors, 7);
    assert_int_equal(diag.exit_code, 78);
}

static void test_files(void **state) {
    (void)state;
    assert_null(pipeline_load("/nonexistent/place.yaml", PIPELINE_RUN, &vars, registry, &diag));
    assert_int_equal(diag.exit_code, 66);
    assert_said(DIAG_ERROR, 0, 0, "can't be read: No such file or directory");
    diag_free(&diag);
    assert_null(pipeline_load("/", PIPELINE_RUN, &vars, registry, &diag));
    assert_int_equal(diag.exit_code, 66);
    diag_free(&diag);
    assert_null(pipeline_load("/dev/zero", PIPELINE_RUN, &vars, registry, &diag));
    assert_int_equal(diag.exit_code, 78);
    assert_said(DIAG_ERROR, 0, 0, "larger than 1048576 bytes");
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(test_everything), T(test_everything_is_bound),
        T(test_defaults),   T(test_variables),
        T(test_lint),       T(test_required),
        T(test_options),    T(test_literal_secrets),
        T(test_components), T(test_the_core_s_own_options),
        T(test_the_whole),  T(test_sections),
        T(test_warnings),   T(test_all_errors_at_once),
        T(test_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
