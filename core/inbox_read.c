#include <stdlib.h>

#include "inbox_parts.h"
#include "text.h"

/* Readers share one connection. */
static void lock(struct inbox *inbox) {
    pthread_mutex_lock(&inbox->read_lock);
}

static int unlock(struct inbox *inbox, int result) {
    pthread_mutex_unlock(&inbox->read_lock);
    return result;
}

int inbox_has_open(struct inbox *inbox, sluice_text pipeline, bool *open, sluice_error *error) {
    struct inbox_db *db = &inbox->reader;
    sqlite3_stmt *find;
    lock(inbox);
    int result = inbox_db_statement(db, INBOX_HAS_OPEN,
                                    "SELECT 1 FROM jobs INDEXED BY jobs_open"
                                    " WHERE pipeline = ?1 AND open > 0 LIMIT 1",
                                    &find, error);
    if (!result) {
        inbox_db_text(db, find, 1, pipeline);
        result = inbox_db_step(db, find, error);
        *open = result == 1;
        db->sqlite->sqlite3_reset(find);
    }
    return unlock(inbox, result < 0 ? result : 0);
}

int inbox_count_open(struct inbox *inbox, sluice_text pipeline, uint64_t *rows, sluice_error *error) {
    struct inbox_db *db = &inbox->reader;
    sqlite3_stmt *count;
    lock(inbox);
    int result = inbox_db_statement(db, INBOX_COUNT_OPEN,
                                    "SELECT total(open) FROM jobs INDEXED BY jobs_open"
                                    " WHERE pipeline = ?1 AND open > 0",
                                    &count, error);
    if (!result) {
        inbox_db_text(db, count, 1, pipeline);
        result = inbox_db_step(db, count, error);
        *rows = result == 1 ? (uint64_t)inbox_db_number(db, count, 0) : 0;
        db->sqlite->sqlite3_reset(count);
    }
    return unlock(inbox, result < 0 ? result : 0);
}

/* ---- jobs ----------------------------------------------------------------------------------- */

static void view_job(struct inbox_db *db, sqlite3_stmt *row, struct inbox_job_view *out) {
    *out = (struct inbox_job_view){
        .id = inbox_db_number(db, row, 0),
        .name = inbox_db_string(db, row, 1),
        .submitted_ms = inbox_db_number(db, row, 2),
        .repeat = inbox_db_number(db, row, 3) != 0,
        .rows = (uint64_t)inbox_db_number(db, row, 4),
        .open = (uint64_t)inbox_db_number(db, row, 5),
        .spent = inbox_db_number(db, row, INBOX_JOB_SUMS_AT + INBOX_STATES - 1),
        .max_price = inbox_db_amount(db, row, INBOX_JOB_SUMS_AT + INBOX_STATES),
    };
    for (int state = INBOX_WAITING; state < INBOX_STATES; state++)
        out->states[state] = (uint64_t)inbox_db_number(db, row, INBOX_JOB_SUMS_AT + state - 1);
    out->states[INBOX_OPEN] = out->open - out->states[INBOX_WAITING];
}

static int each_job(struct inbox_db *db, sqlite3_stmt *jobs,
                    int (*each)(void *user, const struct inbox_job_view *job), void *user,
                    sluice_error *error) {
    int result;
    while ((result = inbox_db_step(db, jobs, error)) == 1) {
        struct inbox_job_view view;
        view_job(db, jobs, &view);
        if (each(user, &view)) {
            db->sqlite->sqlite3_reset(jobs);
            return 0;
        }
    }
    return result;
}

