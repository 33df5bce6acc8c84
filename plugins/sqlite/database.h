/* database.h - one connection to a SQLite file: how it is opened, how it waits, what its failures mean. */
#ifndef SQLITE_DATABASE_H
#define SQLITE_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sqlite_library.h"

enum database_mode { DATABASE_READ, DATABASE_WRITE };

struct database {
    sqlite3 *handle; /* NULL: closed */
    const sluice_host *host;
    sluice_self *self;
    enum database_mode mode;
    char *path;            /* as the user wrote it, for messages */
    int64_t lock_wait_ms;  /* how long to wait for another's lock */
    int64_t waiting_since; /* of the wait that is going on */
    bool said;             /* … and that it was logged */
    uint64_t device, file; /* what the path named when it was opened */
};

/* A copy of an option that names something, terminated; NULL: error says what is wrong with it. */
char *database_name(const sluice_host *host, const char *option, sluice_text name, sluice_error *error);

/* READ: an existing file, never written; missing: NOINPUT. WRITE: created when missing.
 * host, self and lock_wait_ms are set by the caller. */
int database_open(struct database *db, sluice_text path, enum database_mode mode, sluice_error *error);
void database_close(struct database *db);

/* Write-ahead log and full durability: a COMMIT that returned is on the disk. */
int database_use_wal(struct database *db, sluice_error *error);

/* Is it in the write-ahead mode already? */
int database_is_wal(struct database *db, bool *wal, sluice_error *error);

/* Run statements that give no rows. */
int database_run(struct database *db, sluice_error *error, const char *sql);
int database_prepare(struct database *db, const char *sql, sqlite3_stmt **statement, sluice_error *error);
/* The first column of the first row; `missing` when there is no row. */
int database_number(struct database *db, const char *sql, int64_t missing, int64_t *value,
                    sluice_error *error);
/* The one number that `sql` answers with for the texts ?1 and ?2. */
int database_count(struct database *db, const char *sql, const char *first, const char *second,
                   int64_t *count, sluice_error *error);
/* BEGIN IMMEDIATE: the write lock is ours, or the failure says who has it. */
int database_begin(struct database *db, sluice_error *error);
int database_commit(struct database *db, sluice_error *error);
/* Undo what is not committed; harmless when there is nothing. */
void database_rollback(struct database *db);

/* What the last call's result code means to the user, as a failure. */
int database_fail(struct database *db, int result, sluice_error *error);
int database_fail_memory(struct database *db, sluice_error *error);

#endif
