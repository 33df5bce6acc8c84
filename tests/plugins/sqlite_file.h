/* sqlite_file.h - a SQLite file in a temporary directory, and SQL on it from outside the plugin. */
#ifndef TESTS_SQLITE_FILE_H
#define TESTS_SQLITE_FILE_H

struct sqlite_file {
    char dir[64];
    char path[128];
    char option[160]; /* "path=…" for harness_open */
};

/* A path where no file is yet. */
void sqlite_file_make(struct sqlite_file *file);
/* Remove the directory and what is in it. */
void sqlite_file_remove(struct sqlite_file *file);

/* Run statements; they must succeed. */
void sqlite_file_run(const struct sqlite_file *file, const char *sql);
/* All cells of all rows, '|' between cells and '/' between rows; "~" for null. Static buffers, used in turn.
 */
const char *sqlite_file_query(const struct sqlite_file *file, const char *sql);

#endif
