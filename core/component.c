#include "component.h"

#include <stdio.h>
#include <string.h>

#include "alias.h"
#include "descriptor.h"
#include "suggest.h"
#include "text.h"

/* ---- what the core itself takes from a component's options ------------------------------------- */

static const sluice_option limit_rows[] = {
    SLUICE_OPT_INT(struct limits, concurrency, "concurrency", 0, "10", 1, 1000, "calls", "calls in flight"),
    SLUICE_OPT_RATE(struct limits, rate, "rate", 0, "none", "calls that are started in a period"),
    SLUICE_OPT_DURATION(struct limits, connect_ms, "connect", 0, "15s", 100, 600000,
                        "until a connection stands"),
    SLUICE_OPT_DURATION(struct limits, timeout_ms, "timeout", 0, "60s", 100, 3600000, "for a whole call"),
};

static void bind_limits(struct binder *binder, const char *title, const struct yaml_node *map,
                        struct component *out) {
    const struct yaml_node *node = map ? yaml_get(map, "limits") : NULL;
    struct owner owner = {"'limits'", node ? node->at : out->at, limit_rows,
                          sizeof limit_rows / sizeof *limit_rows, NULL};
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

/* ---- looking up ------------------------------------------------------------------------------- */

/* "gsm_fusion.place" of a plugin and its component; "csv" when both have one name. */
static const char *full_name(sluice_arena *arena, const struct plugin *plugin,
                             const sluice_component *component) {
    return strcmp(plugin->name, component->name) == 0
               ? plugin->name
               : arena_printf(arena, "%s.%s", plugin->name, component->name);
}

/* Visits every component of that kind in every plugin that can be loaded. Slow: for messages only. */
static void each_component(struct binder *binder, struct registry *registry, uint32_t kind,
                           void (*visit)(void *user, const char *name), void *user) {
    const char *const *names;
    size_t count = registry_names(registry, &names);
    for (size_t i = 0; i < count; i++) {
        struct plugin *plugin =
            registry_probe(registry, names[i], NULL) ? registry_plugin(registry, names[i], NULL) : NULL;
        for (size_t c = 0; plugin && c < plugin->component_count; c++) {
            const char *name = full_name(binder->arena, plugin, &plugin->components[c]);
            if (plugin->components[c].kind == kind && name)
                visit(user, name);
        }
    }
    if (kind == SLUICE_SOURCE || kind == SLUICE_SINK)
        visit(user, ALIAS_ORDERS);
}

struct listing {
    struct suggestion close;
    char names[600];
    size_t used;
};

static void list_name(void *user, const char *name) {
    struct listing *listing = user;
    suggest_consider(&listing->close, name);
    if (listing->used < sizeof listing->names)
        listing->used +=
            (size_t)snprintf(listing->names + listing->used, sizeof listing->names - listing->used, "%s%s",
                             listing->used ? ", " : "", name);
}

static void list_components(struct binder *binder, struct registry *registry, uint32_t kind, sluice_text word,
                            struct listing *out) {
    *out = (struct listing){.names = ""};
    suggest_begin(&out->close, word);
    each_component(binder, registry, kind, list_name, out);
}

static void unknown_component(struct binder *binder, struct registry *registry, uint32_t kind,
                              const struct yaml_node *key) {
    struct listing listing;
    const char *kind_name = descriptor_kind_name(kind);
    int n = (int)(key->text.len < 60 ? key->text.len : 60);
    list_components(binder, registry, kind, key->text, &listing);
    if (listing.close.best)
        bind_error(binder, key->at, "there is no %s '%.*s'; did you mean '%s'?", kind_name, n, key->text.ptr,
                   listing.close.best);
    else if (listing.used)
        bind_error(binder, key->at, "there is no %s '%.*s'; there are %s", kind_name, n, key->text.ptr,
                   listing.names);
    else
        bind_error(binder, key->at,
                   "there is no %s '%.*s', and no plugin is installed that has one; see `sluice plugins`",
                   kind_name, n, key->text.ptr);
}

/* The components of that kind in a plugin, by their full names. */
static void list_own(struct binder *binder, const struct plugin *plugin, uint32_t kind, struct listing *out) {
    *out = (struct listing){.names = ""};
    for (size_t i = 0; i < plugin->component_count; i++) {
        const char *name = full_name(binder->arena, plugin, &plugin->components[i]);
        if (plugin->components[i].kind == kind && name)
            list_name(out, name);
    }
}

/* The plugin is there, but has no component of that name and kind. */
static void not_in_plugin(struct binder *binder, struct registry *registry, const struct plugin *plugin,
                          const char *component, uint32_t kind, const struct yaml_node *key) {
    const char *wanted = descriptor_kind_name(kind), *article = kind == SLUICE_ACTION ? "an" : "a";
    struct listing listing;
    int n = (int)key->text.len;
    list_own(binder, plugin, kind, &listing);
    if (!component && listing.used) {
        bind_error(binder, key->at, "'%.*s' is a plugin, not %s %s; write %s", n, key->text.ptr, article,
                   wanted, listing.names);
        return;
    }
    for (uint32_t other = SLUICE_SOURCE; other <= SLUICE_SANDBOX; other++) {
        if (!plugin_component(plugin, component, other))
            continue;
        list_components(binder, registry, kind, key->text, &listing);
        bind_error(binder, key->at, "'%.*s' is %s %s, not %s %s; there are %s", n, key->text.ptr,
                   other == SLUICE_ACTION ? "an" : "a", descriptor_kind_name(other), article, wanted,
                   listing.names);
        return;
    }
    unknown_component(binder, registry, kind, key);
}

/* "place" of "gsm_fusion.place", NUL-terminated, like the plugin's name; false when it is no name. */
static bool split_name(sluice_text name, char plugin[NAME_MOST + 1], char component[NAME_MOST + 1],
                       bool *dotted) {
    const char *dot = memchr(name.ptr, '.', name.len);
    uint64_t first = dot ? (uint64_t)(dot - name.ptr) : name.len, second = dot ? name.len - first - 1 : 0;
    *dotted = dot != NULL;
    if (first > NAME_MOST || second > NAME_MOST)
        return false;
    memcpy(plugin, name.ptr, first);
    plugin[first] = 0;
    if (dot)
        memcpy(component, dot + 1, second);
    component[second] = 0;
    return descriptor_good_name(plugin) && (!dot || descriptor_good_name(component));
}

static bool look_up(struct binder *binder, struct registry *registry, uint32_t kind,
                    const struct yaml_node *key, struct component *out) {
    char plugin_name[NAME_MOST + 1], component_name[NAME_MOST + 1];
    sluice_error error = ERROR_INIT;
    bool dotted;
    const struct plugin *plugin = NULL;
    if (split_name(key->text, plugin_name, component_name, &dotted))
        plugin = registry_plugin(registry, plugin_name, &error);
    else
        error.code = SLUICE_E_CONFIG;
    if (!plugin && error.code != SLUICE_E_CONFIG) {
        if (binder->diag->exit_code == 0)
            binder->diag->exit_code = -error.code;
        bind_error(binder, key->at, "%s", error.text);
        return false;
    }
    const char *component = dotted ? component_name : NULL;
    out->plugin = plugin;
    out->type = plugin ? plugin_component(plugin, component, kind) : NULL;
    if (!plugin)
        unknown_component(binder, registry, kind, key);
    else if (!out->type)
        not_in_plugin(binder, registry, plugin, component, kind, key);
    return out->type != NULL;
}

/* `orders` is what its store is. */
static bool look_up_alias(struct binder *binder, struct registry *registry, uint32_t kind,
                          const struct yaml_node *key, const struct yaml_node **options,
                          struct component *out) {
    struct alias alias;
    sluice_error error = ERROR_INIT;
    if (kind != SLUICE_SOURCE && kind != SLUICE_SINK) {
        bind_error(binder, key->at,
                   "'" ALIAS_ORDERS "' is a source and a sink, not an action; put it under 'sinks'");
        return false;
    }
    if (!alias_resolve(binder, *options, &alias))
        return false;
    *options = alias.options;
    out->plugin = registry_plugin(registry, alias.plugin, &error);
    out->type = out->plugin ? plugin_component(out->plugin, NULL, kind) : NULL;
    if (out->type)
        return true;
    if (!out->plugin && error.code != SLUICE_E_CONFIG)
        bind_error(binder, key->at, "%s", error.text);
    else if (alias.by_environment)
        bind_error(binder, key->at,
                   "SUPABASE_URL is set, so 'orders' is Supabase, but no plugin 'supabase' is installed; "
                   "install it, or unset SUPABASE_URL, or write 'store: {sqlite: {}}'");
    else
        bind_error(binder, key->at,
                   "'orders' needs the plugin '%s', which isn't installed; see `sluice plugins`",
                   alias.plugin);
    return false;
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

static void bind_config(struct binder *binder, const char *title, const struct yaml_node *options,
                        struct component *out) {
    const sluice_component *type = out->type;
    bool source = type->kind == SLUICE_SOURCE;
    const char *others[5] = {0};
    size_t count = 0;
    if (!source) {
        others[count++] = "id";
        others[count++] = "where";
    }
    if (type->exchanger || (options && yaml_get(options, "limits")))
        others[count++] = "limits"; /* else bind_limits says why it can't be here */
    if (strcmp(out->name, ALIAS_ORDERS) == 0)
        others[count++] = "store";
    struct owner owner = {title, out->at, type->options, type->option_count, others};
    out->config = bind_array(binder, 1, type->config_size ? type->config_size : 1);
    if (!out->config)
        return;
    bind_options(binder, &owner, options, out->config);
    bind_limits(binder, title, options, out);
    bind_id(binder, source ? NULL : options, out);
    bind_where(binder, source ? NULL : options, out);
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
    bool found = alias_named(entry->key->text)
                     ? look_up_alias(binder, registry, position->kind, entry->key, &options, out)
                     : look_up(binder, registry, position->kind, entry->key, out);
    if (!found)
        return false;
    char title[120];
    snprintf(title, sizeof title, "%s '%.80s'", descriptor_kind_name(position->kind), out->name);
    if (readable)
        bind_config(binder, title, options, out);
    return true;
}
