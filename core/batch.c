#include "batch.h"

#include <stdlib.h>

#include "text.h"

struct batch *batch_new(void) {
    struct batch *batch = calloc(1, sizeof *batch);
    if (batch) {
        batch->view.size = sizeof batch->view;
        atomic_init(&batch->references, 1);
    }
    return batch;
}

struct batch *batch_ref(struct batch *batch) {
    atomic_fetch_add_explicit(&batch->references, 1, memory_order_relaxed);
    return batch;
}

void batch_unref(struct batch *batch) {
    while (batch && atomic_fetch_sub_explicit(&batch->references, 1, memory_order_acq_rel) == 1) {
        struct batch *parent = batch->parent;
        arena_free(&batch->arena);
        free(batch);
        batch = parent;
    }
}

size_t batch_bytes(const struct batch *batch) {
    size_t bytes = 0;
    for (; batch; batch = batch->parent)
        bytes += sizeof *batch + batch->arena.bytes;
    return bytes;
}

const struct batch *batch_origin(const struct batch *batch) {
    while (batch->parent)
        batch = batch->parent;
    return batch;
}

sluice_text batch_value(const sluice_batch *batch, uint32_t row, const char *column) {
    int32_t c = sluice_find_column(batch, column, strlen(column));
    return c < 0 ? (sluice_text){NULL, 0} : batch->cells[c][row];
}

void batch_row(const sluice_batch *batch, uint32_t row, sluice_text *values) {
    for (uint32_t c = 0; c < batch->column_count; c++)
        values[c] = batch->cells[c][row];
}

sluice_arena *batch_arena(struct batch *batch) {
    return &batch->arena;
}

/* ---- filling ------------------------------------------------------------------------------ */

int filling_begin(struct filling *filling, uint32_t row_limit, uint64_t byte_limit, sluice_error *error) {
    struct batch *batch = batch_new();
    if (!batch)
        return fail_memory(error);
    uint64_t *numbers = arena_array(&batch->arena, row_limit, sizeof *numbers);
    if (!numbers) {
        batch_unref(batch);
        return fail_memory(error);
    }
    *filling = (struct filling){
        .view = {.size = sizeof filling->view,
                 .row_limit = row_limit,
                 .byte_limit = byte_limit,
                 .arena = &batch->arena,
                 .numbers = numbers},
        .batch = batch,
    };
    return 0;
}

int32_t filling_columns(sluice_filling *view, const sluice_text *names, uint32_t count, sluice_error *error) {
    sluice_arena *arena = view->arena;
    if (count > BATCH_COLUMNS)
        return fail(error, SLUICE_E_DATA, "a record has %u columns; at most %d are taken", count,
                    BATCH_COLUMNS);
    while (view->row_limit > 1 && view->row_limit * count * sizeof(sluice_text) > BATCH_CELL_BYTES)
        view->row_limit /= 2;
    sluice_text *copies = arena_array(arena, count, sizeof *copies);
    sluice_text **cells = arena_array(arena, count, sizeof *cells);
    if ((!copies || !cells) && count)
        return fail_memory(error);
    for (uint32_t c = 0; c < count; c++) {
        copies[c] = arena_copy(arena, names[c]);
        cells[c] = arena_array(arena, view->row_limit, sizeof **cells);
        if (!copies[c].ptr || !cells[c])
            return fail_memory(error);
    }
    struct filling *filling = (struct filling *)view;
    filling->batch->view.names = copies;
    view->cells = cells;
    view->column_count = count;
    return 0;
}

