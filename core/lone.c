#include "lone.h"

#include <stdio.h>
#include <string.h>

#include "alias.h"
#include "bind.h"
#include "component.h"
#include "text.h"

/* A dollar that is meant as one. */
static sluice_text literal(struct binder *binder, sluice_text text) {
    uint64_t dollars = 0, used = 0;
    for (uint64_t i = 0; i < text.len; i++)
        dollars += text.ptr[i] == '$';
    if (!dollars)
        return text;
    char *copy = bind_array(binder, text.len + dollars, 1);
    for (uint64_t i = 0; copy && i < text.len; i++) {
        copy[used++] = text.ptr[i];
        if (text.ptr[i] == '$')
            copy[used++] = '$';
    }
    return (sluice_text){copy ? copy : "", used};
}

static void add(struct yaml_node *parent, struct yaml_node *child) {
    *(parent->last ? &parent->last->next : &parent->first) = child;
    parent->last = child;
    parent->count++;
}

static struct yaml_node *nodes(struct binder *binder, size_t count) {
    struct yaml_node *made = bind_array(binder, count, sizeof *made);
    for (size_t i = 0; made && i < count; i++)
        made[i].at = (struct mark){.file = binder->file};
    return made;
}

/* One value stands in the map like any other; a list goes straight into its member (lists may be long). */
static bool add_option(struct binder *binder, struct yaml_node *map, const struct lone_option *option) {
    struct yaml_node *value = nodes(binder, 2);
    if (!value)
        return false;
    value->key = &value[1];
    value->key->text = text_of(option->name);
    value->text = literal(binder, option->values.items[0]);
    add(map, value);
    return true;
}

static void store_list(struct binder *binder, const struct component *component,
                       const struct lone_option *option) {
    for (uint32_t i = 0; i < component->type->option_count; i++) {
        const sluice_option *row = &component->type->options[i];
        if (strcmp(row->name, option->name) != 0)
            continue;
        if (row->type == SLUICE_TYPE_TEXTS)
            memcpy((char *)component->config + row->offset, &option->values, sizeof option->values);
        else
            bind_error(binder, component->at, "option '%s' takes one value", option->name);
        return;
    }
    bind_error(binder, component->at, "%s has no option '%s'", component->place, option->name);
}

/* What `NAME: {OPTION: VALUE, …}` would be in a file. */
static const struct yaml_node *make_entry(struct binder *binder, const char *name,
                                          const struct lone_option *options, size_t count) {
    struct yaml_node *made = nodes(binder, 3);
    if (!made)
        return NULL;
    struct yaml_node *entry = &made[0], *map = &made[1];
    entry->kind = map->kind = YAML_MAP;
    map->key = &made[2];
    map->key->text = text_of(name);
    add(entry, map);
    for (size_t i = 0; i < count; i++)
        if (options[i].values.count == 1 && !add_option(binder, map, &options[i]))
            return NULL;
    return entry;
}

static bool bind(struct binder *binder, struct program *program, const char *name, uint32_t kind,
                 const struct lone_option *options, size_t count, struct component *out) {
    struct position position = {kind, kind == SLUICE_SINK ? "sink" : "source", -1};
    const struct yaml_node *entry = make_entry(binder, name, options, count);
    if (!entry || !component_bind(binder, program_registry(program), &position, entry, out))
        return false;
    for (size_t i = 0; i < count && out->config; i++)
        if (options[i].values.count > 1)
            store_list(binder, out, &options[i]);
    return !binder->out_of_memory && binder->diag->errors == 0;
}

int lone_bind(struct lone *lone, struct program *program, const char *name, uint32_t kind,
              const struct lone_option *options, size_t count, bool lenient) {
    struct diag diag = {0};
    *lone = (struct lone){0};
    if (!program_vars(program) || !program_registry(program))
        return program->error.code;
    struct binder binder = {.file = "the command line",
                            .mode = lenient ? PIPELINE_LINT : PIPELINE_RUN,
                            .vars = *program_vars(program),
                            .arena = &lone->arena,
                            .diag = &diag};
    int result = 0;
    if (!bind(&binder, program, name, kind, options, count, &lone->component)) {
        result = diag.exit_code ? diag.exit_code : -SLUICE_E_CONFIG;
        program_report(program, &diag);
        lone_free(lone);
    } else if (alias_named(text_of(name)) && diag.warnings) {
        program_report(program, &diag);
    }
    diag_free(&diag);
    return result;
}

void lone_free(struct lone *lone) {
    inputs_free(&lone->inputs);
    arena_free(&lone->arena);
    *lone = (struct lone){0};
}
