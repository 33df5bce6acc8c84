#include "alias.h"

#include "suggest.h"
#include "text.h"

#define REMEDY "write auto, {sqlite: {path: FILE}} or {supabase: {url: …}}"

const char alias_summary[] = "the store of orders: Supabase when SUPABASE_URL is set, else SQLite";
const char alias_about[] = "A source and a sink. 'store: auto', the default, is supabase when SUPABASE_URL "
                           "is set and sqlite otherwise; it never "
                           "falls back from one to the other. 'store: {sqlite: {…}}' or 'store: {supabase: "
                           "{…}}' names one, with its options. "
                           "All other options are those of the store.";

const char alias_shown[] =
    "the store whose orders it shows: auto, the default, is the one that the pipeline writes "
    "to; {sqlite: {…}} or {supabase: {…}} names another, with its options";

const char *const alias_stores[] = {"sqlite", "supabase", NULL};
enum { STORES = sizeof alias_stores / sizeof *alias_stores - 1 };

bool alias_named(sluice_text name) {
    return text_is(name, ALIAS_ORDERS);
}

static bool set_by_environment(struct binder *binder, struct alias *out) {
    out->by_environment = vars_get(&binder->vars, "SUPABASE_URL") != NULL;
    out->by_absence = !out->by_environment;
    out->plugin = out->by_environment ? "supabase" : "sqlite";
    return true;
}

/* store: {sqlite: {…}} */
static bool set_by_name(struct binder *binder, const struct yaml_node *store, struct alias *out) {
    const struct yaml_node *named = store->first;
    if (store->count != 1) {
        bind_error(binder, store->at, "'store' names one store; " REMEDY);
        return false;
    }
    for (size_t i = 0; i < STORES; i++)
        if (text_is(named->key->text, alias_stores[i]))
            out->plugin = alias_stores[i];
    const char *close = suggest(named->key->text, alias_stores, STORES);
    if (!out->plugin && close)
        bind_error(binder, named->key->at, "there is no store '%.*s'; did you mean '%s'?",
                   TEXT_ARG(named->key->text), close);
    else if (!out->plugin)
        bind_error(binder, named->key->at, "there is no store '%.*s'; " REMEDY, TEXT_ARG(named->key->text));
    if (out->plugin && named->kind != YAML_MAP && !yaml_is_null(named)) {
        bind_error(binder, named->at, "'%s' takes options, a map, not %s; write {path: …}", out->plugin,
                   yaml_kind_name(named));
        return false;
    }
    return out->plugin != NULL;
}

static bool set_store(struct binder *binder, const struct yaml_node *store, struct alias *out) {
    sluice_text text;
    if (!store)
        return set_by_environment(binder, out);
    if (store->kind == YAML_MAP)
        return set_by_name(binder, store, out);
    if (bind_text(binder, store, "option 'store'", &text) != BOUND_VALUE)
        return false;
    if (text_is(text, "auto"))
        return set_by_environment(binder, out);
    bind_error(binder, store->at, "'%.*s' is no store; " REMEDY, (int)(text.len < 60 ? text.len : 60),
               text.ptr);
    return false;
}

static bool add_copy(struct binder *binder, struct yaml_node *map, const struct yaml_node *node) {
    struct yaml_node *copy = bind_array(binder, 1, sizeof *copy);
    if (!copy)
        return false;
    *copy = *node;
    copy->next = NULL;
    *(map->last ? &map->last->next : &map->first) = copy;
    map->last = copy;
    map->count++;
    return true;
}

/* What stands beside `store`, then what is inside it, as one map. */
static bool merge(struct binder *binder, const struct yaml_node *options, const struct yaml_node *store,
                  struct alias *out) {
    struct yaml_node *all = bind_array(binder, 1, sizeof *all);
    const struct yaml_node *named = store && store->kind == YAML_MAP ? store->first : NULL;
    const struct yaml_node *inside = named ? named->first : NULL;
    if (!all)
        return false;
    all->kind = YAML_MAP;
    all->partial = options->partial || (named && named->partial);
    all->at = options->at;
    for (const struct yaml_node *node = options->first; node; node = node->next)
        if (node != store && !add_copy(binder, all, node))
            return false;
    for (const struct yaml_node *node = inside; node; node = node->next) {
        for (const struct yaml_node *other = options->first; other; other = other->next)
            if (text_equal(other->key->text, node->key->text)) {
                bind_error(binder, node->key->at,
                           "'%.*s' is given twice; the first is in line %u: remove one of them",
                           TEXT_ARG(node->key->text), other->key->at.line);
                return false;
            }
        if (!add_copy(binder, all, node))
            return false;
    }
    out->options = all;
    return true;
}

bool alias_resolve(struct binder *binder, const struct yaml_node *options, struct alias *out) {
    const struct yaml_node *store = options ? yaml_get(options, "store") : NULL;
    *out = (struct alias){0};
    return set_store(binder, store, out) && (!options || merge(binder, options, store, out));
}
