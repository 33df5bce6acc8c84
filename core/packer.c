#include "packer.h"

#include "text.h"

static bool fits(const struct packer *packer, const struct packer_record *record) {
    const sluice_text *names = packer->filling.batch->view.names;
    if (packer->read_count != record->count || packer->added_count != record->added_count ||
        !text_equal(packer->file, record->file))
        return false;
    for (uint32_t c = 0; c < record->count; c++)
        if (!text_equal(names[c], record->names[c]))
            return false;
    for (uint32_t a = 0; a < record->added_count; a++)
        if (!text_equal(names[packer->place[a]], record->added_names[a]))
            return false;
    return true;
}

/* An added column goes over the one of the same name, else behind the others. Returns the width. */
static uint32_t arrange(struct packer *packer, const struct packer_record *record, sluice_text *names) {
    uint32_t columns = record->count;
    memcpy(names, record->names, record->count * sizeof *names);
    for (uint32_t a = 0; a < record->added_count; a++) {
        uint32_t at = 0;
        while (at < columns && !text_equal(names[at], record->added_names[a]))
            at++;
        if (at == columns)
            names[columns++] = record->added_names[a];
        packer->place[a] = at;
    }
    return columns;
}

/* The cells of a batch are laid out before its first record: many columns, fewer rows. */
static uint32_t rows_for(const struct packer *packer, uint32_t columns) {
    uint32_t most = BATCH_BYTES / (uint32_t)sizeof(sluice_text) / (columns ? columns : 1);
    return most < packer->row_limit ? most : packer->row_limit;
}

static int begin(struct packer *packer, const struct packer_record *record, sluice_error *error) {
    sluice_text names[BATCH_COLUMNS + PACKER_ADDED];
    if (record->count > BATCH_COLUMNS || record->added_count > PACKER_ADDED)
        return fail(error, SLUICE_E_DATA, "a record has more than %d columns", BATCH_COLUMNS);
    uint32_t columns = arrange(packer, record, names);
    int failed = filling_begin(&packer->filling, rows_for(packer, columns), BATCH_BYTES, error);
    if (failed)
        return failed;
    failed = filling_columns(&packer->filling.view, names, columns, error);
    if (failed) {
        filling_abandon(&packer->filling);
        return failed;
    }
    packer->read_count = record->count;
    packer->added_count = record->added_count;
    packer->file = arena_copy(packer->filling.view.arena, record->file);
    packer->filling.view.file = packer->file;
    packer->open = true;
    return 0;
}

int packer_add(struct packer *packer, const struct packer_record *record, sluice_error *error) {
    if (packer->open && !fits(packer, record))
        packer_flush(packer);
    if (!packer->open) {
        int failed = begin(packer, record, error);
        if (failed)
            return failed;
    }
    sluice_filling *view = &packer->filling.view;
    uint32_t row = view->row_count;
    bool lost = false;
    for (uint32_t c = 0; c < record->count; c++) {
        view->cells[c][row] = arena_copy(view->arena, record->values[c]);
        lost |= record->values[c].ptr && !view->cells[c][row].ptr;
    }
    for (uint32_t a = 0; a < record->added_count; a++) {
        uint32_t c = packer->place[a];
        if (c < record->count && !record->added_values[a].ptr)
            continue;
        view->cells[c][row] = arena_copy(view->arena, record->added_values[a]);
        lost |= record->added_values[a].ptr && !view->cells[c][row].ptr;
    }
    if (lost)
        return fail_memory(error);
    view->numbers[row] = record->number;
    view->row_count++;
    packer->version = record->version;
    if (view->row_count == view->row_limit || packer->filling.batch->arena.bytes > 2 * BATCH_BYTES)
        packer_flush(packer);
    return 0;
}

void packer_flush(struct packer *packer) {
    if (!packer->open)
        return;
    packer->open = false;
    struct batch *batch = filling_end(&packer->filling);
    if (batch)
        packer->full(packer->user, batch);
}

uint32_t packer_rows(const struct packer *packer) {
    return packer->open ? packer->filling.view.row_count : 0;
}

void packer_free(struct packer *packer) {
    if (packer->open)
        filling_abandon(&packer->filling);
    packer->open = false;
}
