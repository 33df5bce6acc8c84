#include "rehearsal.h"

#include <stdio.h>

#include "error.h"
#include "text.h"
#include "value.h"

#define ROWS(rows) rows, sizeof(rows) / sizeof *(rows)

/* ---- what may stand where -------------------------------------------------------------------- */

struct test_options {
    sluice_text name;
    int64_t timeout;
    sluice_pairs vars;
    uint8_t repeat;
};

static const sluice_option test_rows[] = {
    SLUICE_OPT_TEXT(struct test_options, name, "name", SLUICE_REQUIRED, NULL,
                    "what it shows, in a few words; each test of a file has another one",
                    "each IMEI is bought once"),
    SLUICE_OPT_PAIRS(struct test_options, vars, "vars", 0,
                     "values for ${NAME}; nothing comes from the environment or from .env",
                     "{SERVICE_ID: \"1739\"}"),
    SLUICE_OPT_BOOL(struct test_options, repeat, "repeat", 0, "false",
                    "order again what was ordered, as with --repeat"),
    SLUICE_OPT_DURATION(struct test_options, timeout, "timeout", 0, "1m", 1000, 3600000,
                        "a test that takes longer has failed"),
};

static const sluice_option step_rows[] = {
    SLUICE_OPT_BOOL(struct test_options, repeat, "repeat", 0, "false",
                    "order again what was ordered, as with --repeat"),
};

static const sluice_option provider_rows[] = {
    SLUICE_OPT_PAIRS(struct rehearsal_step, options, "options", 0,
                     "of the plugin's sandbox, which answers in place of the provider", "{credit: \"5.00\"}"),
    SLUICE_OPT_TEXTS(struct rehearsal_step, faults, "faults", 0, NULL,
                     "what the sandbox does wrong, as in `sluice sandbox --fault`", "[close=first]"),
};

static const char *const reply_faults[] = {"none", "timeout", "broken", "refused", NULL};

static const sluice_option reply_rows[] = {
    SLUICE_OPT_TEXT(struct rehearsal_reply, match, "match", 0, NULL,
                    "only to a request with this text in its address or its body", "placeorder"),
    SLUICE_OPT_INT(struct rehearsal_reply, times, "times", 0, "1", 1, 1000000, "requests",
                   "as many requests get it"),
    SLUICE_OPT_INT(struct rehearsal_reply, status, "status", 0, "200", 100, 599, NULL, "the HTTP status"),
    SLUICE_OPT_TEXT(struct rehearsal_reply, type, "type", 0, NULL, "the Content-Type", "application/json"),
    SLUICE_OPT_PAIRS(struct rehearsal_reply, headers, "headers", 0, "other headers", "{Retry-After: \"1\"}"),
    SLUICE_OPT_TEXT(struct rehearsal_reply, body, "body", 0, "", "the body, as it stands", NULL),
    SLUICE_OPT_CHOICE(
        struct rehearsal_reply, fault, "fault", 0, "none", reply_faults,
        "instead of a whole reply: none comes in time, the connection breaks off behind what is "
        "given, or it is refused"),
};

#define COUNT(member, name, help) \
    SLUICE_OPT_INT(struct rehearsal_expect, member, name, 0, NULL, 0, 1000000000, "records", help)

static const sluice_option expect_rows[] = {
    SLUICE_OPT_INT(struct rehearsal_expect, exit, "exit", 0, "0", 0, 255, NULL, "the run's exit code"),
    COUNT(read, "read", "records that were read"),
    COUNT(kinds[TALLY_PLACED], "placed", "orders that were bought"),
    COUNT(kinds[TALLY_DUPLICATE], "duplicate", "records that were ordered before"),
    COUNT(kinds[TALLY_REJECTED], "rejected", "records that can't go on"),
    COUNT(kinds[TALLY_IN_DOUBT], "in_doubt", "orders of which nobody knows yet"),
    COUNT(kinds[TALLY_FAILED], "failed", "records that there was no answer for"),
    COUNT(kinds[TALLY_SKIPPED], "skipped", "records that weren't attempted"),
    COUNT(kinds[TALLY_PASSED], "passed", "records that reached the sinks of a pipeline that buys nothing"),
    COUNT(settled, "settled", "orders in doubt that were settled"),
    SLUICE_OPT_MONEY(struct rehearsal_expect, spend, "spend", 0, NULL, "what the orders cost, by the ledger"),
    SLUICE_OPT_MONEY(struct rehearsal_expect, charged, "charged", 0, NULL,
                     "what the provider charged so far, by the sandbox's own books"),
    SLUICE_OPT_INT(struct rehearsal_expect, calls, "calls", 0, NULL, 0, 1000000000, "requests",
                   "requests of any kind"),
    SLUICE_OPT_TEXTS(struct rehearsal_expect, says, "says", 0, NULL,
                     "texts that stand in the messages of the run", "[\"nothing was placed\"]"),
    SLUICE_OPT_PAIRS(struct rehearsal_expect, files, "files", 0,
                     "what stands in a file that a sink writes; named as the sink's path is",
                     "{done.csv: \"imei\\n\"}"),
};

