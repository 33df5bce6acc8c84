#include "api_body.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/json.h>
#include <sluice/text.h>
#include <sluice/utf8.h>

enum { KEY = 64 };

bool api_name_good(sluice_text name) {
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    for (uint64_t i = 0; i < name.len; i++)
        if (!name.ptr[i] || !strchr(plain, name.ptr[i]))
            return false;
    if (text_is(name, ".") || text_is(name, ".."))
        return false; /* no page could be called that */
    return name.len && name.len <= API_NAME;
}

static int bad(const sluice_host *host, const char *what, sluice_error *error) {
    return host->fail(error, SLUICE_E_DATA, "%s", what);
}

/* ---- values ---------------------------------------------------------------------------------- */

/* Memory for all decoded texts: they are never longer than what they are decoded from. */
struct decoder {
    char *at;
};

static bool is_string(sluice_text value) {
    return value.len >= 2 && value.ptr[0] == '"';
}

static bool is_utf8(sluice_text text) {
    unsigned length;
    for (uint64_t at = 0; at < text.len; at += length)
        if (!(length = utf8_sequence(text.ptr + at, text.len - at)))
            return false;
    return true;
}

/* A string, or null; a number would have lost its zeros before it came here. */
static bool take_text(struct decoder *decoder, sluice_text value, sluice_text *out) {
    *out = (sluice_text){0};
    if (text_is(value, "null"))
        return true;
    if (!is_string(value))
        return false;
    *out = (sluice_text){decoder->at, json_decode(value, decoder->at)};
    decoder->at += value.len;
    return is_utf8(*out);
}

static bool take_small(struct decoder *decoder, sluice_text value, char *out, size_t size) {
    sluice_text text;
    if (!take_text(decoder, value, &text) || text.len >= size)
        return false;
    snprintf(out, size, "%.*s", TEXT_ARG(text));
    return true;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static int read_imeis(const sluice_host *host, struct decoder *decoder, sluice_text list, struct sheet *sheet,
                      sluice_error *error) {
    static const sluice_text name = {"imei", 4};
    struct json_walk walk;
    sluice_text value, cell;
    uint64_t number = 0;
    if (!json_walk_list(&walk, list))
        return bad(host, "\"imeis\" is a list of strings", error);
    int failed = sheet_begin(sheet, host, &name, 1, error);
    while (!failed && json_next_item(&walk, &value)) {
        if (!take_text(decoder, value, &cell) || !cell.len)
            return bad(host, "\"imeis\" is a list of strings; numbers lose their zeros", error);
        failed = sheet_row(sheet, ++number, &cell, error);
    }
    return failed;
}

struct columns {
    sluice_text names[SHEET_COLUMNS], cells[SHEET_COLUMNS];
    uint32_t count;
};

static int find_column(const struct columns *columns, sluice_text name) {
    for (uint32_t c = 0; c < columns->count; c++)
        if (text_equal(columns->names[c], name))
            return (int)c;
    return -1;
}

/* The first row's members are the columns of all. */
static int read_row(const sluice_host *host, struct decoder *decoder, sluice_text object, bool first,
                    struct columns *columns, sluice_error *error) {
    struct json_walk walk;
    sluice_text key, value, name;
    if (!json_walk_object(&walk, object))
        return bad(host, "\"rows\" is a list of objects", error);
    for (uint32_t c = 0; c < columns->count; c++)
        columns->cells[c] = (sluice_text){0};
    while (json_next_member(&walk, &key, &value)) {
        if (!take_text(decoder, key, &name) || !name.len || name.len > KEY)
            return bad(host, "a member of a row has no name, or too long a one", error);
        int column = find_column(columns, name);
        if (column < 0 && (!first || columns->count == SHEET_COLUMNS))
            return bad(host, "each row has the members of the first one, and no others", error);
        if (column < 0)
            columns->names[column = (int)columns->count++] = name;
        if (!take_text(decoder, value, &columns->cells[column]))
            return bad(host, "a row's values are strings or null; numbers lose their zeros", error);
    }
    return 0;
}

static int read_rows(const sluice_host *host, struct decoder *decoder, sluice_text list, struct sheet *sheet,
                     sluice_error *error) {
    struct json_walk walk;
    sluice_text object;
    uint64_t number = 0;
    int failed = 0;
    struct columns *columns = json_walk_list(&walk, list) ? calloc(1, sizeof *columns) : NULL;
    if (!columns)
        return bad(host, "\"rows\" is a list of objects", error);
    while (!failed && json_next_item(&walk, &object)) {
        failed = read_row(host, decoder, object, !number, columns, error);
        if (!failed && !number)
            failed = sheet_begin(sheet, host, columns->names, columns->count, error);
        if (!failed)
            failed = sheet_row(sheet, ++number, columns->cells, error);
    }
    free(columns);
    return failed;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static int read_member(const sluice_host *host, struct decoder *decoder, sluice_text key, sluice_text value,
                       struct api_body *out, sluice_error *error) {
    bool rows = json_is(key, "rows");
    if (rows || json_is(key, "imeis")) {
        if (out->sheet.names)
            return bad(host, "there is \"imeis\" and \"rows\", or one of them twice", error);
        return rows ? read_rows(host, decoder, value, &out->sheet, error)
                    : read_imeis(host, decoder, value, &out->sheet, error);
    }
    if (json_is(key, "service"))
        return take_small(decoder, value, out->service, sizeof out->service)
                   ? 0
                   : bad(host, "\"service\" is a string: the service's number", error);
    if (json_is(key, "name"))
        return take_small(decoder, value, out->name, sizeof out->name) && api_name_good(text_of(out->name))
                   ? 0
                   : bad(host, "\"name\" is at most 64 letters, digits, '-', '_' and '.'", error);
    if (json_is(key, "max_price"))
        return take_small(decoder, value, out->max_price, sizeof out->max_price)
                   ? 0
                   : bad(host, "\"max_price\" is a string: what one order may cost", error);
    if (!json_is(key, "repeat"))
        return bad(host,
                   "there are the members imeis, rows, service, repeat, name and max_price, and no others",
                   error);
    out->repeat = text_is(value, "true");
    return out->repeat || text_is(value, "false") ? 0 : bad(host, "\"repeat\" is true or false", error);
}

static int read_members(const sluice_host *host, struct decoder *decoder, sluice_text object,
                        struct api_body *out, sluice_error *error) {
    struct json_walk walk;
    sluice_text key, value;
    int failed = 0;
    if (!json_walk_object(&walk, object))
        return bad(host, "the body isn't a JSON object", error);
    while (!failed && json_next_member(&walk, &key, &value))
        failed = read_member(host, decoder, key, value, out, error);
    if (!failed && !out->sheet.rows)
        failed = bad(host, "there is nothing to order: give \"imeis\" or \"rows\"", error);
    if (!failed && out->service[0])
        failed = sheet_service(&out->sheet, text_of(out->service), error);
    return failed ? failed : sheet_end(&out->sheet, error);
}

int api_body_read(const sluice_host *host, sluice_text text, struct api_body *out, sluice_error *error) {
    sluice_text object = json_whole(text, '{');
    struct decoder decoder = {0};
    *out = (struct api_body){.repeat = false};
    if (!object.ptr)
        return bad(host, "the body isn't a JSON object", error);
    char *memory = malloc(object.len + 1);
    if (!memory)
        return host->fail(error, SLUICE_E_IO, "out of memory");
    decoder.at = memory;
    int failed = read_members(host, &decoder, object, out, error);
    free(memory); /* the sheet has copies */
    if (failed)
        sheet_free(&out->sheet);
    return failed;
}
