#include "schema.h"

#include <stdio.h>
#include <string.h>

#include "alias.h"
#include "component.h"
#include "component_name.h"
#include "error.h"
#include "grammar.h"
#include "log.h"
#include "pipeline.h"
#include "schema_option.h"
#include "schema_test.h"
#include "sections.h"

#define NAME_PATTERN(most) "\"pattern\":\"^[A-Za-z0-9_.-]{1," #most "}$|" SCHEMA_VARIABLE "\""

static void put_help(struct json *json, const char *help) {
    json_key(json, "description");
    json_string(json, help);
}

/* "name": { "description": help, and `members`, which the caller ends with json_close. */
static void open_word(struct json *json, const struct word *words, const char *name, const char *members) {
    json_key(json, name);
    json_open(json, '{');
    put_help(json, grammar_help(words, name));
    if (members)
        json_raw(json, members);
}

static void put_word(struct json *json, const struct word *words, const char *name, const char *members) {
    open_word(json, words, name, members);
    json_close(json, '}');
}

/* An object with these members and no other. */
static void open_closed(struct json *json, const char *types) {
    json_key(json, "type");
    json_raw(json, types);
    json_raw(json, "\"additionalProperties\":false");
    json_key(json, "properties");
    json_open(json, '{');
}

/* A language server that finds the most in its own place thinks that the empty map is full, and offers no
 * name. */
static void put_one_key(struct json *json) {
    json_raw(json, "\"minProperties\":1,\"allOf\":[{\"maxProperties\":1}]");
}

/* ---- one component ---------------------------------------------------------------------------- */

static void put_limits(struct json *json) {
    open_word(json, grammar_common, "limits", NULL);
    open_closed(json, "\"object\"");
    schema_options(json, component_limits, component_limit_count);
    json_close(json, '}');
    json_close(json, '}');
}

/* What the core takes from among the options. */
static void put_common(struct json *json, uint32_t kind, bool limits) {
    if (kind != SLUICE_SOURCE) {
        put_word(json, grammar_common, "id",
                 "\"type\":[\"string\",\"number\",\"boolean\"]," NAME_PATTERN(48));
        put_word(json, grammar_common, "where",
                 "\"type\":\"object\",\"additionalProperties\":{\"anyOf\":[{\"type\":[\"string\",\"number\","
                 "\"boolean\",\"null\"]},{\"type\":\"array\",\"minItems\":1,\"items\":{" SCHEMA_TEXT "}}]}");
    }
    if (limits)
        put_limits(json);
}

static void put_about(struct json *json, const sluice_component *type) {
    char text[2400];
    snprintf(text, sizeof text, "%s%s%s%s", type->summary,
             type->flags & SLUICE_SPENDS      ? " (spends money)"
             : type->flags & SLUICE_MAY_SPEND ? " (may spend money)"
                                              : "",
             type->about ? "\n\n" : "", type->about ? type->about : "");
    put_help(json, text);
}

/* ---- the store, whichever it is --------------------------------------------------------------- */

enum { STORES_MOST = 4 };

struct stores {
    const sluice_component *types[STORES_MOST];
    const char *names[STORES_MOST];
    size_t count;
};

static void find_stores(struct registry *registry, uint32_t kind, struct stores *out) {
    *out = (struct stores){.count = 0};
    for (size_t i = 0; alias_stores[i] && out->count < STORES_MOST; i++) {
        struct plugin *plugin = registry_probe(registry, alias_stores[i], NULL)
                                    ? registry_plugin(registry, alias_stores[i], NULL)
                                    : NULL;
        const sluice_component *type = plugin ? plugin_component(plugin, alias_stores[i], kind) : NULL;
        if (!type)
            continue;
        out->types[out->count] = type;
        out->names[out->count++] = alias_stores[i];
    }
}

static bool option_of(const sluice_component *type, const char *name) {
    for (size_t i = 0; i < type->option_count; i++)
        if (strcmp(type->options[i].name, name) == 0)
            return true;
    return false;
}

