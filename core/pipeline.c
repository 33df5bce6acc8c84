#include "pipeline.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alias.h"
#include "bind.h"
#include "component.h"
#include "file.h"
#include "grammar.h"
#include "rehearsal.h"
#include "rehearsal_check.h"
#include "sections.h"
#include "suggest.h"
#include "text.h"
#include "trial.h"
#include "yaml_tree.h"

enum { PIPELINE_NAME_MOST = 64 };

/* What is used while a file is read. */
struct loader {
    struct binder binder;
    struct registry *registry;
    struct pipeline *pipeline;
    const struct yaml_node *root;
    bool source_mistyped, sinks_mistyped; /* they are there, then; that they are missing is no news */
};

/* ---- names ------------------------------------------------------------------------------------ */

static bool name_character(char c) {
    return isalnum((unsigned char)c) || (c && strchr("_-.", c));
}

/* "pipelines/place.yaml" -> "place" */
static const char *file_stem(struct binder *binder, const char *file) {
    char stem[PIPELINE_NAME_MOST + 1];
    const char *slash = strrchr(file, '/');
    snprintf(stem, sizeof stem, "%s", slash ? slash + 1 : file);
    char *dot = strrchr(stem, '.');
    if (dot && dot > stem && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0))
        *dot = 0;
    for (char *c = stem; *c; c++)
        if (!name_character(*c))
            *c = '-';
    return bind_string(binder, text_of(stem));
}

static void read_name(struct loader *in) {
    struct pipeline *pipeline = in->pipeline;
    const struct yaml_node *node = yaml_get(in->root, "name");
    sluice_text text;
    pipeline->name = file_stem(&in->binder, pipeline->file);
    if (!node || bind_text(&in->binder, node, "'name'", &text) != BOUND_VALUE)
        return;
    bool good = text.len > 0 && text.len <= PIPELINE_NAME_MOST;
    for (uint64_t i = 0; good && i < text.len; i++)
        good = name_character(text.ptr[i]);
    if (good)
        pipeline->name = bind_string(&in->binder, text);
    else
        bind_error(&in->binder, node->at,
                   "a name has 1 to %d letters, digits, '_', '-' or '.'; write place-from-csv",
                   PIPELINE_NAME_MOST);
}

static void read_description(struct loader *in) {
    const struct yaml_node *node = yaml_get(in->root, "description");
    sluice_text text;
    if (node && bind_text(&in->binder, node, "'description'", &text) == BOUND_VALUE)
        in->pipeline->description = bind_string(&in->binder, text);
}

static void unknown_key(struct loader *in, const struct yaml_node *key) {
    struct suggestion near;
    suggest_begin(&near, key->text);
    for (const struct word *word = grammar_keys; word->name; word++)
        suggest_consider(&near, word->name);
    const char *close = near.best;
    int n = (int)(key->text.len < 60 ? key->text.len : 60);
    if (close)
        bind_error(&in->binder, key->at, "a pipeline has no '%.*s'; did you mean '%s'?", n, key->text.ptr,
                   close);
    else
        bind_error(&in->binder, key->at,
                   "a pipeline has no '%.*s'; its keys are name, description, vars, trigger, source, "
                   "actions, sinks, "
                   "on_reject, spend, state, tests and x-…",
                   n, key->text.ptr);
    in->source_mistyped = in->source_mistyped || (close && strcmp(close, "source") == 0);
    in->sinks_mistyped = in->sinks_mistyped || (close && strcmp(close, "sinks") == 0);
}

static void check_keys(struct loader *in) {
    for (const struct yaml_node *node = in->root->first; node; node = node->next) {
        sluice_text name = node->key->text;
        bool known = name.len >= 2 && memcmp(name.ptr, "x-", 2) == 0;
        for (const struct word *word = grammar_keys; word->name && !known; word++)
            known = text_is(name, word->name);
        if (!known)
            unknown_key(in, node->key);
    }
}

/* ---- components ------------------------------------------------------------------------------- */

static void read_source(struct loader *in) {
    const struct yaml_node *node = yaml_get(in->root, "source");
    struct position position = {SLUICE_SOURCE, "source", -1};
    if (!node && (in->source_mistyped || in->root->partial))
        return;
    if (!node)
        bind_error(&in->binder, in->root->at,
                   "the pipeline has no 'source'; write 'source: {csv: {path: FILE}}'");
    else if (node->kind == YAML_LIST)
        bind_error(&in->binder, node->at, "'source' is one component, not a list; write it without '- '");
    else
        component_bind(&in->binder, in->registry, &position, node, &in->pipeline->source);
}

