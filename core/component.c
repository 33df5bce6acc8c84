#include "component.h"

#include <stdio.h>
#include <string.h>

#include "alias.h"
#include "descriptor.h"
#include "may_spend.h"
#include "text.h"

/* ---- what the core itself takes from a component's options ------------------------------------- */

const sluice_option component_limits[] = {
    SLUICE_OPT_INT(struct limits, concurrency, "concurrency", 0, "10", 1, 1000, "calls", "calls in flight"),
    SLUICE_OPT_RATE(struct limits, rate, "rate", 0, "none", "calls that are started in a period"),
    SLUICE_OPT_DURATION(struct limits, connect_ms, "connect", 0, "15s", 100, 600000,
                        "until a connection stands"),
    SLUICE_OPT_DURATION(struct limits, timeout_ms, "timeout", 0, "60s", 100, 3600000, "for a whole call"),
};
const size_t component_limit_count = sizeof component_limits / sizeof *component_limits;

static void bind_limits(struct binder *binder, const char *title, const struct yaml_node *map,
                        struct component *out) {
    const struct yaml_node *node = map ? yaml_get(map, "limits") : NULL;
    struct owner owner = {"'limits'", node ? node->at : out->at, component_limits, component_limit_count,
                          NULL};
    if (node && !out->type->exchanger) {
        bind_error(binder, node->key->at, "%s talks to no service; remove 'limits'", title);
        return;
    }
    if (node && node->kind != YAML_MAP) {
        bind_error(binder, node->at, "'limits' is a map, not %s; write {concurrency: 10, rate: 60/min}",
                   yaml_kind_name(node));
        return;
    }
    bind_options(binder, &owner, node, &out->limits);
}

/* `field: value`, `field: [values]`; nothing is the same as ''. */
static bool bind_condition(struct binder *binder, const struct yaml_node *node, struct where *out) {
    char what[120];
    static const sluice_text empty = {"", 0};
    int n = (int)(node->key->text.len < 60 ? node->key->text.len : 60);
    snprintf(what, sizeof what, "'%.*s' in 'where'", n, node->key->text.ptr);
    out->field = bind_copy(binder, node->key->text);
    if (node->kind == YAML_LIST && node->count == 0) {
        bind_error(binder, node->at, "%s has no values, so nothing would ever match; write one", what);
        return false;
    }
    if (yaml_is_null(node)) {
        out->values = (sluice_texts){&empty, 1};
        return true;
    }
    return bind_texts(binder, node, what, &out->values) == BOUND_VALUE;
}

static void bind_where(struct binder *binder, const struct yaml_node *map, struct component *out) {
    const struct yaml_node *node = map ? yaml_get(map, "where") : NULL;
    if (!node)
        return;
    if (node->kind != YAML_MAP) {
        bind_error(binder, node->at, "'where' is a map, not %s; write {field: value}", yaml_kind_name(node));
        return;
    }
    out->where = bind_array(binder, node->count, sizeof *out->where);
    for (const struct yaml_node *child = node->first; out->where && child; child = child->next)
        if (bind_condition(binder, child, &out->where[out->where_count]))
            out->where_count++;
}

