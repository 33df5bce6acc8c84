/* store.h - the table that a sink writes into: opened, made or completed, its statements prepared. */
#ifndef SQLITE_STORE_H
#define SQLITE_STORE_H

#include "layout.h"
#include "rows.h"

struct store {
    struct database db;
    const char *table;
    sluice_texts keys;
    bool orders; /* the table keeps orders: unique by order_id */
    struct table_info info;
    struct layout layout; /* of the records that come now */
    struct rows rows;     /* that wait to be written */
    bool defers;          /* no row can be refused, so rows may be written later than they came */
    bool writing;         /* in a transaction */
    bool said_extra;
    bool fills;        /* orders: what comes is what another store knows, no news */
    bool has_imported; /* among the waiting orders are some whose id was made up when they were imported */
    uint64_t kept;     /* rows that changed the table, ever */
    sqlite3_stmt *merge, *strangers;                  /* a plain table has only `merge` */
    sqlite3_stmt *twins, *has_imported_there, *adopt; /* NULL: the records have no IMEI */
};

/* db.host, db.self, db.lock_wait_ms, table, keys and orders are set by the caller, the rest is zero. */
int store_open(struct store *store, sluice_text path, sluice_error *error);
void store_close(struct store *store);

int store_begin(struct store *store, sluice_error *error); /* nothing when there is a transaction */
int store_commit(struct store *store, sluice_error *error);
/* After a failure: nothing since the last commit is kept, waiting rows included. */
void store_give_up(struct store *store);

/* Make it ready for records with the columns of this batch; a missing plain table is made. Rows that
 * wait must have been written. */
int store_prepare(struct store *store, const sluice_batch *batch, sluice_error *error);

/* Write the rows that wait. Refused ones leave through `out`, which may be NULL when the store defers. */
int store_write(struct store *store, sluice_changes *out, sluice_error *error);

#endif