/* The list below `key`; every entry that could be looked up is in `out`. */
static void read_list(struct loader *in, const char *key, uint32_t kind, struct components *out) {
    const struct yaml_node *list = yaml_get(in->root, key);
    if (!list || list->refused || yaml_is_null(list))
        return;
    if (list->kind != YAML_LIST) {
        bind_error(&in->binder, list->at, "'%s' is a list; begin each entry with '- '", key);
        return;
    }
    if (list->count > PIPELINE_LIST_MOST) {
        bind_error(&in->binder, list->at, "'%s' has more than %d entries", key, PIPELINE_LIST_MOST);
        return;
    }
    struct position position = {kind, key, 0};
    out->items = bind_array(&in->binder, list->count, sizeof *out->items);
    for (const struct yaml_node *node = list->first; out->items && node; node = node->next) {
        if (component_bind(&in->binder, in->registry, &position, node, &out->items[out->count]))
            out->count++;
        position.index++;
    }
}

static void check_sinks(struct loader *in) {
    const struct yaml_node *node = yaml_get(in->root, "sinks");
    if (!node && (in->sinks_mistyped || in->root->partial))
        return;
    if (!node || yaml_is_null(node) || (node->kind == YAML_LIST && node->count == 0))
        bind_error(&in->binder, node ? node->key->at : in->root->at,
                   "the pipeline has no sink; write 'sinks: [{orders: {}}]' to keep its records");
}

static void check_rejects(struct loader *in) {
    for (size_t i = 0; i < in->pipeline->rejects.count; i++) {
        const struct component *sink = &in->pipeline->rejects.items[i];
        if ((sink->type->flags & SLUICE_ORDERS) || alias_named(text_of(sink->name)))
            bind_error(&in->binder, sink->at,
                       "'%s' keeps orders, and a rejected record is none; write 'csv: {path: FILE}'",
                       sink->name);
    }
}

static void find_spender(struct loader *in) {
    struct pipeline *pipeline = in->pipeline;
    pipeline->spender = -1;
    for (size_t i = 0; i < pipeline->actions.count; i++) {
        const struct component *action = &pipeline->actions.items[i];
        if (!(action->type->flags & SLUICE_SPENDS))
            continue;
        if (pipeline->spender < 0)
            pipeline->spender = (long)i;
        else
            bind_error(&in->binder, action->at,
                       "'%s' is the second action that spends; line %u has the first: use a "
                       "pipeline for each",
                       action->name, pipeline->actions.items[pipeline->spender].at.line);
    }
}

/* Records leave a spending action through the ledger, straight to the sinks. */
static void check_last(struct loader *in) {
    const struct pipeline *pipeline = in->pipeline;
    size_t after = (size_t)(pipeline->spender + 1);
    if (pipeline->spender >= 0 && after < pipeline->actions.count && pipeline->actions.items[after].type &&
        !(pipeline->actions.items[after].type->flags & SLUICE_SPENDS))
        bind_error(&in->binder, pipeline->actions.items[after].at,
                   "an action that spends is the last one; move '%s' before '%s'",
                   pipeline->actions.items[after].name, pipeline->actions.items[pipeline->spender].name);
}

/* What isn't wrong, but hardly meant. */
static void check_spending(struct loader *in) {
    const struct yaml_node *spend = yaml_get(in->root, "spend");
    const struct pipeline *pipeline = in->pipeline;
    bool complete = in->binder.diag->errors == 0;
    if (complete && spend && pipeline->spender < 0)
        diag_add(in->binder.diag, DIAG_WARNING, spend->key->at,
                 "no action here spends; 'spend' changes nothing");
    if (complete && pipeline->spender >= 0 && pipeline->spend.max_price == MONEY_NONE &&
        pipeline->spend.max_run == MONEY_NONE && pipeline->spend.max_day == MONEY_NONE)
        diag_add(in->binder.diag, DIAG_WARNING, pipeline->actions.items[pipeline->spender].at,
                 "'%s' spends without a limit; write 'spend: {max_price: 0.50, max_run: 50.00}'",
                 pipeline->actions.items[pipeline->spender].name);
}

/* A sink without an `id` is known to the ledger by its name, not by its place among the others: what it
 * hasn't got yet is still its own when another one is put before it. '#' is in no id that a person gives. */
static void name_sinks(struct loader *in) {
    const struct components *sinks = &in->pipeline->sinks;
    for (size_t i = 0; i < sinks->count; i++) {
        struct component *one = &sinks->items[i];
        char id[160];
        unsigned number = 1;
        if (!one->name || one->id != one->place)
            continue;
        for (size_t j = 0; j < i; j++)
            number += sinks->items[j].name && strcmp(sinks->items[j].name, one->name) == 0;
        snprintf(id, sizeof id, "%.100s#%u", one->name, number);
        one->id = bind_string(&in->binder, text_of(id));
    }
}

static void check_ids(struct loader *in, const struct components *const *lists, size_t list_count) {
    for (size_t at = 0; at < list_count; at++)
        for (size_t i = 0; i < lists[at]->count; i++) {
            const struct component *one = &lists[at]->items[i];
            for (size_t other = 0; other <= at; other++)
                for (size_t j = 0; j < (other == at ? i : lists[other]->count); j++)
                    if (strcmp(lists[other]->items[j].id, one->id) == 0)
                        bind_error(&in->binder, one->at,
                                   "the id '%s' is taken by line %u; ids are unique in a pipeline", one->id,
                                   lists[other]->items[j].at.line);
        }
}

