#include "yaml_tree.h"

#include <string.h>
#include <yaml.h>

#include "text.h"
#include "utf8.h"
#include "yaml_error.h"

struct builder {
    const char *file;
    sluice_arena *arena;
    struct diag *diag;
    struct yaml_node *root;
    struct yaml_node *open[YAML_DEPTH_MOST];    /* the maps and lists that aren't closed yet */
    struct yaml_node *pending[YAML_DEPTH_MOST]; /* of a map: the key whose value comes next */
    unsigned depth;
    bool over; /* a second document began */
    bool stopped;
};

static struct mark mark_of(const struct builder *b, const yaml_event_t *event) {
    const yaml_mark_t *start = &event->start_mark, *end = &event->end_mark;
    unsigned width =
        event->type == YAML_SCALAR_EVENT && end->line == start->line && end->column > start->column
            ? (unsigned)(end->column - start->column)
            : 1;
    return (struct mark){b->file, (unsigned)start->line + 1, (unsigned)start->column + 1, width};
}

static void out_of_memory(struct builder *b) {
    diag_add(b->diag, DIAG_ERROR, (struct mark){.file = b->file}, "out of memory");
    b->stopped = true;
}

static struct yaml_node *new_node(struct builder *b, enum yaml_kind kind, struct mark at) {
    struct yaml_node *node = arena_zalloc(b->arena, sizeof *node);
    if (!node) {
        out_of_memory(b);
        return NULL;
    }
    node->kind = kind;
    node->at = at;
    return node;
}

/* What stands before a node and isn't taken: a tag, an anchor. */
static void check_properties(struct builder *b, const yaml_char_t *anchor, const yaml_char_t *tag,
                             struct mark at) {
    at.width = 1;
    static const char core[] = "tag:yaml.org,2002:"; /* what "!!" stands for */
    bool shortened = tag && strncmp((const char *)tag, core, sizeof core - 1) == 0;
    if (tag)
        diag_add(b->diag, DIAG_ERROR, at,
                 "the tag '%s%.60s' is not taken; types come from the option, so leave it out, or put a "
                 "value that "
                 "begins with '!' in quotes",
                 shortened ? "!!" : "", (const char *)tag + (shortened ? sizeof core - 1 : 0));
    if (anchor)
        diag_add(b->diag, DIAG_ERROR, at,
                 "the anchor '&%.60s' is not taken; write the value where it is needed, or put "
                 "a value that begins with '&' in quotes",
                 (const char *)anchor);
}

static void add_child(struct yaml_node *parent, struct yaml_node *child) {
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
    parent->count++;
}

static void check_key(struct builder *b, struct yaml_node *key) {
    if (key->refused)
        return;
    if (key->kind != YAML_SCALAR)
        diag_add(b->diag, DIAG_ERROR, key->at,
                 "a key is text, not %s; a value with '{' or '[' first needs quotes", yaml_kind_name(key));
    else if (key->plain && text_is(key->text, "<<"))
        diag_add(b->diag, DIAG_ERROR, key->at, "the merge key '<<' is not taken; write the keys out");
    else
        return;
    key->refused = true;
}

static void add_to_map(struct builder *b, struct yaml_node *map, struct yaml_node *key,
                       struct yaml_node *value) {
    value->key = key;
    map->partial = map->partial || key->refused;
    if (key->refused)
        return;
    for (const struct yaml_node *other = map->first; other; other = other->next)
        if (text_equal(other->key->text, key->text)) {
            diag_add(b->diag, DIAG_ERROR, key->at,
                     "'%.*s' is given twice; the first is in line %u: remove one of them",
                     TEXT_ARG(key->text), other->key->at.line);
            return;
        }
    if (map->count == YAML_KEYS_MOST) {
        diag_add(b->diag, DIAG_ERROR, key->at, "this map has more than %d keys", YAML_KEYS_MOST);
        b->stopped = true;
        return;
    }
    add_child(map, value);
}

/* Put a node where it belongs: below the innermost open map or list, as a key, or as the root. */
static void attach(struct builder *b, struct yaml_node *node) {
    if (b->depth == 0) {
        b->root = node;
        return;
    }
    struct yaml_node *parent = b->open[b->depth - 1], **pending = &b->pending[b->depth - 1];
    if (parent->kind == YAML_LIST) {
        add_child(parent, node);
    } else if (!*pending) {
        check_key(b, node);
        *pending = node;
    } else {
        add_to_map(b, parent, *pending, node);
        *pending = NULL;
    }
}

