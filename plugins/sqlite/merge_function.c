#include "merge_function.h"

#include <stdlib.h>

#include <shared/json_merge.h>

static sluice_text text_of(sqlite3_value *value) {
    const char *text = (const char *)sqlite.value_text(value);
    return (sluice_text){text, text ? (uint64_t)sqlite.value_bytes(value) : 0};
}

static void merge(sqlite3_context *context, int count, sqlite3_value **values) {
    char *merged;
    uint64_t length;
    (void)count;
    switch (json_merge(text_of(values[0]), text_of(values[1]), &merged, &length)) {
    case JSON_KEEP_OLD:
        sqlite.result_value(context, values[0]);
        break;
    case JSON_TAKE_NEW:
        sqlite.result_value(context, values[1]);
        break;
    case JSON_MERGED: /* values are shorter than SQLite's limit: the sink sees to it */
        sqlite.result_text(context, merged, (int)length, free);
        break;
    default:
        sqlite.result_error_nomem(context);
    }
}

int merge_function_register(sqlite3 *handle) {
    return sqlite.create_function_v2(handle, "sluice_merge", 2,
                                     SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, NULL, merge,
                                     NULL, NULL, NULL);
}
