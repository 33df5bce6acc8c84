#include <ctype.h>
#include <string.h>

#include "sandbox_parts.h"
#include "text.h"

enum { BODY_MOST = 16 * 1024 * 1024, FIELDS_MOST = 1000, FORM_ROOM = 4096 };

/* A name and a value that grows, as they come out of a form. */
struct field {
    sluice_text key;
    char *value;
    size_t length, room;
};

/* Append to memory of the arena, which can't be grown in place: twice as much each time. */
static bool append(sluice_arena *arena, char **bytes, size_t *length, size_t *room, const char *more,
                   size_t count) {
    if (*length + count + 1 > *room) {
        size_t larger = (*length + count + 1) * 2;
        char *copy = arena_alloc(arena, larger);
        if (!copy)
            return false;
        if (*length)
            memcpy(copy, *bytes, *length);
        *bytes = copy;
        *room = larger;
    }
    if (count)
        memcpy(*bytes + *length, more, count);
    *length += count;
    return true;
}

bool visit_take(struct visit *visit, const char *bytes, size_t count) {
    if (visit->too_large || visit->body_length + count > BODY_MOST) {
        visit->too_large = true;
        return true;
    }
    return append(&visit->arena, &visit->body, &visit->body_length, &visit->body_room, bytes, count);
}

/* ---- names and values ---------------------------------------------------------------------- */

static struct field *add_field(struct visit *visit, const char *key, size_t length) {
    if (visit->field_count == FIELDS_MOST)
        return NULL;
    if (visit->field_count == visit->field_room) {
        size_t room = visit->field_room ? visit->field_room * 2 : 16;
        struct field *fields = arena_array(&visit->arena, room, sizeof *fields);
        if (!fields)
            return NULL;
        if (visit->field_count)
            memcpy(fields, visit->fields, visit->field_count * sizeof *fields);
        visit->fields = fields;
        visit->field_room = room;
    }
    struct field *field = &visit->fields[visit->field_count++];
    *field = (struct field){.key = arena_copy(&visit->arena, (sluice_text){key, length})};
    return field->key.ptr ? field : NULL;
}

static bool add_value(struct visit *visit, struct field *field, const char *bytes, size_t count) {
    return field && append(&visit->arena, &field->value, &field->length, &field->room, bytes, count);
}

static enum MHD_Result take_named(void *user, enum MHD_ValueKind kind, const char *key, size_t key_length,
                                  const char *value, size_t value_length) {
    struct visit *visit = user;
    struct field *field = add_field(visit, key, key_length);
    for (uint64_t i = 0; field && kind == MHD_HEADER_KIND && i < key_length; i++) {
        char *letter = (char *)(uintptr_t)&field->key.ptr[i]; /* our copy */
        *letter = (char)tolower((unsigned char)*letter);
    }
    return add_value(visit, field, value ? value : "", value ? value_length : 0) ? MHD_YES : MHD_NO;
}

/* A piece of a field of a form; `offset` > 0 continues the last one. */
static enum MHD_Result take_form(void *user, enum MHD_ValueKind kind, const char *key, const char *filename,
                                 const char *content_type, const char *encoding, const char *data,
                                 uint64_t offset, size_t size) {
    struct visit *visit = user;
    (void)kind, (void)filename, (void)content_type, (void)encoding;
    struct field *field = offset && visit->field_count
                              ? &visit->fields[visit->field_count - 1]
                              : add_field(visit, key ? key : "", key ? strlen(key) : 0);
    return add_value(visit, field, data, size) ? MHD_YES : MHD_NO;
}

/* A body that isn't a well-formed form gives the fields that could be read. */
static void read_form(struct visit *visit) {
    const struct mhd_library *mhd = visit->sandbox->mhd;
    struct MHD_PostProcessor *form =
        mhd->MHD_create_post_processor(visit->connection, FORM_ROOM, take_form, visit);
    if (!form) /* another content type */
        return;
    if (visit->body_length)
        mhd->MHD_post_process(form, visit->body, visit->body_length);
    mhd->MHD_destroy_post_processor(form); /* gives the last piece */
}

/* The fields so far as pairs: a name that came more than once has several values. */
static bool make_pairs(struct visit *visit, sluice_pairs *out) {
    size_t count = visit->field_count;
    sluice_pair *pairs = arena_array(&visit->arena, count + 1, sizeof *pairs);
    sluice_text *values = arena_array(&visit->arena, count + 1, sizeof *values);
    size_t made = 0, used = 0;
    if (!pairs || !values)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct field *field = &visit->fields[i];
        if (!field->key.ptr) /* it was taken together with an earlier one */
            continue;
        sluice_text key = field->key;
        size_t first = used;
        for (size_t k = i; k < count; k++) {
            struct field *same = &visit->fields[k];
            if (!same->key.ptr || !text_equal(same->key, key))
                continue;
            values[used++] = (sluice_text){same->value ? same->value : "", same->length};
            if (k > i)
                same->key.ptr = NULL;
        }
        pairs[made++] = (sluice_pair){key, {values + first, used - first}};
    }
    visit->field_count = 0;
    *out = (sluice_pairs){pairs, made};
    return true;
}

static uint32_t method_of(const char *name) {
    static const char *const names[] = {"", "GET", "POST", "PUT", "PATCH", "DELETE"};
    for (uint32_t i = SLUICE_METHOD_GET; i <= SLUICE_METHOD_DELETE; i++)
        if (strcmp(name, names[i]) == 0)
            return i;
    return strcmp(name, "HEAD") == 0 ? SLUICE_METHOD_GET : 0;
}

bool visit_name(struct visit *visit, sluice_text name, sluice_text value) {
    struct field *field = add_field(visit, name.ptr, name.len);
    return add_value(visit, field, value.ptr, value.len);
}

/* The head's fields, or those of the query and the form. */
static void read_names(struct visit *visit, bool head) {
    const struct mhd_library *mhd = visit->sandbox->mhd;
    if (visit->asked) {
        (head ? visit_ask_headers : visit_ask_parameters)(visit);
        return;
    }
    mhd->MHD_get_connection_values_n(visit->connection, head ? MHD_HEADER_KIND : MHD_GET_ARGUMENT_KIND,
                                     take_named, visit);
    if (!head)
        read_form(visit);
}

bool visit_request(struct visit *visit, sluice_sandbox_request *out) {
    *out = (sluice_sandbox_request){.size = sizeof *out,
                                    .method = method_of(visit->method),
                                    .path = text_of(visit->path),
                                    .body = {visit->body ? visit->body : "", visit->body_length},
                                    .arena = &visit->arena};
    read_names(visit, true);
    if (!make_pairs(visit, &out->headers))
        return false;
    read_names(visit, false);
    return make_pairs(visit, &out->parameters);
}
