#include "descriptor.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "may_spend.h"
#include "text.h"
#include "value.h"

enum {
    COMPONENTS_MOST = 64,
    OPTIONS_MOST = 256,
    STRUCT_MOST = 4096, /* a plugin that claims a larger struct is broken, not newer */
    CONFIG_MOST = 65536,
};

/* Sizes below which a struct can't be what it says it is: the members up to the last that every
 * version has. */
#define UP_TO(type, member) (offsetof(type, member) + sizeof(((type *)0)->member))

struct reading {
    const char *name, *path;
    sluice_arena *arena;
    sluice_error *error;
};

__attribute__((format(printf, 2, 3))) static int refuse(struct reading *in, const char *format, ...) {
    char text[600];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return fail(in->error, SLUICE_E_PLUGIN, "plugin '%s' (%s) was refused: %s", in->name, in->path, text);
}

bool descriptor_good_name(const char *name) {
    size_t n = 0;
    if (!name || !isalpha((unsigned char)name[0]))
        return false;
    while (name[n] && n <= NAME_MOST && (isalnum((unsigned char)name[n]) || name[n] == '_'))
        n++;
    return name[n] == 0 && n <= NAME_MOST;
}

const char *descriptor_kind_name(uint32_t kind) {
    static const char *const names[] = {"?", "source", "action", "sink", "sandbox"};
    return names[kind <= SLUICE_SANDBOX ? kind : 0];
}

const char *const *descriptor_faults(const sluice_component *component) {
    const sluice_sandbox *sandbox = component->sandbox;
    bool has = sandbox && sandbox->size >= offsetof(sluice_sandbox, faults) + sizeof sandbox->faults;
    return has ? sandbox->faults : NULL;
}

/* Today's struct: what the plugin has of it, zeros behind. */
static void adopt(void *out, size_t room, const void *theirs, size_t size) {
    memset(out, 0, room);
    memcpy(out, theirs, size < room ? size : room);
}

/* A struct of callbacks, copied; *ours is NULL when the plugin has none. */
static int adopt_callbacks(struct reading *in, const char *what, const void *theirs, size_t least,
                           size_t room, const void **ours) {
    *ours = NULL;
    if (!theirs)
        return 0;
    uint32_t size;
    memcpy(&size, theirs, sizeof size);
    if (size < least || size > STRUCT_MOST)
        return refuse(in, "its %s has a size of %u bytes; build it again with this version's headers", what,
                      size);
    void *copy = arena_alloc(in->arena, room);
    if (!copy)
        return fail_memory(in->error);
    adopt(copy, room, theirs, size);
    *ours = copy;
    return 0;
}

static int adopt_all_callbacks(struct reading *in, sluice_component *c) {
    const void *source = c->source, *action = c->action, *sink = c->sink, *sandbox = c->sandbox,
               *exchanger = c->exchanger, *store = c->store;
    int failed;
    if ((failed =
             adopt_callbacks(in, "source", source, UP_TO(sluice_source, read), sizeof *c->source, &source)) ||
        (failed = adopt_callbacks(in, "action", action, UP_TO(sluice_action, process), sizeof *c->action,
                                  &action)) ||
        (failed = adopt_callbacks(in, "sink", sink, UP_TO(sluice_sink, commit), sizeof *c->sink, &sink)) ||
        (failed = adopt_callbacks(in, "sandbox", sandbox, UP_TO(sluice_sandbox, handle), sizeof *c->sandbox,
                                  &sandbox)) ||
        (failed = adopt_callbacks(in, "exchanger", exchanger, UP_TO(sluice_exchanger, parse),
                                  sizeof *c->exchanger, &exchanger)) ||
        (failed = adopt_callbacks(in, "store", store, UP_TO(sluice_store, script), sizeof *c->store, &store)))
        return failed;
    c->source = source;
    c->action = action;
    c->sink = sink;
    c->sandbox = sandbox;
    c->exchanger = exchanger;
    c->store = store;
    return 0;
}

/* ---- options ------------------------------------------------------------------------------- */

static uint32_t member_size(uint32_t type) {
    switch (type) {
    case SLUICE_TYPE_TEXT:
    case SLUICE_TYPE_MONEY:
    case SLUICE_TYPE_URL:
        return sizeof(sluice_text);
    case SLUICE_TYPE_BOOL:
        return sizeof(uint8_t);
    case SLUICE_TYPE_INT:
    case SLUICE_TYPE_DURATION:
    case SLUICE_TYPE_SIZE:
    case SLUICE_TYPE_CHOICE:
        return sizeof(int64_t);
    case SLUICE_TYPE_RATE:
        return sizeof(sluice_rate);
    case SLUICE_TYPE_TEXTS:
        return sizeof(sluice_texts);
    case SLUICE_TYPE_PAIRS:
        return sizeof(sluice_pairs);
    case SLUICE_TYPE_SECRET:
        return sizeof(sluice_secret);
    default:
        return 0;
    }
}

