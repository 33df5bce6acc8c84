/* What is done is kept for a while, for those who look at it again; the ledger keeps what was paid. A job of
 * a million rows isn't forgotten at once: others want to write, too. */
#include "inbox_parts.h"

enum { STEP_ROWS = 1000 };

static int run_on_job(struct inbox_db *db, enum inbox_statement which, const char *sql, int64_t job,
                      sluice_error *error) {
    sqlite3_stmt *statement;
    int failed = inbox_db_statement(db, which, sql, &statement, error);
    if (failed)
        return failed;
    inbox_db_int(db, statement, 1, job);
    return inbox_db_step(db, statement, error);
}

/* 1: *job is the next one that may go; 0: there is none. */
static int find_old(struct inbox_db *db, int64_t after, int64_t before_ms, int64_t *job,
                    sluice_error *error) {
    sqlite3_stmt *find;
    int result = inbox_db_statement(
        db, INBOX_FIND_OLD,
        "SELECT id FROM jobs NOT INDEXED WHERE id > ?1 AND open = 0 AND max(submitted_ms, ended_ms) < ?2"
        " AND id < (SELECT max(id) FROM jobs)"
        " AND NOT EXISTS (SELECT 1 FROM rows INDEXED BY rows_in_doubt"
        " WHERE state = 5 AND id >= jobs.id AND id < jobs.id + jobs.rows)"
        " ORDER BY id LIMIT 1",
        &find, error);
    if (result)
        return result;
    inbox_db_int(db, find, 1, after);
    inbox_db_int(db, find, 2, before_ms);
    result = inbox_db_step(db, find, error);
    if (result == 1) {
        *job = inbox_db_number(db, find, 0);
        db->sqlite->sqlite3_reset(find);
    }
    return result;
}

static int forget_job(struct inbox_db *db, int64_t job, sluice_error *error) {
    int failed = run_on_job(db, INBOX_GONE_ADD,
                            "INSERT INTO gone (id, pipeline, name, repeat, rows)"
                            " SELECT id, pipeline, name, repeat, rows FROM jobs WHERE id = ?1",
                            job, error);
    return failed ? failed : run_on_job(db, INBOX_JOB_DELETE, "DELETE FROM jobs WHERE id = ?1", job, error);
}

/* 1: *job has rows still; 0: none has. */
static int find_gone(struct inbox_db *db, int64_t *job, int64_t *rows, sluice_error *error) {
    sqlite3_stmt *find;
    int result = inbox_db_statement(db, INBOX_FIND_GONE,
                                    "SELECT id, rows FROM gone INDEXED BY gone_rows WHERE rows > 0 LIMIT 1",
                                    &find, error);
    if (result)
        return result;
    result = inbox_db_step(db, find, error);
    if (result == 1) {
        *job = inbox_db_number(db, find, 0);
        *rows = inbox_db_number(db, find, 1);
        db->sqlite->sqlite3_reset(find);
    }
    return result;
}

static int set_rows(struct inbox_db *db, enum inbox_statement which, const char *sql, int64_t job,
                    int64_t rows, sluice_error *error) {
    sqlite3_stmt *change;
    int failed = inbox_db_statement(db, which, sql, &change, error);
    if (failed)
        return failed;
    inbox_db_int(db, change, 1, job);
    inbox_db_int(db, change, 2, rows);
    return inbox_db_step(db, change, error);
}

/* From the last row to the first: what is left are always the job's first ones. The ledger would take a job
 * that is sent a second time for a duplicate, unless the job is meant to order again: its name stays. */
static int forget_rows(struct inbox_db *db, int64_t job, int64_t rows, sluice_error *error) {
    int64_t left = rows > STEP_ROWS ? rows - STEP_ROWS : 0;
    sqlite3_stmt *delete;
    int failed = inbox_db_statement(db, INBOX_ROWS_DELETE, "DELETE FROM rows WHERE id >= ?1 AND id < ?2",
                                    &delete, error);
    if (failed)
        return failed;
    inbox_db_int(db, delete, 1, job + left);
    inbox_db_int(db, delete, 2, job + rows);
    failed = inbox_db_step(db, delete, error);
    if (!failed)
        failed = set_rows(db, INBOX_GONE_LESS, "UPDATE gone SET rows = ?2 WHERE id = ?1", job, left, error);
    if (!failed && !left)
        failed =
            run_on_job(db, INBOX_GONE_DELETE, "DELETE FROM gone WHERE id = ?1 AND NOT repeat", job, error);
    return failed;
}

static int forget(struct inbox_db *db, struct inbox_pruning *pruning, int64_t before_ms,
                  sluice_error *error) {
    int64_t job = 0, rows = 0;
    int result = find_gone(db, &job, &rows, error);
    if (result < 0)
        return result;
    if (result) {
        result = forget_rows(db, job, rows, error);
        return result ? result : 1;
    }
    result = find_old(db, pruning->after, before_ms, &job, error);
    if (result != 1)
        return result;
    result = forget_job(db, job, error);
    pruning->after = job;
    pruning->jobs += !result;
    return result ? result : 1;
}

int inbox_prune_step(struct inbox_db *db, struct inbox_pruning *pruning, int64_t before_ms,
                     sluice_error *error) {
    struct inbox_pruning after = *pruning;
    int failed = inbox_db_execute(db, INBOX_BEGIN, "BEGIN IMMEDIATE", error);
    if (failed)
        return failed;
    int result = forget(db, &after, before_ms, error);
    if (result >= 0) {
        failed = inbox_db_execute(db, INBOX_COMMIT, "COMMIT", error);
        result = failed ? failed : result;
    }
    if (result < 0)
        (void)inbox_db_execute(db, INBOX_ROLLBACK, "ROLLBACK", NULL);
    else
        *pruning = after;
    return result;
}
