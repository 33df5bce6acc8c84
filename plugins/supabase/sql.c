#include "sql.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(struct sql *sql, size_t count) {
    size_t room = sql->room ? sql->room : 1024;
    if (sql->failed)
        return false;
    if (count < sql->room - sql->length)
        return true;
    while (room - sql->length <= count)
        room *= 2;
    char *more = realloc(sql->text, room);
    if (!more) {
        sql->failed = true;
        return false;
    }
    sql->text = more;
    sql->room = room;
    return true;
}

void sql_bytes(struct sql *sql, const char *bytes, size_t count) {
    if (!reserve(sql, count))
        return;
    memcpy(sql->text + sql->length, bytes, count);
    sql->length += count;
    sql->text[sql->length] = 0;
}

void sql_add(struct sql *sql, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int count = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (count < 0)
        sql->failed = true;
    else if (reserve(sql, (size_t)count))
        sql->length += (size_t)vsnprintf(sql->text + sql->length, (size_t)count + 1, format, again);
    va_end(again);
}

void sql_name(struct sql *sql, sluice_text name) {
    sql_bytes(sql, "\"", 1);
    for (uint64_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '"')
            sql_bytes(sql, "\"", 1);
        sql_bytes(sql, name.ptr + i, 1);
    }
    sql_bytes(sql, "\"", 1);
}

static bool is_special(char c) {
    return c == '\\' || c == '\n' || c == '\r' || c == '\t';
}

void sql_cell(struct sql *sql, sluice_text value) {
    if (!value.ptr) {
        sql_bytes(sql, "\\N", 2);
        return;
    }
    uint64_t plain = 0;
    while (plain < value.len && !is_special(value.ptr[plain]))
        plain++;
    sql_bytes(sql, value.ptr, plain);
    for (uint64_t i = plain; i < value.len; i++) {
        char c = value.ptr[i];
        char escaped[2] = {'\\', c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : '\\'};
        if (is_special(c))
            sql_bytes(sql, escaped, 2);
        else
            sql_bytes(sql, &c, 1);
    }
}

void sql_literal(struct sql *sql, sluice_text value) {
    if (!value.ptr) {
        sql_bytes(sql, "NULL", 4);
        return;
    }
    sql_bytes(sql, "E'", 2);
    for (uint64_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == '\'' || value.ptr[i] == '\\')
            sql_bytes(sql, value.ptr + i, 1);
        sql_bytes(sql, value.ptr + i, 1);
    }
    sql_bytes(sql, "'", 1);
}

void sql_clear(struct sql *sql) {
    sql->length = 0;
    sql->failed = false;
}

void sql_free(struct sql *sql) {
    free(sql->text);
    *sql = (struct sql){0};
}
