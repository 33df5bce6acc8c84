/* virtual_table.h - what all tables have in common that SQL reads out of memory. */
#ifndef SQLITE_VIRTUAL_TABLE_H
#define SQLITE_VIRTUAL_TABLE_H

#include "sqlite_library.h"

/* xBestIndex: there is one way to read it, all rows in their order. */
int virtual_table_plan(sqlite3_vtab *table, sqlite3_index_info *info);
/* xDisconnect and xClose, of what calloc made. */
int virtual_table_free(sqlite3_vtab *table);
int virtual_table_close(sqlite3_vtab_cursor *cursor);

#endif
