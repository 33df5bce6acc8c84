/* scope.h - what a name in a template stands for: something of the call's own, else a field of its record.
 * Pure. */
#ifndef HTTP_SCOPE_H
#define HTTP_SCOPE_H

#include <stdbool.h>

#include <sluice/batch.h>
#include <sluice/text.h>

enum { SCOPE_OWN = 6 };

struct scope_own {
    const char *name;
    sluice_text value;
};

struct scope {
    const sluice_row *row; /* NULL: the call is about no record */
    struct scope_own own[SCOPE_OWN];
    uint32_t own_count;
};

static inline void scope_add(struct scope *scope, const char *name, sluice_text value) {
    if (scope->own_count < SCOPE_OWN)
        scope->own[scope->own_count++] = (struct scope_own){name, value};
}

static inline const struct scope_own *scope_own(const struct scope *scope, sluice_text name) {
    for (uint32_t i = 0; i < scope->own_count; i++)
        if (text_is(name, scope->own[i].name))
            return &scope->own[i];
    return NULL;
}

static inline int32_t scope_column(const struct scope *scope, sluice_text name) {
    return scope->row ? sluice_find_column(scope->row->batch, name.ptr, name.len) : -1;
}

/* Without blanks around it; null: there is none. */
static inline sluice_text scope_value(const struct scope *scope, sluice_text name) {
    const struct scope_own *own = scope_own(scope, name);
    int32_t column = own ? -1 : scope_column(scope, name);
    if (own)
        return own->value;
    return column < 0 ? (sluice_text){NULL, 0} : text_trim(scope->row->batch->cells[column][scope->row->row]);
}

static inline bool scope_has(const struct scope *scope, sluice_text name) {
    return scope_own(scope, name) || scope_column(scope, name) >= 0;
}

#endif
