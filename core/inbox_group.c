/* What was asked for at the same time shares a commit, and stands or falls alone: one that can't be written
 * takes nothing else with it. */
#include "inbox_parts.h"

static int apply(struct inbox_db *db, struct inbox_entry *entry, sluice_error *error) {
    switch (entry->kind) {
    case ENTRY_JOB:
        return inbox_add_job(db, entry, error);
    case ENTRY_END:
        return inbox_add_end(db, entry, error);
    default:
        return 0;
    }
}

/* 0 with entry->refused: nothing of it was written. Else the whole transaction is lost. */
static int apply_alone(struct inbox_db *db, struct inbox_entry *entry, sluice_error *error) {
    int failed = inbox_db_execute(db, INBOX_SAVE, "SAVEPOINT entry", error);
    if (failed)
        return failed;
    entry->refused = apply(db, entry, error);
    if (entry->refused && db->sqlite->sqlite3_get_autocommit(db->db))
        return entry->refused; /* a full or broken disk ends the transaction of itself */
    if (entry->refused && (failed = inbox_db_execute(db, INBOX_TAKE_BACK, "ROLLBACK TO entry", error)))
        return failed;
    return inbox_db_execute(db, INBOX_RELEASE, "RELEASE entry", error);
}

/* What is taken in must be there when the service is started again. */
static int check_place(struct inbox_db *db, sluice_error *error) {
    if (file_place_holds_both(&db->place, &db->log_place, db->path))
        return 0;
    return fail(error, SLUICE_E_IO,
                "%s was moved, replaced or deleted while it was in use, so nothing more is taken in: end the "
                "service, put the file and its -wal back, and start it again",
                db->path);
}

int inbox_write_group(struct inbox_db *db, struct inbox_entry *first, sluice_error *error) {
    int failed = inbox_db_execute(db, INBOX_BEGIN, "BEGIN IMMEDIATE", error);
    if (failed)
        return failed;
    for (struct inbox_entry *entry = first; !failed && entry; entry = entry->next) {
        sluice_error own = ERROR_INIT;
        failed = apply_alone(db, entry, &own);
        if (failed || entry->refused)
            *error = own;
        if (entry->refused && entry->waited)
            *entry->error = own;
    }
    if (!failed)
        failed = check_place(db, error);
    if (!failed)
        failed = inbox_db_execute(db, INBOX_COMMIT, "COMMIT", error);
    if (failed)
        (void)inbox_db_execute(db, INBOX_ROLLBACK, "ROLLBACK", NULL);
    return failed;
}