/* Each store's options beside `store`; which store it will be is known where the pipeline runs. */
static void put_options_of_all(struct json *json, const struct stores *stores) {
    for (size_t i = 0; i < stores->count; i++)
        for (size_t o = 0; o < stores->types[i]->option_count; o++) {
            const sluice_option *row = &stores->types[i]->options[o];
            bool before = false;
            for (size_t j = 0; j < i; j++)
                before = before || option_of(stores->types[j], row->name);
            if (!before)
                schema_options(json, row, 1);
        }
}

static void put_store(struct json *json, const struct stores *stores) {
    open_word(json, grammar_common, "store", "\"default\":\"auto\"");
    json_key(json, "anyOf");
    json_open(json, '[');
    json_raw(json, "{\"enum\":[\"auto\"]}");
    json_raw(json, "{\"type\":\"string\",\"pattern\":\"" SCHEMA_VARIABLE "\"}");
    json_open(json, '{');
    put_one_key(json);
    open_closed(json, "\"object\"");
    for (size_t i = 0; i < stores->count; i++) {
        json_key(json, stores->names[i]);
        json_open(json, '{');
        put_about(json, stores->types[i]);
        open_closed(json, "[\"object\",\"null\"]");
        schema_options(json, stores->types[i]->options, stores->types[i]->option_count);
        json_close(json, '}');
        json_close(json, '}');
    }
    json_close(json, '}');
    json_close(json, '}');
    json_close(json, ']');
    json_close(json, '}');
}

/* The one that a push source shows, as a sink writes to it. */
static void put_shown(struct json *json, struct registry *registry) {
    struct stores stores;
    find_stores(registry, SLUICE_SINK, &stores);
    put_store(json, &stores);
}

/* ---- one component, and orders ---------------------------------------------------------------- */

static void put_component(struct json *json, struct registry *registry, const char *plugin,
                          const sluice_component *type) {
    char name[COMPONENT_NAME_ROOM];
    json_key(json, component_name(plugin, type->name, name));
    json_open(json, '{');
    put_about(json, type);
    bool needs = schema_required(json, type->options, type->option_count) > 0;
    open_closed(json, needs ? "\"object\"" : "[\"object\",\"null\"]");
    schema_options(json, type->options, type->option_count);
    put_common(json, type->kind, type->exchanger != NULL);
    if (type->flags & SLUICE_PUSH)
        put_shown(json, registry);
    json_close(json, '}');
    json_close(json, '}');
}

static void put_orders(struct json *json, struct registry *registry, uint32_t kind) {
    struct stores stores;
    char text[1200];
    bool limits = false;
    find_stores(registry, kind, &stores);
    for (size_t i = 0; i < stores.count; i++)
        limits = limits || stores.types[i]->exchanger;
    snprintf(text, sizeof text, "%s\n\n%s", alias_summary, alias_about);
    json_key(json, ALIAS_ORDERS);
    json_open(json, '{');
    put_help(json, text);
    open_closed(json, "[\"object\",\"null\"]");
    put_store(json, &stores);
    put_options_of_all(json, &stores);
    put_common(json, kind, limits);
    json_close(json, '}');
    json_close(json, '}');
}

/* ---- what may stand in one place -------------------------------------------------------------- */

/* A rejected record is no order. */
static bool fits(const sluice_component *type, uint32_t kind, bool rejects) {
    return type->kind == kind && !(rejects && (type->flags & SLUICE_ORDERS));
}

/* A map of one key, the component's name. */
static void put_place(struct json *json, struct registry *registry, const char *title, uint32_t kind,
                      bool rejects) {
    const char *const *names;
    size_t count = registry_names(registry, &names);
    json_key(json, title);
    json_open(json, '{');
    put_one_key(json);
    open_closed(json, "\"object\"");
    for (size_t i = 0; i < count; i++) {
        struct plugin *plugin =
            registry_probe(registry, names[i], NULL) ? registry_plugin(registry, names[i], NULL) : NULL;
        for (size_t c = 0; plugin && c < plugin->component_count; c++)
            if (fits(&plugin->components[c], kind, rejects))
                put_component(json, registry, plugin->name, &plugin->components[c]);
    }
    if (kind != SLUICE_ACTION && !rejects)
        put_orders(json, registry, kind);
    json_close(json, '}');
    json_close(json, '}');
}

