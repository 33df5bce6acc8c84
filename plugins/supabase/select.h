/* select.h - which rows of a table the source is asked for, as SQL. */
#ifndef SUPABASE_SELECT_H
#define SUPABASE_SELECT_H

#include "options.h"
#include "table.h"

enum { SELECT_PARAMETERS = 9 };

struct select {
    const struct source_options *options;
    const struct table *table;
    sluice_text key; /* the column that the rows are read by */
    const char *key_type;
    const sluice_text *names; /* fields; name_count of them */
    uint32_t name_count;
    char since[24], until[24];
    struct sql where;                     /* all conditions but that of the key, " AND …" */
    struct sql values[SELECT_PARAMETERS]; /* $2 and on: lists as array literals */
    uint32_t value_count;
};

/* What the user wrote as times; CONFIG when one is none. */
int select_read_times(struct select *select, const sluice_host *host, sluice_error *error);
/* Choose key, fields and conditions, or say what the table lacks. The fields' names are in it. */
int select_make(struct select *select, struct connection *connection, sluice_error *error);
void select_free(struct select *select);
/* The statement of a batch: key, then the fields; $1: rows behind this key, null: from the start. */
void select_sql(struct sql *sql, const struct select *select, uint64_t limit);

#endif
