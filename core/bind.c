#include "bind.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "suggest.h"
#include "text.h"
#include "utf8.h"
#include "value.h"

void bind_error(struct binder *binder, struct mark at, const char *format, ...) {
    char text[1500];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    diag_add(binder->diag, DIAG_ERROR, at, "%s", text);
}

static void out_of_memory(struct binder *binder) {
    if (!binder->out_of_memory)
        diag_add(binder->diag, DIAG_ERROR, (struct mark){.file = binder->file}, "out of memory");
    binder->out_of_memory = true;
}

void *bind_array(struct binder *binder, size_t count, size_t size) {
    void *room = arena_array(binder->arena, count ? count : 1, size);
    if (!room)
        out_of_memory(binder);
    return room ? memset(room, 0, count * size) : NULL;
}

sluice_text bind_copy(struct binder *binder, sluice_text text) {
    sluice_text copy = arena_copy(binder->arena, text);
    if (text.ptr && !copy.ptr)
        out_of_memory(binder);
    return copy;
}

const char *bind_string(struct binder *binder, sluice_text text) {
    const char *copy = bind_copy(binder, text).ptr;
    return copy ? copy : "";
}

/* ---- variables -------------------------------------------------------------------------------- */

/* The place of a byte inside a scalar: exact unless escapes or line breaks came before it. */
static struct mark place_inside(const struct yaml_node *node, size_t offset, size_t length) {
    struct mark at = node->at;
    uint64_t characters = utf8_length(node->text);
    unsigned quote = node->plain ? 0 : 1;
    if (at.width != characters + 2 * quote)
        return at;
    at.column += quote + (unsigned)utf8_length((sluice_text){node->text.ptr, offset});
    at.width = (unsigned)length;
    return at;
}

static enum bound undefined(struct binder *binder, const struct yaml_node *node, enum vars_result result,
                            const struct vars_problem *problem) {
    struct mark at = place_inside(node, problem->offset, problem->name.len + 3);
    int n = (int)problem->name.len;
    const char *name = problem->name.ptr;
    enum diag_level level = binder->mode == PIPELINE_RUN ? DIAG_ERROR : DIAG_NOTE;
    binder->later++;
    if (result == VARS_REQUIRED)
        diag_add(binder->diag, level, at, "%.*s is not set: %.*s", n, name, TEXT_ARG(problem->message));
    else if (vars_hides_name(problem->name))
        diag_add(binder->diag, level, at, "%.*s is not set; put it into .env or the environment", n, name);
    else if (binder->vars.no_set)
        diag_add(binder->diag, level, at,
                 "%.*s is not set; put it into .env or the environment, or write ${%.*s:-default}", n, name,
                 n, name);
    else
        diag_add(binder->diag, level, at,
                 "%.*s is not set; put it into .env or the environment, add --set %.*s=…, or "
                 "write ${%.*s:-default}",
                 n, name, n, name, n, name);
    return binder->mode == PIPELINE_RUN ? BOUND_WRONG : BOUND_LATER;
}

static enum bound expand(struct binder *binder, const struct yaml_node *node, const char *what,
                         sluice_text *out) {
    struct vars_problem problem;
    if (binder->literal) {
        *out = bind_copy(binder, node->text);
        return BOUND_VALUE;
    }
    enum vars_result result = vars_expand(&binder->vars, binder->arena, node->text, out, &problem);
    if (result == VARS_OK)
        return BOUND_VALUE;
    if (result != VARS_SYNTAX)
        return undefined(binder, node, result, &problem);
    bind_error(binder, place_inside(node, problem.offset, 2), "%s: %.*s", what, TEXT_ARG(problem.message));
    return BOUND_WRONG;
}

/* ---- texts ------------------------------------------------------------------------------------ */

enum bound bind_text(struct binder *binder, const struct yaml_node *node, const char *what,
                     sluice_text *out) {
    *out = (sluice_text){NULL, 0};
    if (node->refused)
        return BOUND_WRONG;
    if (yaml_is_null(node)) {
        bind_error(binder, node->key ? node->key->at : node->at,
                   "%s has no value; write one, or '' for an empty text", what);
        return BOUND_WRONG;
    }
    if (node->kind != YAML_SCALAR) {
        bind_error(binder, node->at, "%s is one value, not %s; %s", what, yaml_kind_name(node),
                   node->kind == YAML_MAP ? "a text that begins with '{' needs quotes"
                                          : "write it without '- ' and []");
        return BOUND_WRONG;
    }
    return expand(binder, node, what, out);
}

