/* sql.h - the text of a statement, or of rows, as it grows. */
#ifndef SUPABASE_SQL_H
#define SUPABASE_SQL_H

#include <stdbool.h>
#include <stddef.h>

#include <sluice/base.h>

struct sql {
    char *text; /* terminated; NULL while nothing was added */
    size_t length, room;
    bool failed; /* out of memory: what was added since is missing */
};

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void sql_add(struct sql *sql, const char *format, ...);
/* An identifier, in quotes. */
void sql_name(struct sql *sql, sluice_text name);
/* A cell of COPY's text format; null is \N. */
void sql_cell(struct sql *sql, sluice_text value);
/* A constant, whatever standard_conforming_strings says; null is NULL. */
void sql_literal(struct sql *sql, sluice_text value);
void sql_bytes(struct sql *sql, const char *bytes, size_t count);
void sql_clear(struct sql *sql); /* keeps the memory */
void sql_free(struct sql *sql);

#endif