int inbox_jobs(struct inbox *inbox, sluice_text pipeline, int64_t before, uint64_t limit,
               int (*each)(void *user, const struct inbox_job_view *job), void *user, sluice_error *error) {
    struct inbox_db *db = &inbox->reader;
    sqlite3_stmt *jobs;
    lock(inbox); /* the index by name would have all jobs sorted for each page */
    int failed = inbox_db_statement(db, INBOX_JOBS,
                                    "SELECT " INBOX_JOB_COLUMNS " FROM jobs NOT INDEXED"
                                    " WHERE id < ?2 AND pipeline = ?1 ORDER BY id DESC LIMIT ?3",
                                    &jobs, error);
    if (!failed) {
        inbox_db_text(db, jobs, 1, pipeline);
        inbox_db_int(db, jobs, 2, before ? before : INT64_MAX);
        inbox_db_int(db, jobs, 3, (int64_t)limit);
        failed = each_job(db, jobs, each, user, error);
    }
    return unlock(inbox, failed);
}

int inbox_open_jobs(struct inbox *inbox, sluice_text pipeline, int64_t after, uint64_t limit,
                    int (*each)(void *user, const struct inbox_job_view *job), void *user,
                    sluice_error *error) {
    struct inbox_db *db = &inbox->reader;
    sqlite3_stmt *jobs;
    lock(inbox);
    int failed = inbox_db_statement(db, INBOX_OPEN_JOBS,
                                    "SELECT " INBOX_JOB_COLUMNS " FROM jobs"
                                    " INDEXED BY jobs_open WHERE pipeline = ?1 AND open > 0 AND id > ?2"
                                    " ORDER BY id LIMIT ?3",
                                    &jobs, error);
    if (!failed) {
        inbox_db_text(db, jobs, 1, pipeline);
        inbox_db_int(db, jobs, 2, after);
        inbox_db_int(db, jobs, 3, (int64_t)limit);
        failed = each_job(db, jobs, each, user, error);
    }
    return unlock(inbox, failed);
}

struct sought {
    bool found;
    int64_t id;
    int (*each)(void *user, const struct inbox_job_view *job); /* NULL: only its id is wanted */
    void *user;
};

static int on_sought(void *user, const struct inbox_job_view *job) {
    struct sought *sought = user;
    sought->found = true;
    sought->id = job->id;
    return sought->each ? sought->each(sought->user, job) : 0;
}

/* 1: there is none of that name. */
static int seek(struct inbox *inbox, sluice_text pipeline, sluice_text name, struct sought *sought,
                sluice_error *error) {
    struct inbox_db *db = &inbox->reader;
    sqlite3_stmt *jobs;
    lock(inbox);
    int failed = inbox_db_statement(db, INBOX_JOB_BY_NAME,
                                    "SELECT " INBOX_JOB_COLUMNS " FROM jobs"
                                    " WHERE pipeline = ?1 AND name = ?2",
                                    &jobs, error);
    if (!failed) {
        inbox_db_text(db, jobs, 1, pipeline);
        inbox_db_text(db, jobs, 2, name);
        failed = each_job(db, jobs, on_sought, sought, error);
    }
    return unlock(inbox, failed ? failed : !sought->found);
}

int inbox_job(struct inbox *inbox, sluice_text pipeline, sluice_text name,
              int (*each)(void *user, const struct inbox_job_view *job), void *user, sluice_error *error) {
    struct sought sought = {.each = each, .user = user};
    return seek(inbox, pipeline, name, &sought, error);
}

int inbox_job_id(struct inbox *inbox, sluice_text pipeline, sluice_text name, int64_t *id,
                 sluice_error *error) {
    struct sought sought = {0};
    int result = seek(inbox, pipeline, name, &sought, error);
    *id = sought.id;
    return result;
}

/* ---- rows ----------------------------------------------------------------------------------- */

struct job_columns {
    sluice_text *names; /* and behind them room for as many values */
    uint32_t count;
    uint64_t rows;
    void *bytes;
};

static int damaged(const struct inbox_db *db, sluice_error *error) {
    return fail(error, SLUICE_E_CONFIG, "%s is damaged; restore it from a backup", db->path);
}

