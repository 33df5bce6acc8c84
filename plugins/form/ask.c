#include "ask.h"

#include <stdlib.h>

#include <sluice/text.h>

void ask_begin(struct ask *ask, uint32_t kind) {
    *ask = (struct ask){.query = {.size = sizeof ask->query, .kind = kind}};
}

void ask_where_any(struct ask *ask, const char *column, const sluice_text *values, uint64_t count) {
    uint64_t n = ask->query.where.count;
    if (!count || n == ASK_CONDITIONS)
        return;
    ask->pairs[n] = (sluice_pair){text_of(column), {values, count}};
    ask->query.where = (sluice_pairs){ask->pairs, n + 1};
}

void ask_where(struct ask *ask, const char *column, sluice_text value) {
    uint64_t n = ask->query.where.count;
    if (!value.len || n == ASK_CONDITIONS)
        return;
    ask->values[n] = value;
    ask_where_any(ask, column, &ask->values[n], 1);
}

int ask_run(struct ask *ask, struct form *form, sluice_each_row *each, void *user, sluice_error *error) {
    return form->host->query(form->self, &ask->query, each, user, error);
}

sluice_text ask_cell(const sluice_row *row, const char *column) {
    sluice_text name = text_of(column);
    int32_t c = sluice_find_column(row->batch, name.ptr, name.len);
    return c < 0 ? (sluice_text){0} : row->batch->cells[c][row->row];
}

uint64_t ask_number(const sluice_row *row, const char *column) {
    char digits[24];
    sluice_text cell = text_cut(ask_cell(row, column), sizeof digits - 1);
    if (!cell.len)
        return 0;
    memcpy(digits, cell.ptr, cell.len);
    digits[cell.len] = 0;
    return strtoull(digits, NULL, 10);
}