static void warn_of_refused(struct registry *registry) {
    const char *const *names;
    size_t count = registry_names(registry, &names);
    for (size_t i = 0; i < count; i++) {
        sluice_error error = ERROR_INIT;
        if (!registry_probe(registry, names[i], &error) || !registry_plugin(registry, names[i], &error))
            log_line(SLUICE_LOG_WARN, NULL, "left out: %s", error.text);
    }
}

/* ---- the file --------------------------------------------------------------------------------- */

static void put_section(struct json *json, const struct section *section) {
    open_word(json, grammar_keys, section->name, NULL);
    if (strcmp(section->name, "trigger") == 0) /* one of the two, and not both */
        json_raw(json, "\"anyOf\":[{\"required\":[\"every\"]},{\"required\":[\"cron\"]}],"
                       "\"dependencies\":{\"every\":{\"not\":{\"required\":[\"cron\"]}}}");
    open_closed(json, "[\"object\",\"null\"]");
    schema_options(json, section->rows, section->row_count);
    json_close(json, '}');
    json_close(json, '}');
}

static void put_list(struct json *json, const char *name, const char *types, const char *more) {
    char members[200];
    snprintf(members, sizeof members,
             "\"type\":%s,\"maxItems\":%d,\"items\":{\"$ref\":\"#/definitions/%s\"}%s", types,
             PIPELINE_LIST_MOST, name, more);
    put_word(json, grammar_keys, name, members);
}

static void put_keys(struct json *json) {
    put_word(json, grammar_keys, "name", "\"type\":[\"string\",\"number\",\"boolean\"]," NAME_PATTERN(64));
    put_word(json, grammar_keys, "description", SCHEMA_TEXT);
    put_word(json, grammar_keys, "vars",
             "\"type\":[\"object\",\"null\"],\"propertyNames\":{\"pattern\":\"^[A-Za-z_][A-Za-z0-9_]*$\"},"
             "\"additionalProperties\":{\"type\":[\"string\",\"number\",\"boolean\",\"null\"]}");
    put_word(json, grammar_keys, "source", "\"$ref\":\"#/definitions/source\"");
    put_list(json, "actions", "[\"array\",\"null\"]", "");
    put_list(json, "sinks", "\"array\"", ",\"minItems\":1");
    put_list(json, "on_reject", "[\"array\",\"null\"]", "");
    for (const struct section *section = sections; section->name; section++)
        put_section(json, section);
    open_word(json, grammar_keys, "tests", "\"type\":[\"array\",\"null\"]");
    json_key(json, "items");
    schema_test(json);
    json_close(json, '}');
}

void schema_write(struct json *json, struct registry *registry) {
    warn_of_refused(registry);
    json_open(json, '{');
    json_key(json, "$schema");
    json_string(json, "http://json-schema.org/draft-07/schema#");
    json_key(json, "title");
    json_string(json, "A pipeline of sluice " SLUICE_VERSION);
    json_raw(json, "\"required\":[\"source\",\"sinks\"],\"patternProperties\":{\"^x-\":{}}");
    open_closed(json, "\"object\"");
    put_keys(json);
    json_close(json, '}');
    json_key(json, "definitions");
    json_open(json, '{');
    put_place(json, registry, "source", SLUICE_SOURCE, false);
    put_place(json, registry, "actions", SLUICE_ACTION, false);
    put_place(json, registry, "sinks", SLUICE_SINK, false);
    put_place(json, registry, "on_reject", SLUICE_SINK, true);
    json_close(json, '}');
    json_close(json, '}');
}
