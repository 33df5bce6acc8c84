/* history.h - the table import_history: a row for each file that was imported, with what came of its rows. */
#ifndef SUPABASE_HISTORY_H
#define SUPABASE_HISTORY_H

#include "connection.h"

struct history {
    const char *table;          /* quoted */
    char *file;                 /* that the counts are of; NULL: none yet */
    char row[24];               /* its id in the table; empty: not written yet */
    uint64_t imported, skipped; /* rows that changed the store; all others */
    bool changed;               /* since it was written */
};

/* Rows of `file` have come. Another file than the last one: the caller has written that one. -1: out of
 * memory. */
int history_add(struct history *history, sluice_text file, uint64_t imported, uint64_t skipped);
bool history_is_of(const struct history *history, sluice_text file);
/* What was counted is in the table already. Within a transaction of the caller's: only so the id of a new row
 * is known before it is there for good. */
int history_write(struct history *history, struct connection *connection, sluice_error *error);
/* Tell what came of the last file's rows; nothing when there was none. */
void history_say(const struct history *history, const sluice_host *host, sluice_self *self);
void history_free(struct history *history);

#endif