/* Options that the core takes from every component. */
static bool reserved(const char *name) {
    return strcmp(name, "id") == 0 || strcmp(name, "where") == 0 || strcmp(name, "limits") == 0;
}

/* A default that couldn't be written in a file can't be one. Those with ${…} are checked when used. */
static int check_fallback(struct reading *in, const sluice_component *c, const sluice_option *row) {
    sluice_error why = ERROR_INIT;
    if (!row->fallback || row->type == SLUICE_TYPE_SECRET || strchr(row->fallback, '$'))
        return 0;
    void *config = arena_zalloc(in->arena, c->config_size);
    if (!config)
        return fail_memory(in->error);
    if (value_store(row, text_of(row->fallback), config, in->arena, &why))
        return 0;
    return refuse(in, "the default of option '%s' of '%s' is wrong: %s", row->name, c->name, why.text);
}

static int check_option(struct reading *in, const sluice_component *c, const sluice_option *row) {
    if (!descriptor_good_name(row->name) || reserved(row->name))
        return refuse(in, "'%s' can't be the name of an option of '%s'", row->name ? row->name : "", c->name);
    for (const sluice_option *other = c->options; other < row; other++)
        if (strcmp(other->name, row->name) == 0)
            return refuse(in, "'%s' has two options called '%s'", c->name, row->name);
    if (member_size(row->type) == 0)
        return refuse(in, "option '%s' of '%s' has a type (%u) that this sluice doesn't know; upgrade sluice",
                      row->name, c->name, row->type);
    if (row->member_size != member_size(row->type) || row->offset > c->config_size ||
        c->config_size - row->offset < row->member_size)
        return refuse(in, "option '%s' of '%s' lies outside its struct; declare it with a SLUICE_OPT macro",
                      row->name, c->name);
    if (row->type == SLUICE_TYPE_CHOICE && (!row->choices || !row->choices[0]))
        return refuse(in, "option '%s' of '%s' has no choices", row->name, c->name);
    return check_fallback(in, c, row);
}

static int read_options(struct reading *in, sluice_component *c) {
    const char *theirs = (const char *)c->options;
    size_t stride = c->option_stride;
    if (c->option_count == 0)
        return 0;
    if (!theirs || c->option_count > OPTIONS_MOST || stride < UP_TO(sluice_option, help) ||
        stride > STRUCT_MOST || stride % sizeof(void *) != 0 || c->config_size > CONFIG_MOST)
        return refuse(in, "the options of '%s' aren't laid out as the contract says; build it again",
                      c->name);
    sluice_option *ours = arena_array(in->arena, c->option_count, sizeof *ours);
    if (!ours)
        return fail_memory(in->error);
    for (size_t i = 0; i < c->option_count; i++)
        adopt(&ours[i], sizeof *ours, theirs + i * stride, stride);
    c->options = ours;
    c->option_stride = sizeof *ours;
    for (size_t i = 0; i < c->option_count; i++) {
        int failed = check_option(in, c, &ours[i]);
        if (failed)
            return failed;
    }
    return 0;
}

/* ---- components ---------------------------------------------------------------------------- */

/* What a component of its kind must bring; NULL when it does. */
static const char *missing(const sluice_component *c) {
    bool exchanges = c->exchanger && c->exchanger->build && c->exchanger->parse;
    bool push = (c->flags & SLUICE_PUSH) != 0;
    if (c->exchanger && !exchanges)
        return "an exchanger's build and parse";
    switch (c->kind) {
    case SLUICE_SOURCE:
        if (push)
            return c->source && c->source->start && c->source->outcome && c->source->stop
                       ? NULL
                       : "a push source's start, outcome and stop";
        return exchanges || (c->source && c->source->read) ? NULL : "a source's read";
    case SLUICE_ACTION:
        return exchanges || (c->action && c->action->process) ? NULL : "an action's process, or an exchanger";
    case SLUICE_SINK:
        return exchanges || (c->sink && c->sink->write && c->sink->commit) ? NULL
                                                                           : "a sink's write and commit";
    default:
        return c->sandbox && c->sandbox->handle ? NULL : "a sandbox's handle";
    }
}

/* Callbacks of another kind: the plugin's author has mixed something up. */
static bool mixed_up(const sluice_component *c) {
    return (c->source && c->kind != SLUICE_SOURCE) || (c->action && c->kind != SLUICE_ACTION) ||
           (c->sink && c->kind != SLUICE_SINK) || (c->sandbox && c->kind != SLUICE_SANDBOX) ||
           (c->store && c->kind != SLUICE_SINK) || (c->kind == SLUICE_ACTION && c->action && c->exchanger) ||
           (c->kind == SLUICE_SANDBOX && c->exchanger);
}

