/* select.h - which rows of a table the source is asked for, as SQL. */
#ifndef SQLITE_SELECT_H
#define SQLITE_SELECT_H

#include "rows.h"
#include "table_info.h"

enum source_order { SOURCE_OLDEST, SOURCE_NEWEST };

struct source_options {
    sluice_text path;
    sluice_text table;
    sluice_texts status;
    sluice_texts imei;
    sluice_text since;
    int64_t limit;
    int64_t order;
    int64_t lock_wait;
    sluice_texts order_id;
    sluice_texts service;
    sluice_text text;
    sluice_texts fields;
    sluice_text until;
    sluice_text after;
    uint8_t keyed;
};

#define SELECT_KEY "_key" /* the field of the option `keyed` */

/* Lists may be long (30,000 IMEIs): SQLite sees each as a table of its own, of one column c0. */
enum select_list { SELECT_ORDER_ID, SELECT_IMEI, SELECT_LISTS };

struct select {
    const struct source_options *options;
    struct database *db;
    const struct table_info *info;
    const char *table;
    char since[20], until[20]; /* "2026-11-22 00:00:00", cut where the user stopped; "": any */
    struct rows lists[SELECT_LISTS];
};

/* What the user wrote as times; CONFIG when one is none. */
int select_read_times(struct select *select, sluice_error *error);
/* Has the table what the options ask for? Then make the lists known to SQLite. */
int select_begin(struct select *select, sluice_error *error);
void select_free(struct select *select);

/* Are there conditions, so that counting the rows would have to look at each? */
bool select_filters(const struct select *select);
const char *select_list_column(enum select_list list);
/* "sluice_imei": the list as a table. */
const char *select_list_table(enum select_list list);

/* SELECT `columns` of the rows for which `key`, a condition with ?1 in it, and all filters hold; `found`
 * (-1: none) is a list that needs no more looking at. `joined` ("" or "TABLE CROSS JOIN") stands before the
 * table's name. Everything but ?1 is bound. */
int select_prepare(const struct select *select, const char *columns, const char *joined, const char *key,
                   const char *order, int found, sqlite3_stmt **statement, sluice_error *error);

#endif