/* clang-format off */
static const struct word test_words[] = {
    {"input", "records in place of the source's, a list of maps; or a text in place of the file that it reads"},
    {"provider", "what answers in place of the provider"},
    {"expect", "what must come of it; what isn't named here may be anything, but the exit code, which is 0"},
    {"then", "more runs with the ledger that the one before has left: a list of input, provider, expect and repeat"},
    {0},
};
static const struct word step_words[] = {
    {"input", "as in a test; that of the run before unless given"},
    {"provider", "as in a test; without it the sandbox, with its books as they are"},
    {"expect", "what must come of this run"},
    {0},
};
static const struct word provider_words[] = {
    {"replies", "written down, one after the other; what they don't match goes to the sandbox"},
    {0},
};
static const struct word reply_words[] = {{0}};
static const struct word expect_words[] = {
    {"orders", "the records that the first sink was given, in any order; of each only the fields that are named"},
    {"sinks", "the same for sinks by their id or name"},
    {"rejects", "the same for those that went to on_reject, with _row, _step, _code and _reason"},
    {"posts", "the requests that cost money: how many, or for each a text, or several, that must stand in it"},
    {0},
};
/* clang-format on */

const struct rehearsal_part rehearsal_parts[] = {
    [PART_TEST] = {"tests", "One entry of `tests`, which `sluice test` runs.", ROWS(test_rows), test_words},
    [PART_STEP] = {"then", "A further run, below `then` of a test.", ROWS(step_rows), step_words},
    [PART_PROVIDER] = {"provider", "Below a test or an entry of `then`.", ROWS(provider_rows),
                       provider_words},
    [PART_REPLY] = {"replies", "One reply, below `provider`.", ROWS(reply_rows), reply_words},
    [PART_EXPECT] = {"expect", "Below a test or an entry of `then`.", ROWS(expect_rows), expect_words},
    {0},
};

/* ---- maps and lists ---------------------------------------------------------------------------- */

enum { WORDS_MOST = 8 };

/* The map's rows into `config`; its words are somebody else's. False: it is no map, which was said. */
static bool bind_part(struct binder *binder, const struct yaml_node *node, size_t which, const char *title,
                      void *config) {
    const struct rehearsal_part *part = &rehearsal_parts[which];
    const char *others[WORDS_MOST] = {0};
    for (size_t i = 0; part->words[i].name; i++)
        others[i] = part->words[i].name;
    if (node && node->kind != YAML_MAP) {
        if (!node->refused)
            bind_error(binder, node->at, "%s is a map, not %s; write 'NAME: …' below it", title,
                       yaml_kind_name(node));
        return false;
    }
    struct owner owner = {title, node ? node->at : (struct mark){0}, part->rows, part->row_count, others};
    bind_options(binder, &owner, node, config);
    return true;
}

/* NULL: it isn't there, or is no list, which was said. */
static const struct yaml_node *list_in(struct binder *binder, const struct yaml_node *map, const char *key,
                                       size_t most) {
    const struct yaml_node *list = yaml_get(map, key);
    if (!list || list->refused)
        return NULL;
    if (list->kind != YAML_LIST)
        bind_error(binder, list->at, "'%s' is a list, not %s; begin each entry with '- '", key,
                   yaml_kind_name(list));
    else if (list->count > most)
        bind_error(binder, list->at, "'%s' has more than %zu entries; leave some out", key, most);
    else
        return list;
    return NULL;
}

/* ---- records ----------------------------------------------------------------------------------- */

