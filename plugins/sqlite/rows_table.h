/* rows_table.h - rows in memory as a table that SQL can read, columns c0, c1, …
 *
 * INSERT … SELECT from it is twice as fast as a prepared INSERT a row: no binding, no reset, no entry
 * into SQLite for each row. Its rowid is the index in the rows. */
#ifndef SQLITE_ROWS_TABLE_H
#define SQLITE_ROWS_TABLE_H

#include "rows.h"
#include "sqlite_library.h"

/* Make the table `name` show `rows` (with their number of columns as it is now). Replaces an earlier one;
 * no statement that uses it may be left. A result code of SQLite. */
int rows_table_register(sqlite3 *handle, const char *name, struct rows *rows);

#endif
