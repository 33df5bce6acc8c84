/* found_table.h - rowids in memory as a table that SQL can read: one column, sluice_row.
 *
 * A join with it fetches rows by their keys in one statement. One statement run again for each row would take
 * twice as long: at each reset SQLite gives back the memory of every cell. */
#ifndef SQLITE_FOUND_TABLE_H
#define SQLITE_FOUND_TABLE_H

#include <stdbool.h>

#include "found.h"
#include "sqlite_library.h"

#define FOUND_TABLE "sluice_found"

/* What is read, and from where on: looked at each time a statement begins. */
struct found_view {
    const struct found *found;
    size_t taken;  /* so many are passed over */
    bool backward; /* the last one first */
};

/* The rowid that comes after `taken` others. */
int64_t found_view_id(const struct found_view *view, size_t taken);
/* Make the table show `view`, which must live as long as the connection. A result code of SQLite. */
int found_table_register(sqlite3 *handle, struct found_view *view);

#endif