static void add_row(struct binder *binder, const struct yaml_node *node, struct row_list *out) {
    struct row_cell *cells = bind_array(binder, node->count, sizeof *cells);
    size_t count = 0;
    if (node->kind != YAML_MAP) {
        bind_error(binder, node->at, "a record is a map, not %s; write {imei: \"001001001234563\"}",
                   yaml_kind_name(node));
        return;
    }
    for (const struct yaml_node *cell = node->first; cells && cell; cell = cell->next) {
        if (cell->kind != YAML_SCALAR) {
            bind_error(binder, cell->at,
                       "a field of a record is one value, not %s; a text that begins with "
                       "'{' or '[' needs quotes",
                       yaml_kind_name(cell));
            continue;
        }
        cells[count].name = bind_copy(binder, cell->key->text);
        if (!yaml_is_null(cell))
            cells[count].value = bind_copy(binder, cell->text);
        count++;
    }
    if (cells && !row_list_add(out, binder->arena, (struct row){cells, count, 0}))
        bind_error(binder, node->at, "out of memory; leave some records out");
}

/* NULL: nothing was said about it, or something wrong. */
static struct row_list *read_rows(struct binder *binder, const struct yaml_node *map, const char *key) {
    const struct yaml_node *list = list_in(binder, map, key, REHEARSAL_ROWS_MOST);
    struct row_list *rows = list ? bind_array(binder, 1, sizeof *rows) : NULL;
    for (const struct yaml_node *node = list ? list->first : NULL; rows && node; node = node->next)
        add_row(binder, node, rows);
    return rows;
}

static void read_input(struct binder *binder, const struct yaml_node *map, struct rehearsal_step *step) {
    const struct yaml_node *node = yaml_get(map, "input");
    if (node && node->kind == YAML_SCALAR)
        bind_text(binder, node, "'input'", &step->text);
    else if (node)
        step->input = read_rows(binder, map, "input");
}

/* ---- the provider ------------------------------------------------------------------------------- */

static void read_replies(struct binder *binder, const struct yaml_node *map, struct rehearsal_step *step) {
    const struct yaml_node *list = list_in(binder, map, "replies", REHEARSAL_ROWS_MOST);
    struct rehearsal_reply *replies = list ? bind_array(binder, list->count, sizeof *replies) : NULL;
    for (const struct yaml_node *node = list ? list->first : NULL; replies && node; node = node->next)
        if (bind_part(binder, node, PART_REPLY, "a reply", &replies[step->reply_count]))
            step->reply_count++;
    step->replies = replies;
}

static void read_provider(struct binder *binder, const struct yaml_node *map, struct rehearsal_step *step) {
    const struct yaml_node *node = yaml_get(map, "provider");
    if (!node || node->refused || !bind_part(binder, node, PART_PROVIDER, "'provider'", step))
        return;
    read_replies(binder, node, step);
}

/* ---- what is expected ---------------------------------------------------------------------------- */

/* Numbers that nobody wrote are -1: 0 means none. */
static void forget_absent(const struct yaml_node *map, struct rehearsal_expect *expect) {
    for (size_t i = 0; i < sizeof expect_rows / sizeof *expect_rows; i++) {
        const sluice_option *row = &expect_rows[i];
        if (row->type == SLUICE_TYPE_INT && !row->fallback && !(map && yaml_get(map, row->name)))
            *(int64_t *)(void *)((char *)expect + row->offset) = -1;
    }
}

static void read_posts(struct binder *binder, const struct yaml_node *map, struct rehearsal_expect *expect) {
    static const sluice_option number = {.name = "posts", .type = SLUICE_TYPE_INT, .max = 1000000};
    const struct yaml_node *node = yaml_get(map, "posts");
    sluice_error why = ERROR_INIT;
    sluice_text text;
    expect->post_count = -1;
    if (node && node->kind == YAML_SCALAR) {
        if (bind_text(binder, node, "'posts'", &text) == BOUND_VALUE &&
            !value_store(&number, text, &expect->post_count, binder->arena, &why))
            bind_error(binder, node->at, "'posts' is a number, or a list of texts; %s", why.text);
        return;
    }
    const struct yaml_node *list = list_in(binder, map, "posts", REHEARSAL_ROWS_MOST);
    sluice_texts *posts = list ? bind_array(binder, list->count, sizeof *posts) : NULL;
    if (!posts)
        return;
    expect->post_count = 0;
    expect->posts = posts;
    for (const struct yaml_node *post = list->first; post; post = post->next)
        bind_texts(binder, post, "'posts'", &posts[expect->post_count++]);
}

