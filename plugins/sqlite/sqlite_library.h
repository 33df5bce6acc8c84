/* sqlite_library.h - SQLite, loaded when a database is first opened.
 *
 * `sqlite.step(statement)` is sqlite3_step(statement). Filled once and never unloaded. */
#ifndef SQLITE_LIBRARY_H
#define SQLITE_LIBRARY_H

#include <sluice/host.h>
#include <sqlite3.h>

#define SQLITE_SYMBOLS(X) \
    X(bind_int64) \
    X(bind_text) \
    X(busy_handler) \
    X(changes) \
    X(clear_bindings) \
    X(close_v2) \
    X(column_blob) \
    X(column_bytes) \
    X(column_count) \
    X(column_int64) \
    X(column_name) \
    X(column_text) \
    X(column_type) \
    X(create_function_v2) \
    X(create_module_v2) \
    X(declare_vtab) \
    X(errmsg) \
    X(exec) \
    X(extended_errcode) \
    X(finalize) \
    X(free) \
    X(get_autocommit) \
    X(open_v2) \
    X(prepare_v3) \
    X(reset) \
    X(result_error_nomem) \
    X(result_int64) \
    X(result_null) \
    X(result_text) \
    X(result_value) \
    X(step) \
    X(str_appendall) \
    X(str_appendf) \
    X(str_finish) \
    X(str_new) \
    X(stricmp) \
    X(strnicmp) \
    X(system_errno) \
    X(value_bytes) \
    X(value_text)

struct sqlite_library {
#define SQLITE_MEMBER(name) __typeof__(sqlite3_##name) *name;
    SQLITE_SYMBOLS(SQLITE_MEMBER)
#undef SQLITE_MEMBER
};

extern struct sqlite_library sqlite;

int sqlite_library_load(const sluice_host *host, sluice_error *error);

#endif
