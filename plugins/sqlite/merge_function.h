/* merge_function.h - sluice_merge(stored, new) in SQL: see json_merge.h. */
#ifndef SQLITE_MERGE_FUNCTION_H
#define SQLITE_MERGE_FUNCTION_H

#include "sqlite_library.h"

/* A result code of SQLite. */
int merge_function_register(sqlite3 *handle);

#endif
