#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "clock.h"
#include "inbox_parts.h"
#include "text.h"

/* ---- a job ---------------------------------------------------------------------------------- */

static int check_job(const struct inbox_job *job, sluice_error *error) {
    if (!job->name.len || job->name.len > INBOX_NAME)
        return fail(error, SLUICE_E_PLUGIN, "a job's name has 1 to %d bytes", INBOX_NAME);
    if (!job->rows->selected || job->rows->selected > INBOX_JOB_ROWS)
        return fail(error, SLUICE_E_DATA, "a job has 1 to %d rows", INBOX_JOB_ROWS);
    return 0;
}

int inbox_encode_job(struct inbox_entry *entry, sluice_error *error) {
    const sluice_batch *rows = entry->job->rows;
    int failed = check_job(entry->job, error);
    if (!failed)
        failed = record_encode(&entry->columns, rows->names, rows->column_count, error);
    if (!failed && !(entry->ends = malloc(rows->selected * sizeof *entry->ends)))
        failed = fail_memory(error);
    sluice_text *values = failed ? NULL : malloc((rows->column_count + 1) * sizeof *values);
    if (!failed && !values)
        failed = fail_memory(error);
    for (uint32_t i = 0; !failed && i < rows->selected; i++) {
        batch_row(rows, sluice_selected(rows, i), values);
        failed = record_encode(&entry->records, values, rows->column_count, error);
        entry->ends[i] = entry->records.used;
    }
    free(values);
    return failed;
}

static int seek_name(struct inbox_db *db, enum inbox_statement which, const char *sql,
                     const struct inbox_job *job, sluice_error *error) {
    sqlite3_stmt *find;
    int result = inbox_db_statement(db, which, sql, &find, error);
    if (result)
        return result;
    inbox_db_text(db, find, 1, job->pipeline);
    inbox_db_text(db, find, 2, job->name);
    result = inbox_db_step(db, find, error);
    if (result == 1)
        db->sqlite->sqlite3_reset(find);
    return result;
}

/* 1: there is one, or was; 0: none. */
static int is_known(struct inbox_db *db, const struct inbox_job *job, sluice_error *error) {
    int result =
        seek_name(db, INBOX_IS_JOB, "SELECT 1 FROM jobs WHERE pipeline = ?1 AND name = ?2", job, error);
    if (result)
        return result;
    return seek_name(db, INBOX_NAME_GONE, "SELECT 1 FROM gone WHERE pipeline = ?1 AND name = ?2", job, error);
}

/* Read anew in each transaction: another process may have added some. */
static int read_last(struct inbox_db *db, int64_t *last, sluice_error *error) {
    sqlite3_stmt *find;
    int result = inbox_db_statement(db, INBOX_LAST_ROW, "SELECT max(id) FROM rows", &find, error);
    if (!result)
        result = inbox_db_step(db, find, error);
    if (result < 0)
        return result;
    *last = inbox_db_number(db, find, 0);
    db->sqlite->sqlite3_reset(find);
    return 0;
}

static int add_rows(struct inbox_db *db, const struct inbox_entry *entry, int64_t first,
                    sluice_error *error) {
    sqlite3_stmt *add;
    size_t begin = 0;
    int failed =
        inbox_db_statement(db, INBOX_ROW_ADD, "INSERT INTO rows (id, record) VALUES (?1, ?2)", &add, error);
    for (uint32_t i = 0; !failed && i < entry->job->rows->selected; i++) {
        inbox_db_int(db, add, 1, first + i);
        inbox_db_blob(db, add, 2, entry->records.bytes + begin, entry->ends[i] - begin);
        failed = inbox_db_step(db, add, error);
        begin = entry->ends[i];
    }
    return failed;
}

