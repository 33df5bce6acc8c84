/* ask.h - questions to the core. */
#ifndef FORM_ASK_H
#define FORM_ASK_H

#include "form.h"

enum { ASK_CONDITIONS = 8 };

struct ask {
    sluice_query query;
    sluice_pair pairs[ASK_CONDITIONS];
    sluice_text values[ASK_CONDITIONS];
};

void ask_begin(struct ask *ask, uint32_t kind);
/* One that is empty is none. */
void ask_where(struct ask *ask, const char *column, sluice_text value);
void ask_where_any(struct ask *ask, const char *column, const sluice_text *values, uint64_t count);
int ask_run(struct ask *ask, struct form *form, sluice_each_row *each, void *user, sluice_error *error);

/* What the row says there; null: nothing, or there is no such column. */
sluice_text ask_cell(const sluice_row *row, const char *column);
uint64_t ask_number(const sluice_row *row, const char *column);

#endif
