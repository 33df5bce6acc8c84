/* inbox_db.h - the tables under the inbox: one connection. Nobody else's. */
#ifndef CORE_INBOX_DB_H
#define CORE_INBOX_DB_H

#include "file_place.h"
#include "inbox.h"
#include "sqlite_library.h"

enum inbox_statement {
    INBOX_BEGIN,
    INBOX_COMMIT,
    INBOX_ROLLBACK,
    INBOX_SAVE,
    INBOX_TAKE_BACK,
    INBOX_RELEASE,
    INBOX_IS_JOB,
    INBOX_LAST_ROW,
    INBOX_JOB_ADD,
    INBOX_ROW_ADD,
    INBOX_ROW_STATE,
    INBOX_ROW_END,
    INBOX_JOB_OF_ROW,
    INBOX_JOB_SUMS,
    INBOX_HAS_OPEN,
    INBOX_COUNT_OPEN,
    INBOX_OPEN_JOBS,
    INBOX_JOB_BY_NAME,
    INBOX_JOB_SENT,
    INBOX_ROWS_SENT,
    INBOX_JOBS,
    INBOX_ROWS,
    INBOX_COLUMNS,
    INBOX_NAME_GONE,
    INBOX_FIND_OLD,
    INBOX_GONE_ADD,
    INBOX_JOB_DELETE,
    INBOX_FIND_GONE,
    INBOX_ROWS_DELETE,
    INBOX_GONE_LESS,
    INBOX_GONE_DELETE,
    INBOX_DOUBT_ADD,
    INBOX_DOUBT_DROP,
    INBOX_DOUBTS,
    INBOX_STATEMENTS
};

/* What inbox_read.c makes a view of, and where the sums begin: of each state but OPEN, what was spent, and
 * behind them the price that was agreed to. */
#define INBOX_JOB_COLUMNS \
    "id, name, submitted_ms, repeat, rows, open," \
    " waiting, placed, duplicate, rejected, in_doubt, skipped, passed, spent, max_price"
enum { INBOX_JOB_SUMS_AT = 6 };

struct inbox_db {
    const struct sqlite_library *sqlite;
    sqlite3 *db;
    char *path;
    struct file_place place, log_place; /* of the files that are open: what writes looks */
    sqlite3_stmt *statements[INBOX_STATEMENTS];
    int bound; /* the first failure of a bind since the last step */
};

int inbox_db_open(struct inbox_db *db, const char *state_dir, sluice_error *error);
void inbox_db_close(struct inbox_db *db);

/* Ready to be bound; prepared from `sql` when first needed. */
int inbox_db_statement(struct inbox_db *db, enum inbox_statement which, const char *sql, sqlite3_stmt **out,
                       sluice_error *error);
/* 1: a row; 0: done, and reset; negative: failed, and reset. */
int inbox_db_step(struct inbox_db *db, sqlite3_stmt *statement, sluice_error *error);
int inbox_db_execute(struct inbox_db *db, enum inbox_statement which, const char *sql, sluice_error *error);
void inbox_db_int(struct inbox_db *db, sqlite3_stmt *statement, int at, int64_t value);
/* Must live until the step. */
void inbox_db_text(struct inbox_db *db, sqlite3_stmt *statement, int at, sluice_text value);
void inbox_db_blob(struct inbox_db *db, sqlite3_stmt *statement, int at, const void *bytes, size_t size);
int64_t inbox_db_number(struct inbox_db *db, sqlite3_stmt *statement, int at);
/* MONEY_NONE where there is none. */
money inbox_db_amount(struct inbox_db *db, sqlite3_stmt *statement, int at);
/* Valid until the next step. */
sluice_text inbox_db_string(struct inbox_db *db, sqlite3_stmt *statement, int at);

#endif