/* 1: there is no such job. */
static int read_columns(struct inbox_db *db, int64_t job, struct job_columns *out, sluice_error *error) {
    sqlite3_stmt *find = NULL;
    *out = (struct job_columns){0};
    int result =
        inbox_db_statement(db, INBOX_COLUMNS, "SELECT columns, rows FROM jobs WHERE id = ?1", &find, error);
    if (result)
        return result;
    inbox_db_int(db, find, 1, job);
    result = inbox_db_step(db, find, error);
    if (result != 1)
        return result < 0 ? result : 1;
    size_t size = (size_t)db->sqlite->sqlite3_column_bytes(find, 0);
    const void *bytes = db->sqlite->sqlite3_column_blob(find, 0);
    out->rows = (uint64_t)inbox_db_number(db, find, 1);
    bool good = record_count(bytes, size, &out->count);
    out->bytes = good ? malloc(size + 1) : NULL;
    out->names = good ? calloc((size_t)out->count * 2 + 1, sizeof *out->names) : NULL;
    if (out->bytes && out->names) {
        __builtin_memcpy(out->bytes, bytes, size);
        good = record_decode(out->bytes, size, out->names, out->count);
    }
    db->sqlite->sqlite3_reset(find);
    if (!good)
        return damaged(db, error);
    return out->bytes && out->names ? 0 : fail_memory(error);
}

static int view_row(struct inbox_db *db, sqlite3_stmt *row, int64_t job, const struct job_columns *columns,
                    struct inbox_row_view *out, sluice_error *error) {
    sluice_text *values = columns->names + columns->count;
    int64_t number = inbox_db_number(db, row, 0);
    const void *bytes = db->sqlite->sqlite3_column_blob(row, 1);
    size_t size = (size_t)db->sqlite->sqlite3_column_bytes(row, 1);
    if (!record_decode(bytes, size, values, columns->count))
        return damaged(db, error);
    *out = (struct inbox_row_view){
        .row = (uint64_t)(number - job + 1),
        .names = columns->names,
        .values = values,
        .count = columns->count,
        .end = {.row = (uint64_t)number,
                .state = (enum inbox_state)inbox_db_number(db, row, 2),
                .order_id = inbox_db_string(db, row, 3),
                .code = inbox_db_string(db, row, 4),
                .reason = inbox_db_string(db, row, 5),
                .price = inbox_db_number(db, row, 6)},
    };
    return 0;
}

static int each_row(struct inbox_db *db, int64_t job, uint64_t after, uint64_t limit,
                    const struct job_columns *columns,
                    int (*each)(void *user, const struct inbox_row_view *row), void *user,
                    sluice_error *error) {
    sqlite3_stmt *rows;
    if (after >= columns->rows)
        return 0;
    uint64_t left = columns->rows - after;
    int result = inbox_db_statement(db, INBOX_ROWS,
                                    "SELECT id, record, state, order_id, code, reason, coalesce(price, ?3)"
                                    " FROM rows"
                                    " WHERE id >= ?1 ORDER BY id LIMIT ?2",
                                    &rows, error);
    if (result)
        return result;
    inbox_db_int(db, rows, 1, job + (int64_t)after);
    inbox_db_int(db, rows, 2, (int64_t)(left < limit ? left : limit));
    inbox_db_int(db, rows, 3, MONEY_NONE);
    while ((result = inbox_db_step(db, rows, error)) == 1) {
        struct inbox_row_view view;
        int failed = view_row(db, rows, job, columns, &view, error);
        if (failed || each(user, &view)) {
            db->sqlite->sqlite3_reset(rows);
            return failed;
        }
    }
    return result;
}

int inbox_rows(struct inbox *inbox, int64_t job, uint64_t after, uint64_t limit,
               int (*each)(void *user, const struct inbox_row_view *row), void *user, sluice_error *error) {
    struct job_columns columns;
    lock(inbox);
    int result = read_columns(&inbox->reader, job, &columns, error);
    if (!result)
        result = each_row(&inbox->reader, job, after, limit, &columns, each, user, error);
    free(columns.bytes);
    free(columns.names);
    return unlock(inbox, result);
}