int32_t filling_reject(sluice_filling *view, uint32_t row, const char *code, sluice_text reason,
                       sluice_error *error) {
    struct filling *filling = (struct filling *)view;
    size_t count = filling->reject_count;
    if (row >= view->row_limit || (count && row <= filling->rejects[count - 1].row))
        return fail(error, SLUICE_E_PLUGIN, "the source rejected row %u of a batch out of order", row);
    if (!filling->selection &&
        !(filling->selection = arena_array(view->arena, view->row_limit, sizeof(uint32_t))))
        return fail_memory(error);
    if (count == filling->reject_room) {
        size_t room = count ? count * 2 : 16;
        struct reject *more = arena_array(view->arena, room, sizeof *more);
        if (!more)
            return fail_memory(error);
        if (count)
            memcpy(more, filling->rejects, count * sizeof *more);
        filling->rejects = more;
        filling->reject_room = room;
    }
    char *code_copy = arena_string(view->arena, code ? code : "rejected");
    sluice_text reason_copy = arena_copy(view->arena, reason);
    if (!code_copy || (reason.ptr && !reason_copy.ptr))
        return fail_memory(error);
    filling->rejects[filling->reject_count++] = (struct reject){row, code_copy, reason_copy};
    return 0;
}

/* The room was made with the first reject. */
static void select_accepted(const struct filling *filling, sluice_batch *view) {
    uint32_t kept = 0;
    size_t next = 0;
    for (uint32_t row = 0; row < view->row_count; row++) {
        if (next < filling->reject_count && filling->rejects[next].row == row)
            next++;
        else
            filling->selection[kept++] = row;
    }
    view->selection = filling->selection;
    view->selected = kept;
}

struct batch *filling_end(struct filling *filling) {
    struct batch *batch = filling->batch;
    filling->batch = NULL;
    if (!filling->view.row_count) {
        batch_unref(batch);
        return NULL;
    }
    batch->view.column_count = filling->view.column_count;
    batch->view.row_count = filling->view.row_count;
    batch->view.selected = filling->view.row_count;
    batch->view.cells = (const sluice_text *const *)filling->view.cells;
    batch->view.numbers = filling->view.numbers;
    batch->view.file = filling->view.file;
    batch->refused = filling->rejects;
    batch->refused_count = filling->reject_count;
    if (filling->reject_count)
        select_accepted(filling, &batch->view);
    return batch;
}

void filling_abandon(struct filling *filling) {
    batch_unref(filling->batch);
    filling->batch = NULL;
}

/* ---- changes ------------------------------------------------------------------------------ */

int changes_begin(struct changes *changes, struct batch *in, sluice_error *error) {
    struct batch *out = batch_new();
    if (!out)
        return fail_memory(error);
    out->view = in->view;
    *changes =
        (struct changes){.view = {.size = sizeof changes->view, .arena = &out->arena}, .in = in, .out = out};
    return 0;
}

/* The first change of a column copies the arrays of names and of cell pointers, not the cells. */
static int own_columns(struct batch *out, uint32_t count, sluice_error *error) {
    sluice_text *names = arena_array(&out->arena, count, sizeof *names);
    const sluice_text **cells = arena_array(&out->arena, count, sizeof *cells);
    if (!names || !cells)
        return fail_memory(error);
    if (out->view.column_count) {
        memcpy(names, out->view.names, out->view.column_count * sizeof *names);
        memcpy(cells, out->view.cells, out->view.column_count * sizeof *cells);
    }
    out->view.names = names;
    out->view.cells = cells;
    return 0;
}

static int remove_column(struct batch *out, int32_t at, sluice_error *error) {
    if (at < 0)
        return 0;
    if (own_columns(out, out->view.column_count, error))
        return error ? error->code : SLUICE_E_IO;
    sluice_text *names = (sluice_text *)out->view.names;
    const sluice_text **cells = (const sluice_text **)out->view.cells;
    size_t behind = --out->view.column_count - (uint32_t)at;
    memmove(names + at, names + at + 1, behind * sizeof *names);
    memmove(cells + at, cells + at + 1, behind * sizeof *cells);
    return 0;
}

