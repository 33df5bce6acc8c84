/* upsert.h - the statements by which waiting rows get into the table.
 *
 * All read `sluice_rows` (rows_table.h), whose columns are the layout's values: the keys first; for
 * orders c0 order_id, c1 provider, c2 account. Those for orders take the time as ?1. */
#ifndef SQLITE_UPSERT_H
#define SQLITE_UPSERT_H

#include "layout.h"

struct upsert {
    const char *table;
    const char *order_key; /* orders: of schema_order_key */
    const struct table_info *info;
    const struct layout *layout;
    bool fills; /* what comes is no news of the provider's, but what another store knows */
};

/* What an id begins with that was made up for an order of an export that has none. */
#define UPSERT_IMPORTED "import-"

/* A plain table: insert, or set what differs. */
void upsert_plain(sqlite3_str *sql, const struct upsert *upsert);

/* Orders: insert or merge, by the rules of order_columns; rows that nothing changes aren't written, and
 * rows that belong to another order are left. */
void upsert_orders(sqlite3_str *sql, const struct upsert *upsert);
/* Orders whose place is taken by another one: rowid in sluice_rows, then the other one's provider,
 * account and imei. */
void upsert_strangers(sqlite3_str *sql, const struct upsert *upsert);
/* Orders whose id was made up when they were imported, and that the table has under their own id: rowid in
 * sluice_rows. The records must have an IMEI. */
void upsert_twins(sqlite3_str *sql, const struct upsert *upsert);
/* 1 when the account ?1, ?2 (provider, account) has such orders. */
void upsert_has_imported(sqlite3_str *sql, const struct upsert *upsert);
/* The same the other way round: an order that the table has under a made-up id gets its own, so that what
 * waits is merged with it. */
void upsert_adopt(sqlite3_str *sql, const struct upsert *upsert);

#endif