static void bind_id(struct binder *binder, const struct yaml_node *map, struct component *out) {
    const struct yaml_node *node = map ? yaml_get(map, "id") : NULL;
    sluice_text text;
    out->id = out->place;
    if (!node || bind_text(binder, node, "'id'", &text) != BOUND_VALUE)
        return;
    for (uint64_t i = 0; i < text.len; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.", text.ptr[i]))
            text.len = 0;
    if (text.len == 0 || text.len > NAME_MOST)
        bind_error(binder, node->at, "an id has 1 to %d letters, digits, '_', '-' or '.'", NAME_MOST);
    else
        out->id = bind_string(binder, text);
}

/* ---- the store that a push source shows --------------------------------------------------------- */

/* `store: {sqlite: {…}}` is what it is as an option of a sink `orders`. */
static void bind_store(struct binder *binder, struct registry *registry, const struct position *position,
                       const struct yaml_node *map, struct component *out) {
    const struct yaml_node *node = map ? yaml_get(map, "store") : NULL;
    sluice_text text;
    if (!node)
        return;
    if (node->kind == YAML_SCALAR &&
        (bind_text(binder, node, "option 'store'", &text) != BOUND_VALUE || text_is(text, "auto")))
        return;
    struct yaml_node *key = bind_array(binder, 1, sizeof *key);
    struct yaml_node *options = bind_array(binder, 1, sizeof *options);
    struct yaml_node *option = bind_array(binder, 1, sizeof *option);
    struct component *store = bind_array(binder, 1, sizeof *store);
    if (!key || !options || !option || !store)
        return;
    *key = *node->key;
    key->text = text_of(ALIAS_ORDERS);
    *option = *node;
    option->next = NULL;
    *options = (struct yaml_node){
        .kind = YAML_MAP, .at = node->at, .key = key, .first = option, .last = option, .count = 1};
    struct yaml_node entry = {
        .kind = YAML_MAP, .at = node->at, .first = options, .last = options, .count = 1};
    struct position sink = {SLUICE_SINK, position->section, position->index};
    if (component_bind(binder, registry, &sink, &entry, store))
        out->store = store;
}

/* ---- binding ---------------------------------------------------------------------------------- */

/* The name of a component's entry: a map with one key. NULL: it isn't one, which was said. */
static const struct yaml_node *entry_of(struct binder *binder, const struct position *position,
                                        const struct yaml_node *node) {
    const char *kind = descriptor_kind_name(position->kind);
    if (node->refused)
        return NULL;
    if (node->kind == YAML_MAP && node->count == 1)
        return node->first;
    if (node->kind == YAML_MAP && node->count > 1)
        bind_error(binder, node->first->next->key->at,
                   "'%.*s' stands beside '%.*s'; indent it further if it is an option "
                   "of it, or begin it with '- ' if it is another %s",
                   TEXT_ARG(node->first->next->key->text), TEXT_ARG(node->first->key->text), kind);
    else if (node->kind == YAML_SCALAR && !yaml_is_null(node))
        bind_error(binder, node->at, "the name of a component stands before a colon; write '%.*s: {}'",
                   (int)(node->text.len < 60 ? node->text.len : 60), node->text.ptr);
    else
        bind_error(binder, node->at, "here must be one %s, not %s; write NAME: {OPTION: VALUE}", kind,
                   node->kind == YAML_MAP ? "an empty map" : yaml_kind_name(node));
    return NULL;
}

static void bind_config(struct binder *binder, struct registry *registry, const struct position *position,
                        const char *title, const struct yaml_node *options, struct component *out) {
    const sluice_component *type = out->type;
    bool source = type->kind == SLUICE_SOURCE, push = source && (type->flags & SLUICE_PUSH);
    const char *others[5] = {0};
    size_t count = 0;
    if (!source) {
        others[count++] = "id";
        others[count++] = "where";
    }
    if (type->exchanger || (options && yaml_get(options, "limits")))
        others[count++] = "limits"; /* else bind_limits says why it can't be here */
    if (strcmp(out->name, ALIAS_ORDERS) == 0 || push)
        others[count++] = "store";
    struct owner owner = {title, out->at, type->options, type->option_count, others};
    out->config = bind_array(binder, 1, type->config_size ? type->config_size : 1);
    if (!out->config)
        return;
    size_t errors = binder->diag->errors, later = binder->later;
    bind_options(binder, &owner, options, out->config);
    out->complete = binder->diag->errors == errors && binder->later == later;
    out->type = may_spend(type, out->config, binder->arena);
    if (!out->type) {
        bind_error(binder, out->at, "out of memory");
        out->type = type;
    }
    bind_limits(binder, title, options, out);
    bind_id(binder, source ? NULL : options, out);
    bind_where(binder, source ? NULL : options, out);
    bind_store(binder, registry, position, push ? options : NULL, out);
}

/* "sinks[0] orders" */
static const char *place_of(struct binder *binder, const struct position *position, const char *name) {
    char place[200];
    if (position->index < 0)
        snprintf(place, sizeof place, "%s %.100s", position->section, name);
    else
        snprintf(place, sizeof place, "%s[%ld] %.100s", position->section, position->index, name);
    return bind_string(binder, text_of(place));
}

bool component_bind(struct binder *binder, struct registry *registry, const struct position *position,
                    const struct yaml_node *node, struct component *out) {
    const struct yaml_node *entry = entry_of(binder, position, node);
    *out = (struct component){0};
    if (!entry)
        return false;
    const struct yaml_node *options = yaml_is_null(entry) ? NULL : entry;
    bool readable = !options || options->kind == YAML_MAP;
    if (!readable && !options->refused)
        bind_error(binder, options->at, "'%.*s' takes options, a map, not %s; write {OPTION: VALUE}",
                   TEXT_ARG(entry->key->text), yaml_kind_name(options));
    options = readable ? options : NULL;
    out->at = entry->key->at;
    out->name = bind_string(binder, entry->key->text);
    out->place = place_of(binder, position, out->name);
    out->id = out->place;
    if (!component_look_up(binder, registry, position->kind, entry->key, &options, out))
        return false;
    char title[120];
    snprintf(title, sizeof title, "%s '%.80s'", descriptor_kind_name(position->kind), out->name);
    if (readable)
        bind_config(binder, registry, position, title, options, out);
    return true;
}