int32_t changes_set_column(sluice_changes *view, const char *name, const sluice_text *cells,
                           sluice_error *error) {
    struct changes *changes = (struct changes *)view;
    sluice_batch *out = &changes->out->view;
    int32_t at = sluice_find_column(out, name, strlen(name));
    bool grows = at < 0;
    if (!cells)
        return remove_column(changes->out, at, error);
    if (grows && out->column_count == BATCH_COLUMNS)
        return fail(error, SLUICE_E_DATA, "no room for the column '%s': a record has at most %d", name,
                    BATCH_COLUMNS);
    if (own_columns(changes->out, out->column_count + grows, error))
        return error ? error->code : SLUICE_E_IO;
    if (grows) {
        at = (int32_t)out->column_count;
        sluice_text copy = arena_copy(&changes->out->arena, text_of(name));
        if (!copy.ptr)
            return fail_memory(error);
        ((sluice_text *)out->names)[at] = copy;
        out->column_count++;
    }
    ((const sluice_text **)out->cells)[at] = cells;
    return 0;
}

/* A row that isn't in the selection has left before: it must not be counted a second time. */
static uint8_t *mark_gone(const sluice_batch *in) {
    uint8_t *gone = malloc(in->row_count);
    if (!gone)
        return NULL;
    memset(gone, 1, in->row_count);
    for (uint32_t i = 0; i < in->selected; i++)
        gone[sluice_selected(in, i)] = 0;
    return gone;
}

/* True when the row was still there. */
static bool leave(struct changes *changes, uint32_t row) {
    if (row >= changes->in->view.row_count)
        return false;
    if (!changes->gone && !(changes->gone = mark_gone(&changes->in->view))) {
        changes->failed = true;
        return false;
    }
    if (changes->gone[row])
        return false;
    changes->gone[row] = 1;
    return true;
}

void changes_reject(sluice_changes *view, uint32_t row, const char *code, sluice_text reason) {
    struct changes *changes = (struct changes *)view;
    if (!leave(changes, row))
        return;
    if (changes->reject_count == changes->reject_room) {
        size_t room = changes->reject_room ? changes->reject_room * 2 : 16;
        struct reject *more = realloc(changes->rejects, room * sizeof *more);
        if (!more) {
            changes->failed = true;
            return;
        }
        changes->rejects = more;
        changes->reject_room = room;
    }
    char *code_copy = arena_string(view->arena, code ? code : "rejected");
    sluice_text reason_copy = arena_copy(view->arena, reason);
    if (!code_copy || (reason.ptr && !reason_copy.ptr)) {
        changes->failed = true;
        return;
    }
    changes->rejects[changes->reject_count++] = (struct reject){row, code_copy, reason_copy};
}

void changes_drop(sluice_changes *view, uint32_t row, uint32_t why) {
    struct changes *changes = (struct changes *)view;
    if (!leave(changes, row))
        return;
    if (why == SLUICE_DROP_DUPLICATE)
        changes->duplicates++;
    else
        changes->filtered++;
}

static int select_rest(struct changes *changes, sluice_error *error) {
    sluice_batch *out = &changes->out->view;
    uint32_t *selection = arena_array(&changes->out->arena, out->selected, sizeof *selection);
    uint32_t kept = 0;
    if (!selection && out->selected)
        return fail_memory(error);
    for (uint32_t i = 0; i < out->selected; i++) {
        uint32_t row = sluice_selected(out, i);
        if (!changes->gone[row])
            selection[kept++] = row;
    }
    out->selection = selection;
    out->selected = kept;
    return 0;
}

struct batch *changes_end(struct changes *changes, sluice_error *error) {
    if (changes->failed) {
        fail_memory(error);
        return NULL;
    }
    if (!changes->gone && changes->out->view.cells == changes->in->view.cells)
        return batch_ref(changes->in);
    if (changes->gone && select_rest(changes, error))
        return NULL;
    if (!changes->out->parent)
        changes->out->parent = batch_ref(changes->in);
    return batch_ref(changes->out);
}

void changes_free(struct changes *changes) {
    batch_unref(changes->out);
    free(changes->rejects);
    free(changes->gone);
    *changes = (struct changes){0};
}
