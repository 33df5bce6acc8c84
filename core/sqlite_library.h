/* sqlite_library.h - SQLite as the core uses it, loaded when it is first needed. */
#ifndef CORE_SQLITE_LIBRARY_H
#define CORE_SQLITE_LIBRARY_H

#include <sqlite3.h>

#include "library.h"

#define SQLITE_SYMBOLS(X) \
    X(sqlite3_bind_blob) \
    X(sqlite3_bind_int64) \
    X(sqlite3_bind_null) \
    X(sqlite3_bind_text) \
    X(sqlite3_busy_handler) \
    X(sqlite3_changes) \
    X(sqlite3_close) \
    X(sqlite3_column_blob) \
    X(sqlite3_column_bytes) \
    X(sqlite3_column_int64) \
    X(sqlite3_column_text) \
    X(sqlite3_column_type) \
    X(sqlite3_config) \
    X(sqlite3_database_file_object) \
    X(sqlite3_errmsg) \
    X(sqlite3_errstr) \
    X(sqlite3_exec) \
    X(sqlite3_extended_result_codes) \
    X(sqlite3_file_control) \
    X(sqlite3_finalize) \
    X(sqlite3_get_autocommit) \
    X(sqlite3_last_insert_rowid) \
    X(sqlite3_open_v2) \
    X(sqlite3_prepare_v3) \
    X(sqlite3_reset) \
    X(sqlite3_step) \
    X(sqlite3_system_errno) \
    X(sqlite3_vfs_find) \
    X(sqlite3_vfs_register)

struct sqlite_library {
    SQLITE_SYMBOLS(LIBRARY_MEMBER)
};

/* The library, or NULL: SLUICE_E_UNAVAILABLE with a sentence. Thread-safe; loaded once. */
const struct sqlite_library *sqlite_library(sluice_error *error);

#endif