static int check_component(struct reading *in, const sluice_component *c) {
    if (!descriptor_good_name(c->name))
        return refuse(in, "'%s' can't be the name of a component: letters, digits and '_'",
                      c->name ? c->name : "");
    if (c->kind < SLUICE_SOURCE || c->kind > SLUICE_SANDBOX)
        return refuse(in, "'%s' is of a kind (%u) that this sluice doesn't know; upgrade sluice", c->name,
                      c->kind);
    if (!c->open || !c->close || !c->summary)
        return refuse(in, "'%s' lacks open, close or a summary", c->name);
    if (missing(c))
        return refuse(in, "%s '%s' lacks %s", descriptor_kind_name(c->kind), c->name, missing(c));
    if (mixed_up(c))
        return refuse(in, "%s '%s' has callbacks of another kind", descriptor_kind_name(c->kind), c->name);
    bool spends = c->flags & (SLUICE_SPENDS | SLUICE_MAY_SPEND);
    if (spends && (c->kind != SLUICE_ACTION || !c->exchanger || !c->exchanger->identity))
        return refuse(in, "'%s' spends money, so it must be an action with an exchanger that has identity",
                      c->name);
    return 0;
}

static int read_component(struct reading *in, const void *theirs, size_t stride, sluice_component *out) {
    uint32_t size;
    memcpy(&size, theirs, sizeof size);
    if (size < UP_TO(sluice_component, close) || size > stride)
        return refuse(in, "a component has a size of %u bytes; build it again with this version's headers",
                      size);
    adopt(out, sizeof *out, theirs, size);
    int failed = adopt_all_callbacks(in, out);
    if (failed == 0)
        failed = check_component(in, out);
    if (!failed)
        failed = read_options(in, out);
    if (!failed && (out->flags & SLUICE_MAY_SPEND) && !may_spend_option(out))
        failed =
            refuse(in, "'%s' may spend money, so it must have an option 'spends', true or false", out->name);
    return failed;
}

static int read_components(struct reading *in, struct plugin *out) {
    const sluice_plugin *d = &out->descriptor;
    size_t stride = d->component_stride;
    if (!d->components || d->component_count == 0 || d->component_count > COMPONENTS_MOST ||
        stride < UP_TO(sluice_component, close) || stride > STRUCT_MOST || stride % sizeof(void *) != 0)
        return refuse(in, "it brings no components that this sluice can read; build it again");
    out->components = arena_array(in->arena, d->component_count, sizeof *out->components);
    if (!out->components)
        return fail_memory(in->error);
    for (size_t i = 0; i < d->component_count; i++) {
        sluice_component *c = &out->components[i];
        int failed = read_component(in, (const char *)d->components + i * stride, stride, c);
        if (failed)
            return failed;
        for (size_t j = 0; j < i; j++)
            if (strcmp(out->components[j].name, c->name) == 0 && out->components[j].kind == c->kind)
                return refuse(in, "it has two components that are %s '%s'", descriptor_kind_name(c->kind),
                              c->name);
    }
    out->component_count = d->component_count;
    return 0;
}

int descriptor_read(const sluice_plugin *theirs, const char *name, const char *path, sluice_arena *arena,
                    struct plugin *out, sluice_error *error) {
    struct reading in = {name, path, arena, error};
    if (!theirs)
        return refuse(&in, "it handed over no description of itself");
    if (theirs->size < UP_TO(sluice_plugin, component_stride) || theirs->size > STRUCT_MOST)
        return refuse(&in,
                      "its description has a size of %u bytes; build it again with this version's headers",
                      theirs->size);
    adopt(&out->descriptor, sizeof out->descriptor, theirs, theirs->size);
    const sluice_plugin *d = &out->descriptor;
    if (d->min_minor > SLUICE_ABI_MINOR)
        return refuse(
            &in,
            "it needs a sluice with plugin contract %d.%u or later, this one (%s) has %d.%d; upgrade sluice",
            SLUICE_ABI_MAJOR, d->min_minor, SLUICE_VERSION, SLUICE_ABI_MAJOR, SLUICE_ABI_MINOR);
    if (!d->name || strcmp(d->name, name) != 0)
        return refuse(&in, "it calls itself '%s'; the file's name must be that with .so",
                      d->name ? d->name : "");
    if (!d->version || !d->summary)
        return refuse(&in, "it lacks a version or a summary");
    out->name = name;
    return read_components(&in, out);
}
