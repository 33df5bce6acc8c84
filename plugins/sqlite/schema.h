/* schema.h - the tables that the sink makes or completes. Call these within a transaction. */
#ifndef SQLITE_SCHEMA_H
#define SQLITE_SCHEMA_H

#include "table_info.h"

/* How a stored value and a new one become one, when the order is there already. */
enum merge_rule {
    MERGE_KEY,    /* order_id, provider, account: what the order is told apart by */
    MERGE_FACT,   /* known since the order was placed: filled when missing, never changed */
    MERGE_NEWS,   /* changes as the provider works: a new value wins, a missing one changes nothing */
    MERGE_STATUS, /* as NEWS, but a final one stays */
    MERGE_JSON,   /* an object that grows by members: json_merge.h */
    MERGE_STORE   /* the store's own: id, created_at, updated_at */
};

struct order_column {
    const char *name;
    const char *definition; /* in CREATE TABLE */
    const char *addition;   /* in ALTER TABLE ADD COLUMN, which allows less */
    enum merge_rule rule;
};

extern const struct order_column order_columns[];
extern const size_t order_column_count;

/* The table that keeps orders: made when missing, with what belongs to it; else completed: columns,
 * indexes, the trigger and the table import_history are added where they are missing; nothing is
 * dropped, renamed or changed. */
int schema_complete_orders(struct database *db, const char *table, sluice_error *error);

/* A column that must be given, and that not every order brings a value for: the table would refuse it. NULL:
 * there is none behind `after` (NULL: at all). */
const struct table_column *schema_refuses(const struct table_info *info, const struct table_column *after);
#define SCHEMA_REFUSED \
    "NOT NULL without a default, and orders bring nothing for it: it would refuse each of them"
#define SCHEMA_ACCEPT \
    "make the table anew with a default for it, and copy the rows: SQLite can't change a column"

/* Does a trigger keep updated_at, under any name? */
int schema_has_trigger(struct database *db, const char *table, bool *there, sluice_error *error);

/* The unique key by which the table tells orders apart, as a list for ON CONFLICT; NULL: it has none. */
const char *schema_order_key(struct database *db, const char *table);

/* A table of texts, unique by `keys`. */
int schema_create_plain(struct database *db, const char *table, const sluice_text *names, size_t count,
                        sluice_texts keys, sluice_error *error);

/* A statement made with sqlite.str_…: run it and free it. */
int schema_run(struct database *db, sqlite3_str *sql, sluice_error *error);

#endif
