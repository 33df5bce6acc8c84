#include "virtual_table.h"

#include <stdlib.h>

int virtual_table_plan(sqlite3_vtab *table, sqlite3_index_info *info) {
    (void)table;
    info->estimatedCost = 1000;
    info->estimatedRows = 1000;
    return SQLITE_OK;
}

int virtual_table_free(sqlite3_vtab *table) {
    free(table);
    return SQLITE_OK;
}

int virtual_table_close(sqlite3_vtab_cursor *cursor) {
    free(cursor);
    return SQLITE_OK;
}