static void read_sinks(struct binder *binder, const struct yaml_node *map, struct rehearsal_expect *expect) {
    const struct yaml_node *sinks = yaml_get(map, "sinks");
    if (!sinks || sinks->refused)
        return;
    if (sinks->kind != YAML_MAP) {
        bind_error(binder, sinks->at, "'sinks' is a map, not %s; write 'ID: [{field: value}]' below it",
                   yaml_kind_name(sinks));
        return;
    }
    expect->sinks = bind_array(binder, sinks->count, sizeof *expect->sinks);
    for (const struct yaml_node *node = sinks->first; expect->sinks && node; node = node->next) {
        struct rehearsal_sink *sink = &expect->sinks[expect->sink_count];
        sink->name = bind_copy(binder, node->key->text);
        struct row_list *rows = read_rows(binder, sinks, sink->name.ptr ? sink->name.ptr : "");
        if (!rows)
            continue;
        sink->rows = *rows;
        expect->sink_count++;
    }
}

static void read_expect(struct binder *binder, const struct yaml_node *map, struct rehearsal_expect *out) {
    const struct yaml_node *node = yaml_get(map, "expect");
    out->at = node ? node->key->at : map->at;
    if (node && (node->refused || !bind_part(binder, node, PART_EXPECT, "'expect'", out)))
        return;
    forget_absent(node, out);
    out->post_count = -1;
    if (!node)
        return;
    out->orders = read_rows(binder, node, "orders");
    out->rejects = read_rows(binder, node, "rejects");
    read_sinks(binder, node, out);
    read_posts(binder, node, out);
}

/* ---- a test ---------------------------------------------------------------------------------------- */

static void read_step(struct binder *binder, const struct yaml_node *map, struct rehearsal_step *step) {
    read_input(binder, map, step);
    read_provider(binder, map, step);
    read_expect(binder, map, &step->expect);
}

static void read_then(struct binder *binder, const struct yaml_node *list, struct rehearsal *test) {
    for (const struct yaml_node *node = list ? list->first : NULL; node; node = node->next) {
        struct rehearsal_step *before = &test->steps[test->step_count - 1];
        struct rehearsal_step *step = &test->steps[test->step_count];
        struct test_options options = {0};
        if (!bind_part(binder, node, PART_STEP, "an entry of 'then'", &options))
            continue;
        read_step(binder, node, step);
        step->repeat = options.repeat;
        if (!step->input && !step->text.ptr) {
            step->input = before->input;
            step->text = before->text;
        }
        if (!step->options.count)
            step->options = before->options;
        test->step_count++;
    }
}

static bool read_test(struct binder *binder, const struct yaml_node *node, struct rehearsal *test) {
    struct test_options options = {0};
    if (!bind_part(binder, node, PART_TEST, "a test", &options))
        return false;
    const struct yaml_node *list = list_in(binder, node, "then", REHEARSAL_STEPS_MOST);
    *test = (struct rehearsal){.at = node->at,
                               .name = bind_string(binder, options.name),
                               .timeout_ms = options.timeout,
                               .vars = options.vars,
                               .steps = bind_array(binder, 1 + (list ? list->count : 0), sizeof *test->steps),
                               .step_count = 1};
    if (!test->steps)
        return false;
    if (options.name.len > REHEARSAL_NAME_MOST)
        bind_error(binder, yaml_get(node, "name")->at,
                   "the name of a test has at most %d bytes; use a shorter one", REHEARSAL_NAME_MOST);
    read_step(binder, node, &test->steps[0]);
    test->steps[0].repeat = options.repeat;
    read_then(binder, list, test);
    return true;
}

static void check_name(struct binder *binder, const struct rehearsals *tests) {
    const struct rehearsal *last = &tests->items[tests->count - 1];
    for (size_t i = 0; i + 1 < tests->count; i++)
        if (*last->name && text_is(text_of(last->name), tests->items[i].name))
            bind_error(binder, last->at, "the test in line %u has this name, too; use another one",
                       tests->items[i].at.line);
}

void section_tests(struct binder *binder, const struct yaml_node *node, struct rehearsals *out) {
    struct binder own = *binder;
    *out = (struct rehearsals){0};
    if (!node || node->refused || yaml_is_null(node))
        return;
    if (node->kind != YAML_LIST || node->count > REHEARSAL_TESTS_MOST) {
        bind_error(binder, node->at,
                   node->kind == YAML_LIST ? "'tests' has too many entries; use another file"
                                           : "'tests' is a list, not %s; begin each test with '- '",
                   yaml_kind_name(node));
        return;
    }
    own.literal = true;
    out->items = bind_array(&own, node->count, sizeof *out->items);
    for (const struct yaml_node *test = node->first; out->items && test; test = test->next)
        if (read_test(&own, test, &out->items[out->count])) {
            out->count++;
            check_name(&own, out);
        }
    binder->out_of_memory = own.out_of_memory;
}
