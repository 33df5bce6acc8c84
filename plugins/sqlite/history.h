/* history.h - the table import_history: a row for each file that was imported, with what came of its rows. */
#ifndef SQLITE_HISTORY_H
#define SQLITE_HISTORY_H

#include "database.h"

struct history {
    struct database *db;
    char *file;                 /* that the counts are of; NULL: none yet */
    int64_t row;                /* of the table; 0: not written yet */
    uint64_t imported, skipped; /* rows that changed the store; all others */
    bool changed;               /* since it was written */
};

/* Rows of `file` have come. Another file than the last one: the caller has written that one. */
int history_add(struct history *history, sluice_text file, uint64_t imported, uint64_t skipped,
                sluice_error *error);
bool history_is_of(const struct history *history, sluice_text file);
/* Inside the transaction that the rows are written in. */
int history_write(struct history *history, sluice_error *error);
/* Tell what came of the last file's rows; nothing when there was none. */
void history_say(const struct history *history, const sluice_host *host, sluice_self *self);
void history_free(struct history *history);

#endif
