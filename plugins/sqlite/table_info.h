/* table_info.h - what a table of the database looks like now. */
#ifndef SQLITE_TABLE_INFO_H
#define SQLITE_TABLE_INFO_H

#include "database.h"

struct table_column {
    char *name;
    char *otherwise; /* NOT NULL with a default: that, as SQL; else NULL */
    bool not_null;
    bool required; /* must be given: NOT NULL, and nothing fills it in */
    bool rowid;    /* INTEGER PRIMARY KEY: takes whole numbers only */
    bool real;     /* may hold floating-point numbers, by its type */
    bool hidden;   /* of a virtual table, or generated: can't be written */
};

struct table_info {
    bool exists;
    struct table_column *columns;
    size_t column_count, room;
    bool guarded; /* CHECK, STRICT, triggers or several unique keys: any row may be refused */
    int64_t indexes;
    bool has_rowid; /* a view and a WITHOUT ROWID table have none */
};

/* A name that isn't there gives exists == false. A view can't be written: CONFIG for a database that
 * was opened to write. */
int table_info_read(struct database *db, const char *table, struct table_info *info, sluice_error *error);
void table_info_free(struct table_info *info);

/* The column called `name`, in any letter case, as SQLite has it; -1: none. */
int32_t table_info_find(const struct table_info *info, sluice_text name);

/* Is the column the first one of an index over all rows? */
int table_info_indexed(struct database *db, const char *table, const char *column, bool *indexed,
                       sluice_error *error);

/* Are these, "a,b,c" in lower case, the first columns of an index over all rows? */
int table_info_indexed_by(struct database *db, const char *table, const char *columns, bool *indexed,
                          sluice_error *error);

#endif
