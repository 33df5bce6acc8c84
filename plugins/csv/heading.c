#include "heading.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cell.h"
#include "field.h"

enum { NAME_ROOM = 24 }; /* "column" and a number */

static sluice_text text_of(const char *s) {
    return (sluice_text){s, strlen(s)};
}

static bool same_text(sluice_text a, sluice_text b) {
    return a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0;
}

static bool is_ignored(sluice_text header) {
    return header.len && header.ptr[0] == '_';
}

static bool is_alias(const sluice_pair *pair, sluice_text header) {
    for (uint64_t i = 0; i < pair->values.count; i++)
        if (is_ignored(header) ? same_text(pair->values.items[i], header)
                               : field_same(pair->values.items[i], header))
            return true;
    return false;
}

/* Does the column mean the field, by the aliases of the option or, failing those, by its own name? */
static bool means(const sluice_pair *pair, sluice_text header, bool by_alias) {
    if (by_alias)
        return is_alias(pair, header);
    const char *known = field_known(header);
    return !is_ignored(header) &&
           (field_same(pair->key, header) || (known && same_text(pair->key, text_of(known))));
}

/* ---- is there a header? ------------------------------------------------------------------- */

static bool is_known(sluice_text cell, sluice_pairs chosen) {
    for (uint64_t i = 0; i < chosen.count; i++)
        if (means(&chosen.items[i], cell, true) || means(&chosen.items[i], cell, false))
            return true;
    return is_ignored(cell) || field_known(cell) != NULL;
}

/* Letters and digits with separators, six digits at least: a number of a device, an order, a telephone. */
static bool looks_like_identifier(sluice_text cell) {
    unsigned digits = 0;
    for (uint64_t i = 0; i < cell.len; i++) {
        unsigned char c = (unsigned char)cell.ptr[i];
        digits += isdigit(c) != 0;
    }
    return digits >= 6;
}

static bool has_digit(sluice_text cell) {
    for (uint64_t i = 0; i < cell.len; i++)
        if (isdigit((unsigned char)cell.ptr[i]))
            return true;
    return false;
}

bool heading_is_header(const sluice_text *cells, uint32_t count, sluice_pairs chosen) {
    for (uint32_t c = 0; c < count; c++)
        if (is_known(cell_trim(cells[c]), chosen))
            return true;
    if (count == 1)
        return !has_digit(cells[0]);
    for (uint32_t c = 0; c < count; c++)
        if (looks_like_identifier(cells[c]))
            return false;
    return true;
}

/* ---- names -------------------------------------------------------------------------------- */

/* Headers as they are read, and the field that each column has been given so far. */
struct draft {
    const struct heading_context *context;
    uint32_t count;
    sluice_text *headers; /* trimmed */
    sluice_text *names;   /* ptr NULL: none yet */
    char *numbered;       /* NAME_ROOM bytes a column */
    bool has_header;
};

static void list_headers(const struct draft *draft, char *out, size_t room) {
    size_t used = 0;
    *out = 0;
    for (uint32_t c = 0; c < draft->count && used + 1 < room; c++) {
        sluice_text header = draft->headers[c];
        int n = c == 10 ? snprintf(out + used, room - used, ", … (%u in all)", draft->count)
                        : snprintf(out + used, room - used, "%s'%.*s'", c ? ", " : "",
                                   header.len < 40 ? (int)header.len : 40, header.ptr);
        if (n < 0 || c == 10)
            return;
        used += (size_t)n;
    }
}

static int32_t fail_twice(const struct draft *draft, sluice_text field, uint32_t a, uint32_t b,
                          sluice_error *error) {
    sluice_text one = draft->headers[a], other = draft->headers[b];
    return draft->context->host->fail(
        error, SLUICE_E_DATA,
        "%s: columns %u '%.*s' and %u '%.*s' both mean the field '%.*s'; say which one in the option "
        "columns: {%.*s: [\"%.*s\"]}, or rename the other in the file",
        draft->context->file, a + 1, (int)one.len, one.ptr, b + 1, (int)other.len, other.ptr, (int)field.len,
        field.ptr, (int)field.len, field.ptr, (int)one.len, one.ptr);
}

static int32_t fail_missing(const struct draft *draft, const sluice_pair *pair, sluice_error *error) {
    char headers[600];
    list_headers(draft, headers, sizeof headers);
    return draft->context->host->fail(
        error, SLUICE_E_DATA,
        "%s: no column for the field '%.*s' that the option columns names; the columns are %s%s",
        draft->context->file, (int)pair->key.len, pair->key.ptr, headers,
        draft->has_header ? "" : " (the first row doesn't look like a header: header: yes says that it is)");
}

/* 1: found and named; 0: no such column. */
static int32_t name_chosen(struct draft *draft, const sluice_pair *pair, bool by_alias, sluice_error *error) {
    uint32_t found = UINT32_MAX;
    for (uint32_t c = 0; c < draft->count; c++) {
        if (!means(pair, draft->headers[c], by_alias))
            continue;
        if (found != UINT32_MAX)
            return fail_twice(draft, pair->key, found, c, error);
        if (draft->names[c].ptr)
            return draft->context->host->fail(
                error, SLUICE_E_CONFIG,
                "the option columns gives the column '%.*s' to two fields, '%.*s' and '%.*s'",
                (int)draft->headers[c].len, draft->headers[c].ptr, (int)draft->names[c].len,
                draft->names[c].ptr, (int)pair->key.len, pair->key.ptr);
        found = c;
    }
    if (found == UINT32_MAX)
        return 0;
    draft->names[found] = pair->key;
    return 1;
}