enum bound bind_texts(struct binder *binder, const struct yaml_node *node, const char *what,
                      sluice_texts *out) {
    size_t count = node->kind == YAML_LIST ? node->count : 1, used = 0;
    sluice_text *items = bind_array(binder, count, sizeof *items);
    enum bound worst = BOUND_VALUE;
    if (!items)
        return BOUND_WRONG;
    if (node->kind != YAML_LIST)
        worst = bind_text(binder, node, what, &items[used++]);
    for (const struct yaml_node *item = node->first; node->kind == YAML_LIST && item; item = item->next) {
        enum bound bound = bind_text(binder, item, what, &items[used++]);
        worst = bound > worst ? bound : worst;
    }
    for (size_t i = 0; worst == BOUND_VALUE && i < used; i++)
        items[i] = bind_copy(binder, items[i]);
    *out = (sluice_texts){items, used};
    return worst;
}

static bool bind_pair(struct binder *binder, const struct yaml_node *node, const char *what,
                      sluice_pair *out) {
    char title[200];
    snprintf(title, sizeof title, "'%.*s' in %s",
             (int)(node->key->text.len < 100 ? node->key->text.len : 100), node->key->text.ptr, what);
    if (memmem(node->key->text.ptr, node->key->text.len, "${", 2)) {
        bind_error(binder, node->key->at, "a key takes no ${…}; write the name itself");
        return false;
    }
    out->key = bind_copy(binder, node->key->text);
    return bind_texts(binder, node, title, &out->values) == BOUND_VALUE;
}

/* An item of a list is a key that is its own value: [a, b] is {a: a, b: b}. */
static bool bind_item(struct binder *binder, const struct yaml_node *node, const char *what,
                      const sluice_pairs *before, sluice_pair *out) {
    sluice_text *value = bind_array(binder, 1, sizeof *value);
    if (!value || bind_text(binder, node, what, value) != BOUND_VALUE)
        return false;
    for (uint64_t i = 0; i < before->count; i++) {
        if (!text_equal(before->items[i].key, *value))
            continue;
        bind_error(binder, node->at, "%s names '%.*s' twice; remove one", what, TEXT_ARG(*value));
        return false;
    }
    *value = bind_copy(binder, *value);
    *out = (sluice_pair){*value, {value, 1}};
    return true;
}

static void bind_pairs(struct binder *binder, const struct yaml_node *map, const char *what,
                       sluice_pairs *out) {
    if (map->kind == YAML_SCALAR) {
        bind_error(binder, map->at, "%s is a map, not %s; write {key: value}", what, yaml_kind_name(map));
        return;
    }
    sluice_pair *items = bind_array(binder, map->count, sizeof *items);
    if (!items)
        return;
    *out = (sluice_pairs){items, 0};
    for (const struct yaml_node *node = map->first; node; node = node->next)
        if (map->kind == YAML_MAP ? bind_pair(binder, node, what, &items[out->count])
                                  : bind_item(binder, node, what, out, &items[out->count]))
            out->count++;
}

/* ---- options ---------------------------------------------------------------------------------- */

static bool is_other(const struct owner *owner, sluice_text name) {
    for (const char *const *other = owner->others; other && *other; other++)
        if (text_is(name, *other))
            return true;
    return false;
}

/* "path, columns, delimiter", cut when it gets long. */
static void list_options(const struct owner *owner, char *out, size_t room) {
    size_t used = 0;
    out[0] = 0;
    for (size_t i = 0; i < owner->row_count && used < room; i++)
        used += (size_t)snprintf(out + used, room - used, "%s%s", used ? ", " : "", owner->rows[i].name);
    for (const char *const *other = owner->others; other && *other && used < room; other++)
        used += (size_t)snprintf(out + used, room - used, "%s%s", used ? ", " : "", *other);
}

static void unknown_option(struct binder *binder, const struct owner *owner, const struct yaml_node *key) {
    struct suggestion close;
    char names[600];
    int n = (int)(key->text.len < 60 ? key->text.len : 60);
    suggest_begin(&close, key->text);
    for (size_t i = 0; i < owner->row_count; i++)
        suggest_consider(&close, owner->rows[i].name);
    for (const char *const *other = owner->others; other && *other; other++)
        suggest_consider(&close, *other);
    list_options(owner, names, sizeof names);
    if (close.best)
        bind_error(binder, key->at, "%s has no option '%.*s'; did you mean '%s'?", owner->title, n,
                   key->text.ptr, close.best);
    else if (names[0])
        bind_error(binder, key->at, "%s has no option '%.*s'; it has %s", owner->title, n, key->text.ptr,
                   names);
    else
        bind_error(binder, key->at, "%s has no option '%.*s'; it takes none", owner->title, n, key->text.ptr);
}

static bool is_literal(const struct yaml_node *node) {
    return node->kind == YAML_SCALAR && node->text.len > 0 &&
           !memmem(node->text.ptr, node->text.len, "${", 2);
}

