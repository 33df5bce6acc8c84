/* yaml_tree.h - a YAML file as a small tree whose every node knows its place.
 *
 * Of YAML a pipeline needs maps, lists and scalars. What can make a value something else than it looks -
 * tags, anchors, aliases, merge keys, a second document - is refused, with the place and the remedy. */
#ifndef CORE_YAML_TREE_H
#define CORE_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "diag.h"

enum {
    YAML_BYTES_MOST = 1024 * 1024,
    YAML_DEPTH_MOST = 32,
    YAML_KEYS_MOST = 1000, /* in one map */
};

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
    enum yaml_kind kind;
    struct mark at;
    bool plain;             /* a scalar without quotes */
    bool refused;           /* an error was said about it: nothing more about what is in it */
    bool partial;           /* a map of which a key was refused: what seems to be missing may be there */
    sluice_text text;       /* a scalar's */
    struct yaml_node *key;  /* of a child of a map */
    struct yaml_node *next; /* the next child of the same parent */
    struct yaml_node *first, *last;
    size_t count;
};

/* The tree, in `arena`; NULL when there is none to look at. Errors go to `diag`; some leave a tree whose
 * other parts can still be checked. An empty file is an error. */
struct yaml_node *yaml_parse(const char *file, sluice_text text, sluice_arena *arena, struct diag *diag);

/* The value of a key; NULL: there is none. */
struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
/* A scalar that is nothing: `key:` with nothing behind it, `~` or `null`. */
bool yaml_is_null(const struct yaml_node *node);
/* "text", "a list", "a map", "nothing": for messages. */
const char *yaml_kind_name(const struct yaml_node *node);

#endif