static void begin(struct builder *b, enum yaml_kind kind, const yaml_event_t *event) {
    struct mark at = mark_of(b, event);
    struct yaml_node *node = new_node(b, kind, at);
    if (!node)
        return;
    if (b->depth == YAML_DEPTH_MOST) {
        diag_add(b->diag, DIAG_ERROR, at, "maps and lists are nested more than %d deep; write it flatter",
                 YAML_DEPTH_MOST);
        b->stopped = true;
        return;
    }
    attach(b, node);
    b->open[b->depth] = node;
    b->pending[b->depth++] = NULL;
}

static void scalar(struct builder *b, const yaml_event_t *event) {
    struct mark at = mark_of(b, event);
    struct yaml_node *node = new_node(b, YAML_SCALAR, at);
    sluice_text value = {(const char *)event->data.scalar.value, event->data.scalar.length};
    if (!node)
        return;
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    node->text = arena_copy(b->arena, value);
    if (!node->text.ptr)
        out_of_memory(b);
    if (memchr(value.ptr, 0, value.len)) {
        diag_add(b->diag, DIAG_ERROR, at, "there is a NUL in this text ('\\0'); remove it");
        node->refused = true;
    }
    check_properties(b, event->data.scalar.anchor, event->data.scalar.tag, at);
    attach(b, node);
}

static void alias(struct builder *b, const yaml_event_t *event) {
    struct yaml_node *node = new_node(b, YAML_SCALAR, mark_of(b, event));
    if (!node)
        return;
    diag_add(b->diag, DIAG_ERROR, node->at,
             "the alias '*%.60s' is not taken; write the value out, or put a value that "
             "begins with '*' in quotes",
             (const char *)event->data.alias.anchor);
    node->text = (sluice_text){"", 0};
    node->refused = true;
    attach(b, node);
}

static void take(struct builder *b, const yaml_event_t *event) {
    struct mark at = mark_of(b, event);
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (b->root) {
            diag_add(b->diag, DIAG_ERROR, at,
                     "a second document begins here ('---'); one file is one pipeline, so put "
                     "it in a file of its own");
            b->over = true;
        }
        break;
    case YAML_SCALAR_EVENT:
        scalar(b, event);
        break;
    case YAML_ALIAS_EVENT:
        alias(b, event);
        break;
    case YAML_SEQUENCE_START_EVENT:
        check_properties(b, event->data.sequence_start.anchor, event->data.sequence_start.tag, at);
        begin(b, YAML_LIST, event);
        break;
    case YAML_MAPPING_START_EVENT:
        check_properties(b, event->data.mapping_start.anchor, event->data.mapping_start.tag, at);
        begin(b, YAML_MAP, event);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        b->depth--;
        break;
    case YAML_STREAM_END_EVENT:
        b->over = true;
        break;
    default:
        break;
    }
}

static void build(struct builder *b, yaml_parser_t *parser, sluice_text text) {
    yaml_event_t event;
    while (!b->over && !b->stopped) {
        if (!yaml_parser_parse(parser, &event)) {
            yaml_explain(parser, b->file, text, b->diag);
            b->stopped = true;
            return;
        }
        take(b, &event);
        yaml_event_delete(&event);
    }
}

struct yaml_node *yaml_parse(const char *file, sluice_text text, sluice_arena *arena, struct diag *diag) {
    struct builder b = {.file = file, .arena = arena, .diag = diag};
    yaml_parser_t parser;
    if (text.len >= 3 && memcmp(text.ptr, "\xef\xbb\xbf", 3) == 0)
        text = (sluice_text){text.ptr + 3, text.len - 3};
    if (!yaml_check_bytes(file, text, diag))
        return NULL;
    if (!yaml_parser_initialize(&parser)) {
        out_of_memory(&b);
        return NULL;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text.ptr, text.len);
    build(&b, &parser, text);
    yaml_parser_delete(&parser);
    if (b.stopped)
        return NULL;
    if (!b.root || yaml_is_null(b.root)) {
        diag_add(diag, DIAG_ERROR, (struct mark){file, 1, 1, 1},
                 "the file is empty; write 'source:' and 'sinks:'");
        return NULL;
    }
    return b.root;
}

struct yaml_node *yaml_get(const struct yaml_node *map, const char *key) {
    for (struct yaml_node *child = map->first; child; child = child->next)
        if (child->key && text_is(child->key->text, key))
            return child;
    return NULL;
}

bool yaml_is_null(const struct yaml_node *node) {
    return node->kind == YAML_SCALAR && node->plain && !node->refused &&
           (node->text.len == 0 || text_is(node->text, "~") || text_is(node->text, "null"));
}

const char *yaml_kind_name(const struct yaml_node *node) {
    static const char *const names[] = {"text", "a list", "a map"};
    return yaml_is_null(node) ? "nothing" : names[node->kind];
}
