#include <stdio.h>
#include <string.h>

#include "alias.h"
#include "component.h"
#include "descriptor.h"
#include "suggest.h"
#include "text.h"

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
    if (alias.by_absence && vars_get(&binder->vars, "SUPABASE_DB_URL"))
        diag_add(
            binder->diag, DIAG_WARNING, key->at,
            "SUPABASE_DB_URL is set, but 'orders' looks at SUPABASE_URL, which isn't, and so it is a SQLite "
            "file; set SUPABASE_URL, too, or write 'store: {sqlite: {}}' if that is meant");
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

bool component_look_up(struct binder *binder, struct registry *registry, uint32_t kind,
                       const struct yaml_node *key, const struct yaml_node **options, struct component *out) {
    return alias_named(key->text) ? look_up_alias(binder, registry, kind, key, options, out)
                                  : look_up(binder, registry, kind, key, out);
}