/* Who sends other rows by a name that is taken must hear that they aren't ordered. */
static int answer_known(struct inbox_db *db, struct inbox_entry *entry, sluice_error *error) {
    bool same = true;
    int failed = inbox_is_same_job(db, entry, &same, error);
    if (failed)
        return failed;
    entry->result = same ? 1
                         : fail(entry->error, SLUICE_E_USAGE,
                                "there is a job '%.*s' already, with other rows, another 'repeat' or another "
                                "'max_price': nothing of this one is ordered; give it a name of its own",
                                TEXT_ARG(entry->job->name));
    return 0;
}

int inbox_add_job(struct inbox_db *db, struct inbox_entry *entry, sluice_error *error) {
    const struct inbox_job *job = entry->job;
    sqlite3_stmt *add;
    int64_t last = 0;
    int known = is_known(db, job, error);
    if (known)
        return known < 0 ? known : answer_known(db, entry, error);
    int failed = read_last(db, &last, error);
    if (!failed)
        failed = inbox_db_statement(
            db, INBOX_JOB_ADD,
            "INSERT INTO jobs (id, pipeline, name, submitted_ms, repeat, rows, open, columns, max_price)"
            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, nullif(?8, ?9))",
            &add, error);
    if (failed)
        return failed;
    inbox_db_int(db, add, 1, last + 1);
    inbox_db_text(db, add, 2, job->pipeline);
    inbox_db_text(db, add, 3, job->name);
    inbox_db_int(db, add, 4, clock_wall_ms());
    inbox_db_int(db, add, 5, job->repeat);
    inbox_db_int(db, add, 6, job->rows->selected);
    inbox_db_blob(db, add, 7, entry->columns.bytes, entry->columns.used);
    inbox_db_int(db, add, 8, job->max_price);
    inbox_db_int(db, add, 9, MONEY_NONE);
    failed = inbox_db_step(db, add, error);
    return failed ? failed : add_rows(db, entry, last + 1, error);
}

/* ---- the end of a row ------------------------------------------------------------------------ */

static sluice_text append(char **at, sluice_text text) {
    sluice_text out = {*at, text.len};
    if (!text.ptr)
        return text;
    memcpy(*at, text.ptr, text.len);
    *at += text.len;
    return out;
}

struct inbox_entry *inbox_entry_of(const struct inbox_end *end) {
    struct inbox_entry *entry =
        malloc(sizeof *entry + end->order_id.len + end->code.len + end->reason.len + 1);
    if (!entry)
        return NULL;
    *entry = (struct inbox_entry){.kind = ENTRY_END, .end = *end};
    char *at = (char *)(entry + 1);
    entry->end.order_id = append(&at, end->order_id);
    entry->end.code = append(&at, end->code);
    entry->end.reason = append(&at, end->reason);
    return entry;
}

void inbox_entry_free(struct inbox_entry *entry) {
    free(entry->pipeline);
    free(entry->name);
    free(entry);
}

static bool is_end(enum inbox_state state) {
    return state > INBOX_WAITING;
}

struct before {
    enum inbox_state state;
    money cost; /* 0: nothing, or it isn't known */
};

/* 1: the row may become what the entry says; *was is what it is. */
static int may_change(struct inbox_db *db, const struct inbox_end *end, struct before *was,
                      sluice_error *error) {
    sqlite3_stmt *find;
    int result = inbox_db_statement(db, INBOX_ROW_STATE,
                                    "SELECT state, coalesce(price, 0) FROM rows WHERE id = ?1", &find, error);
    if (result)
        return result;
    inbox_db_int(db, find, 1, (int64_t)end->row);
    result = inbox_db_step(db, find, error);
    if (result != 1)
        return result;
    *was = (struct before){(enum inbox_state)inbox_db_number(db, find, 0), inbox_db_number(db, find, 1)};
    db->sqlite->sqlite3_reset(find);
    if (was->state == INBOX_IN_DOUBT)
        return end->state != INBOX_OPEN && end->state != INBOX_IN_DOUBT;
    return !is_end(was->state);
}

static money cost_of(const struct inbox_end *end) {
    return end->state == INBOX_PLACED || end->state == INBOX_IN_DOUBT ? end->price : MONEY_NONE;
}

