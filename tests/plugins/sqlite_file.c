#include "sqlite_file.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void must(int good, const char *what) {
    if (good)
        return;
    fprintf(stderr, "sqlite_file: %s\n", what);
    abort();
}

void sqlite_file_make(struct sqlite_file *file) {
    snprintf(file->dir, sizeof file->dir, "/tmp/sluice_sqlite.XXXXXX");
    must(mkdtemp(file->dir) != NULL, file->dir);
    snprintf(file->path, sizeof file->path, "%s/store.db", file->dir);
    snprintf(file->option, sizeof file->option, "path=%s", file->path);
}

void sqlite_file_remove(struct sqlite_file *file) {
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    char path[160];
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        snprintf(path, sizeof path, "%s%s", file->path, suffixes[i]);
        unlink(path);
    }
    must(rmdir(file->dir) == 0, file->dir);
}

static sqlite3 *open_file(const struct sqlite_file *file) {
    sqlite3 *handle;
    must(sqlite3_open(file->path, &handle) == SQLITE_OK, file->path);
    return handle;
}

void sqlite_file_run(const struct sqlite_file *file, const char *sql) {
    sqlite3 *handle = open_file(file);
    char *message = NULL;
    must(sqlite3_exec(handle, sql, NULL, NULL, &message) == SQLITE_OK, message);
    sqlite3_close(handle);
}

static size_t put_row(sqlite3_stmt *rows, char *out, size_t at, size_t room) {
    for (int c = 0; c < sqlite3_column_count(rows); c++) {
        const char *text = (const char *)sqlite3_column_text(rows, c);
        at += (size_t)snprintf(out + at, room - at, "%s%s", c ? "|" : at ? "/" : "", text ? text : "~");
        must(at < room, "the answer is too long");
    }
    return at;
}

const char *sqlite_file_query(const struct sqlite_file *file, const char *sql) {
    static char buffers[4][16384];
    static unsigned next;
    char *out = buffers[next++ % 4];
    sqlite3 *handle = open_file(file);
    sqlite3_stmt *rows;
    size_t at = 0;
    int result;
    *out = '\0';
    must(sqlite3_prepare_v2(handle, sql, -1, &rows, NULL) == SQLITE_OK, sqlite3_errmsg(handle));
    while ((result = sqlite3_step(rows)) == SQLITE_ROW)
        at = put_row(rows, out, at, sizeof buffers[0]);
    must(result == SQLITE_DONE, sqlite3_errmsg(handle));
    sqlite3_finalize(rows);
    sqlite3_close(handle);
    return out;
}
