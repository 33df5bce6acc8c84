/* order_sql.h - the statements by which orders get into their table. All read `sluice_rows`, whose
 * columns are the layout's values: c0 order_id, c1 provider, c2 account. ?1 is the time. */
#ifndef SQLITE_ORDER_SQL_H
#define SQLITE_ORDER_SQL_H

#include "layout.h"

struct order_table {
    const char *name;
    const char *key; /* of schema_order_key */
    const struct table_info *info;
    const struct layout *layout;
};

/* Insert those that are not there, and leave the others. */
void order_sql_insert(sqlite3_str *sql, const struct order_table *table);
/* Insert or merge, by the rules of order_columns; rows that nothing changes aren't written, and rows
 * that belong to another order are left. */
void order_sql_merge(sqlite3_str *sql, const struct order_table *table);
/* Rows whose place is taken by another order: rowid in sluice_rows, then the other one's provider,
 * account and imei. */
void order_sql_strangers(sqlite3_str *sql, const struct order_table *table);

#endif
