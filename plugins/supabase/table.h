/* table.h - what a table in the database is like. */
#ifndef SUPABASE_TABLE_H
#define SUPABASE_TABLE_H

#include "connection.h"

struct table_column {
    sluice_text name;
    const char *type;      /* as SQL writes it: numeric(10,4) */
    bool generated;        /* can't be written */
    const char *otherwise; /* NOT NULL with a default: that, as SQL; else NULL */
    bool required;         /* must be given: NOT NULL, and nothing fills it in */
};

struct table {
    char *name; /* "public"."orders": quoted, ready for a statement */
    struct table_column *columns;
    uint32_t column_count;
    const char *role;           /* as whom we are here */
    bool readable, writable;    /* may it? */
    PGresult *catalogue, *keys; /* the texts are in them */
};

/* `orders` or `schema.orders` as a quoted name; NULL: out of memory. The caller frees it. */
char *table_name(sluice_text option);
/* Read the catalogue. `table->name` is set. Missing: CONFIG, with the remedy. */
int table_read(struct table *table, struct connection *connection, sluice_error *error);
void table_free(struct table *table); /* all but the name */
/* The column called so, or -1. */
int32_t table_find(const struct table *table, sluice_text name);
/* One that is required, and that orders bring nothing for; NULL: there is none behind `after` (NULL: at all).
 */
const struct table_column *table_refuses(const struct table *table, const struct table_column *after);
/* Is there a unique key over just these columns? */
bool table_has_key(const struct table *table, const sluice_text *names, uint64_t count);

#endif