static void try_components(struct loader *in, const struct components *const *lists, size_t list_count) {
    const struct pipeline *pipeline = in->pipeline;
    if (pipeline->source.complete)
        trial_open(&pipeline->source, pipeline->spender >= 0, in->binder.diag);
    if (pipeline->source.store && pipeline->source.store->complete)
        trial_open(pipeline->source.store, pipeline->spender >= 0, in->binder.diag);
    for (size_t at = 0; at < list_count; at++)
        for (size_t i = 0; i < lists[at]->count; i++)
            if (lists[at]->items[i].complete)
                trial_open(&lists[at]->items[i], pipeline->spender >= 0, in->binder.diag);
}

/* ---- the file --------------------------------------------------------------------------------- */

static void read_tests(struct loader *in) {
    static const struct rehearsals none;
    struct rehearsals *tests = bind_array(&in->binder, 1, sizeof *tests);
    if (tests)
        section_tests(&in->binder, yaml_get(in->root, "tests"), tests);
    in->pipeline->tests = tests ? tests : &none;
}

/* No run waits for a test to be right; and what is wrong elsewhere is said first. */
static void check_tests(struct loader *in) {
    if (in->binder.mode != PIPELINE_RUN && !in->binder.diag->errors)
        rehearsal_check(&in->binder, in->pipeline);
}

static void read_root(struct loader *in) {
    struct pipeline *pipeline = in->pipeline;
    const struct components *const lists[] = {&pipeline->actions, &pipeline->sinks, &pipeline->rejects};
    check_keys(in);
    section_vars(&in->binder, yaml_get(in->root, "vars"));
    read_name(in);
    read_description(in);
    section_trigger(&in->binder, yaml_get(in->root, "trigger"), &pipeline->trigger);
    read_source(in);
    read_list(in, "actions", SLUICE_ACTION, &pipeline->actions);
    read_list(in, "sinks", SLUICE_SINK, &pipeline->sinks);
    read_list(in, "on_reject", SLUICE_SINK, &pipeline->rejects);
    section_spend(&in->binder, yaml_get(in->root, "spend"), &pipeline->spend);
    section_state(&in->binder, yaml_get(in->root, "state"), &pipeline->ledger);
    read_tests(in);
    check_sinks(in);
    check_rejects(in);
    find_spender(in);
    check_last(in);
    name_sinks(in);
    check_tests(in);
    check_ids(in, lists, sizeof lists / sizeof *lists);
    check_spending(in);
    if (in->binder.mode == PIPELINE_LINT)
        try_components(in, lists, sizeof lists / sizeof *lists);
}

static void read_text(struct loader *in, sluice_text text, struct diag *diag) {
    sluice_arena tree = {0};
    in->root = yaml_parse(in->pipeline->file, text, &tree, diag);
    if (in->root && in->root->kind != YAML_MAP)
        bind_error(&in->binder, in->root->at,
                   "a pipeline is a map, not %s; write 'source:', 'actions:', 'sinks:'",
                   yaml_kind_name(in->root));
    else if (in->root)
        read_root(in);
    arena_free(&tree);
}

struct pipeline *pipeline_parse(const char *file, sluice_text text, enum pipeline_mode mode,
                                const struct vars *vars, struct registry *registry, struct diag *diag) {
    struct pipeline *pipeline = calloc(1, sizeof *pipeline);
    size_t errors = diag->errors;
    if (!pipeline || !(pipeline->file = arena_string(&pipeline->arena, file))) {
        diag_add(diag, DIAG_ERROR, (struct mark){.file = file}, "out of memory");
        pipeline_free(pipeline);
        return NULL;
    }
    struct loader loader = {
        .binder = {.file = file, .mode = mode, .vars = *vars, .arena = &pipeline->arena, .diag = diag},
        .registry = registry,
        .pipeline = pipeline};
    diag_source(diag, pipeline->file, text);
    read_text(&loader, text, diag);
    if (diag->errors == errors)
        return pipeline;
    pipeline_free(pipeline);
    return NULL;
}

struct pipeline *pipeline_load(const char *path, enum pipeline_mode mode, const struct vars *vars,
                               struct registry *registry, struct diag *diag) {
    sluice_arena arena = {0};
    sluice_error error = ERROR_INIT;
    sluice_text text;
    struct pipeline *pipeline = NULL;
    if (file_read(path, YAML_BYTES_MOST, &arena, &text, &error) == 0) {
        pipeline = pipeline_parse(path, text, mode, vars, registry, diag);
    } else {
        if (diag->exit_code == 0 && error.code == SLUICE_E_NOINPUT)
            diag->exit_code = -error.code;
        diag_add(diag, DIAG_ERROR, (struct mark){.file = path}, "%s", error.text);
    }
    arena_free(&arena);
    return pipeline;
}

void pipeline_free(struct pipeline *pipeline) {
    if (!pipeline)
        return;
    arena_free(&pipeline->arena);
    free(pipeline);
}