static int change_row(struct inbox_db *db, const struct inbox_end *end, sluice_error *error) {
    sqlite3_stmt *change;
    int failed = inbox_db_statement(
        db, INBOX_ROW_END,
        "UPDATE rows SET state = ?2, order_id = ?3, code = ?4, reason = ?5, price = nullif(?6, ?7)"
        " WHERE id = ?1",
        &change, error);
    if (failed)
        return failed;
    inbox_db_int(db, change, 1, (int64_t)end->row);
    inbox_db_int(db, change, 2, end->state);
    inbox_db_text(db, change, 3, end->order_id);
    inbox_db_text(db, change, 4, end->code);
    inbox_db_text(db, change, 5, end->reason);
    inbox_db_int(db, change, 6, cost_of(end));
    inbox_db_int(db, change, 7, MONEY_NONE);
    return inbox_db_step(db, change, error);
}

static int find_job(struct inbox_db *db, struct inbox_entry *entry, int64_t *job, sluice_error *error) {
    sqlite3_stmt *find;
    int result = inbox_db_statement(
        db, INBOX_JOB_OF_ROW, "SELECT id, pipeline, name FROM jobs WHERE id <= ?1 ORDER BY id DESC LIMIT 1",
        &find, error);
    if (result)
        return result;
    inbox_db_int(db, find, 1, (int64_t)entry->end.row);
    result = inbox_db_step(db, find, error);
    if (result != 1)
        return result;
    *job = inbox_db_number(db, find, 0);
    sluice_text pipeline = inbox_db_string(db, find, 1), name = inbox_db_string(db, find, 2);
    entry->pipeline = strndup(pipeline.ptr, pipeline.len);
    entry->name = strndup(name.ptr, name.len);
    entry->row_in_job = entry->end.row - (uint64_t)*job + 1;
    db->sqlite->sqlite3_reset(find);
    return entry->pipeline && entry->name ? 0 : fail_memory(error);
}

/* What is said of the job: its rows are never counted again. */
static int change_sums(struct inbox_db *db, int64_t job, const struct before *was,
                       const struct inbox_end *end, sluice_error *error) {
    sqlite3_stmt *change;
    int failed = inbox_db_statement(
        db, INBOX_JOB_SUMS,
        "UPDATE jobs SET open = open + ?2, ended_ms = max(ended_ms, ?3), waiting = waiting + ?4,"
        " placed = placed + ?5, duplicate = duplicate + ?6, rejected = rejected + ?7,"
        " in_doubt = in_doubt + ?8, skipped = skipped + ?9, passed = passed + ?10, spent = spent + ?11"
        " WHERE id = ?1",
        &change, error);
    if (failed)
        return failed;
    bool ends = is_end(was->state) || is_end(end->state);
    money cost = cost_of(end);
    inbox_db_int(db, change, 1, job);
    inbox_db_int(db, change, 2, is_end(was->state) - is_end(end->state));
    inbox_db_int(db, change, 3, ends ? clock_wall_ms() : 0);
    for (int state = INBOX_WAITING; state < INBOX_STATES; state++)
        inbox_db_int(db, change, 3 + state, (state == (int)end->state) - (state == (int)was->state));
    inbox_db_int(db, change, 11, (cost == MONEY_NONE ? 0 : cost) - was->cost);
    return inbox_db_step(db, change, error);
}

int inbox_add_end(struct inbox_db *db, struct inbox_entry *entry, sluice_error *error) {
    struct before was = {INBOX_OPEN, 0};
    int64_t job = 0;
    int result = may_change(db, &entry->end, &was, error);
    if (result != 1)
        return result;
    result = change_row(db, &entry->end, error);
    if (!result)
        result = find_job(db, entry, &job, error);
    if (!result)
        result = change_sums(db, job, &was, &entry->end, error);
    if (!result)
        result = inbox_keep_doubt(db, &entry->end, was.state, error);
    entry->changed = !result;
    return result;
}