/* Bind one scalar that an option row describes. False: nothing was stored, the default counts. */
static bool bind_scalar(struct binder *binder, const sluice_option *row, const struct yaml_node *node,
                        const char *what, void *config) {
    sluice_error why = ERROR_INIT;
    sluice_text text;
    if (row->type == SLUICE_TYPE_SECRET && is_literal(node))
        diag_add(binder->diag, DIAG_WARNING, node->at,
                 "%s: a secret stands in this file; put it into .env or the "
                 "environment and write \"${NAME}\"",
                 what);
    if (bind_text(binder, node, what, &text) != BOUND_VALUE)
        return true;
    if (text.len == 0 && node->text.len > 0)
        return false; /* "${NAME:-}": what is empty counts as not given */
    if (!value_store(row, text, config, binder->arena, &why))
        bind_error(binder, node->at, "%s: %s", what, why.text);
    return true;
}

static bool bind_option(struct binder *binder, const sluice_option *row, const struct yaml_node *node,
                        void *config) {
    char what[100];
    void *member = (char *)config + row->offset;
    snprintf(what, sizeof what, "option '%s'", row->name);
    if (row->type == SLUICE_TYPE_PAIRS)
        bind_pairs(binder, node, what, member);
    else if (row->type == SLUICE_TYPE_TEXTS && node->kind == YAML_LIST)
        bind_texts(binder, node, what, member);
    else
        return bind_scalar(binder, row, node, what, config);
    return true;
}

/* ---- defaults --------------------------------------------------------------------------------- */

/* The variable that a default is taken from: "${GSM_FUSION_API_KEY}". */
static sluice_text fallback_variable(const sluice_option *row) {
    const char *start = row->fallback ? strstr(row->fallback, "${") : NULL;
    sluice_text name = text_of(start ? start + 2 : "");
    name.len = vars_name_length(name);
    return name;
}

static void missing(struct binder *binder, const struct owner *owner, const sluice_option *row) {
    sluice_text name = fallback_variable(row);
    if (name.len && binder->mode != PIPELINE_RUN)
        diag_add(binder->diag, DIAG_NOTE, owner->at,
                 "%.*s is not set; a run needs it for the option '%s' of %s", TEXT_ARG(name), row->name,
                 owner->title);
    else if (name.len)
        bind_error(binder, owner->at,
                   "%s needs the option '%s'; set %.*s in .env or the environment, or write the option",
                   owner->title, row->name, TEXT_ARG(name));
    else
        bind_error(binder, owner->at, "%s needs the option '%s'; write it, as in '%s: %s'", owner->title,
                   row->name, row->name, row->example ? row->example : "VALUE");
}

static void use_fallback(struct binder *binder, const struct owner *owner, const sluice_option *row,
                         bool partial, void *config) {
    struct vars_problem problem;
    sluice_error why = ERROR_INIT;
    sluice_text text = {NULL, 0};
    enum vars_result result = VARS_UNDEFINED;
    if (row->fallback)
        result = vars_expand(&binder->vars, binder->arena, text_of(row->fallback), &text, &problem);
    bool nothing = result != VARS_OK || (text.len == 0 && *row->fallback);
    if (nothing && (row->flags & SLUICE_REQUIRED)) {
        binder->later++;
        if (!partial)
            missing(binder, owner, row);
    }
    if (nothing)
        return;
    if (!value_store(row, text, config, binder->arena, &why))
        bind_error(binder, owner->at, "option '%s' of %s, from %s: %s", row->name, owner->title,
                   row->fallback, why.text);
}

/* A required text that is there but empty is as good as missing. */
static void check_required(struct binder *binder, const sluice_option *row, const struct yaml_node *node) {
    if ((row->flags & SLUICE_REQUIRED) && node->kind == YAML_SCALAR && !node->plain && node->text.len == 0)
        bind_error(binder, node->at, "option '%s' is needed and can't be empty; write %s", row->name,
                   row->example ? row->example : "a value");
}

void bind_options(struct binder *binder, const struct owner *owner, const struct yaml_node *map,
                  void *config) {
    for (const struct yaml_node *node = map ? map->first : NULL; node; node = node->next) {
        bool known = is_other(owner, node->key->text);
        for (size_t i = 0; i < owner->row_count && !known; i++)
            known = text_is(node->key->text, owner->rows[i].name);
        if (!known)
            unknown_option(binder, owner, node->key);
    }
    for (size_t i = 0; i < owner->row_count; i++) {
        const sluice_option *row = &owner->rows[i];
        const struct yaml_node *node = map ? yaml_get(map, row->name) : NULL;
        if (node)
            check_required(binder, row, node);
        if (!node || !bind_option(binder, row, node, config))
            use_fallback(binder, owner, row, map && map->partial, config);
    }
}