static int32_t name_all_chosen(struct draft *draft, sluice_error *error) {
    for (uint64_t i = 0; i < draft->context->chosen.count; i++) {
        const sluice_pair *pair = &draft->context->chosen.items[i];
        int32_t rc = name_chosen(draft, pair, true, error);
        if (rc == 0)
            rc = name_chosen(draft, pair, false, error);
        if (rc == 0)
            return fail_missing(draft, pair, error);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static uint32_t find_name(const struct draft *draft, sluice_text name) {
    for (uint32_t c = 0; c < draft->count; c++)
        if (draft->names[c].ptr && same_text(draft->names[c], name))
            return c;
    return UINT32_MAX;
}

static bool is_chosen(const struct draft *draft, sluice_text field) {
    for (uint64_t i = 0; i < draft->context->chosen.count; i++)
        if (same_text(draft->context->chosen.items[i].key, field))
            return true;
    return false;
}

/* A column without a usable name of its own is called by its position; twice the same name isn't usable. */
static void name_by_position(struct draft *draft, uint32_t c) {
    char *name = draft->numbered + (size_t)c * NAME_ROOM;
    unsigned tries = 0;
    do
        snprintf(name, NAME_ROOM, tries ? "column%u_%u" : "column%u", c + 1, tries + 1);
    while (find_name(draft, text_of(name)) != UINT32_MAX && ++tries < 1000);
    draft->names[c] = text_of(name);
    if (draft->has_header)
        draft->context->host->log(draft->context->self, SLUICE_LOG_WARN,
                                  "%s: the header of column %u is %s: the field is called '%s'",
                                  draft->context->file, c + 1,
                                  draft->headers[c].len ? "there twice" : "empty", name);
}

static int32_t name_rest(struct draft *draft, sluice_error *error) {
    for (uint32_t c = 0; c < draft->count; c++) {
        const char *known = field_known(draft->headers[c]);
        if (draft->names[c].ptr || is_ignored(draft->headers[c]) || !known ||
            is_chosen(draft, text_of(known)))
            continue;
        uint32_t before = find_name(draft, text_of(known));
        if (before != UINT32_MAX)
            return fail_twice(draft, text_of(known), before, c, error);
        draft->names[c] = text_of(known);
    }
    for (uint32_t c = 0; c < draft->count; c++) {
        sluice_text header = draft->headers[c];
        if (draft->names[c].ptr || is_ignored(header))
            continue;
        if (header.len && find_name(draft, header) == UINT32_MAX)
            draft->names[c] = header;
        else
            name_by_position(draft, c);
    }
    return 0;
}

/* ---- the heading -------------------------------------------------------------------------- */

/* Keep the names in memory of our own: the headers stand in the batch that is being filled. */
static int32_t keep(struct heading *heading, const struct draft *draft, sluice_error *error) {
    size_t bytes = 1;
    for (uint32_t c = 0; c < draft->count; c++)
        bytes += draft->names[c].len;
    heading->names = calloc(draft->count, sizeof *heading->names);
    heading->field = calloc(draft->count, sizeof *heading->field);
    heading->memory = malloc(bytes);
    if (!heading->names || !heading->field || !heading->memory)
        return draft->context->host->fail(error, SLUICE_E_IO, "out of memory");
    heading->columns = draft->count;
    char *at = heading->memory;
    for (uint32_t c = 0; c < draft->count; c++) {
        sluice_text name = draft->names[c];
        heading->field[c] = HEADING_IGNORED;
        if (!name.ptr)
            continue;
        memcpy(at, name.ptr, name.len);
        heading->field[c] = heading->fields;
        heading->names[heading->fields++] = (sluice_text){at, name.len};
        at += name.len;
    }
    if (heading->fields)
        return 0;
    return draft->context->host->fail(error, SLUICE_E_DATA,
                                      "%s: every column's name begins with '_': nothing to read",
                                      draft->context->file);
}

static void draft_headers(struct draft *draft, const sluice_text *cells) {
    for (uint32_t c = 0; c < draft->count; c++) {
        char *name = draft->numbered + (size_t)c * NAME_ROOM;
        snprintf(name, NAME_ROOM, "column%u", c + 1);
        draft->headers[c] = cells ? cell_trim(cells[c]) : text_of(name);
    }
}

static int32_t name_columns(struct draft *draft, sluice_error *error) {
    int32_t rc = name_all_chosen(draft, error);
    if (rc < 0)
        return rc;
    if (!draft->has_header && draft->count == 1 && !draft->names[0].ptr)
        draft->names[0] = text_of("imei");
    return name_rest(draft, error);
}

int32_t heading_make(struct heading *heading, const struct heading_context *context, const sluice_text *cells,
                     uint32_t count, sluice_error *error) {
    *heading = (struct heading){0};
    /* Columns behind the last named one are what a spreadsheet leaves behind; cells there are extra. */
    while (cells && count > 1 && !cell_trim(cells[count - 1]).len)
        count--;
    struct draft draft = {
        .context = context,
        .count = count,
        .headers = calloc(count, sizeof(sluice_text)),
        .names = calloc(count, sizeof(sluice_text)),
        .numbered = calloc(count, NAME_ROOM),
        .has_header = cells != NULL,
    };
    int32_t rc;
    if (!draft.headers || !draft.names || !draft.numbered) {
        rc = context->host->fail(error, SLUICE_E_IO, "out of memory");
    } else {
        draft_headers(&draft, cells);
        rc = name_columns(&draft, error);
        if (rc >= 0)
            rc = keep(heading, &draft, error);
    }
    free(draft.headers);
    free(draft.names);
    free(draft.numbered);
    if (rc < 0)
        heading_free(heading);
    return rc < 0 ? rc : 0;
}

void heading_free(struct heading *heading) {
    free(heading->names);
    free(heading->field);
    free(heading->memory);
    *heading = (struct heading){0};
}
