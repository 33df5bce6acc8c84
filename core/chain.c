#include "chain.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "where.h"
#include "where_warn.h"

int chain_open(struct chain *chain, const struct component *components, size_t count, struct inputs *inputs,
               bool spends, sluice_error *error) {
    *chain = (struct chain){.components = components};
    chain->instances = calloc(count + 1, sizeof *chain->instances);
    chain->checked_where = calloc(count + 1, sizeof *chain->checked_where);
    if (!chain->instances || !chain->checked_where) {
        chain_close(chain);
        return fail_memory(error);
    }
    for (; chain->count < count; chain->count++) {
        const struct component *component = &components[chain->count];
        int failed = instance_open(&chain->instances[chain->count], component->type, component->config,
                                   component->place, inputs, spends, error);
        if (failed) {
            fail_within(error, "%s", component->place);
            chain_close(chain);
            return failed;
        }
    }
    return 0;
}

void chain_close(struct chain *chain) {
    for (size_t i = 0; i < chain->count; i++)
        instance_close(&chain->instances[i]);
    free(chain->instances);
    free(chain->checked_where);
    *chain = (struct chain){0};
}

static bool is_selected(const sluice_batch *batch, uint32_t row, uint32_t *cursor) {
    while (*cursor < batch->selected && sluice_selected(batch, *cursor) < row)
        ++*cursor;
    return *cursor < batch->selected && sluice_selected(batch, *cursor) == row;
}

/* A changed column in which the rows that passed by keep what they had. */
static const sluice_text *merged_cells(struct batch *out, const struct batch *all,
                                       const struct batch *changed, uint32_t column) {
    const sluice_text *news = changed->view.cells[column];
    const sluice_text *olds = column < all->view.column_count ? all->view.cells[column] : NULL;
    uint32_t cursor = 0;
    if (news == olds)
        return olds;
    sluice_text *cells = arena_array(&out->arena, all->view.row_count, sizeof *cells);
    for (uint32_t row = 0; cells && row < all->view.row_count; row++)
        cells[row] = is_selected(&changed->view, row, &cursor) ? news[row]
                     : olds                                    ? olds[row]
                                                               : (sluice_text){NULL, 0};
    return cells;
}

/* `changed` came from the rows of `all` that matched `where`; the others pass by unchanged. */
static struct batch *rejoin(struct batch *all, struct batch *changed, const struct component *component,
                            sluice_error *error) {
    struct batch *out = batch_new();
    uint32_t columns = changed->view.column_count, cursor = 0, kept = 0;
    uint32_t *selection = out ? arena_array(&out->arena, all->view.selected, sizeof *selection) : NULL;
    const sluice_text **cells = out ? arena_array(&out->arena, columns, sizeof *cells) : NULL;
    bool failed = !selection || !cells;
    for (uint32_t c = 0; !failed && c < columns; c++)
        failed = !(cells[c] = merged_cells(out, all, changed, c));
    if (failed) {
        batch_unref(out);
        fail_memory(error);
        return NULL;
    }
    for (uint32_t i = 0; i < all->view.selected; i++) {
        uint32_t row = sluice_selected(&all->view, i);
        if (is_selected(&changed->view, row, &cursor) ||
            !where_matches(&all->view, row, component->where, component->where_count))
            selection[kept++] = row;
    }
    out->view = changed->view;
    out->view.cells = (const sluice_text *const *)cells;
    out->view.selection = selection;
    out->view.selected = kept;
    out->parent = batch_ref(changed);
    return out;
}

/* All of the batch leaves, for the reason that the action gave. */
static int reject_all(struct changes *changes, struct batch *batch, sluice_error *error) {
    changes_free(changes);
    int failed = changes_begin(changes, batch, error);
    for (uint32_t i = 0; !failed && i < batch->view.selected; i++)
        changes_reject(&changes->view, sluice_selected(&batch->view, i), "unusable", text_of(error->text));
    if (!failed)
        *error = (sluice_error)ERROR_INIT;
    return failed;
}

/* What the action makes of the rows that are its own; NULL: a failure. */
static struct batch *
process_rows(struct chain *chain, size_t index, struct batch *wanted, struct chain_counts *counts,
             void (*reject)(void *user, const struct batch *batch, const struct reject *reject,
                            const struct component *component),
             void *user, sluice_error *error) {
    const struct component *component = &chain->components[index];
    struct batch *out = NULL;
    struct changes changes;
    if (!wanted->view.selected)
        return batch_ref(wanted);
    if (changes_begin(&changes, wanted, error))
        return NULL;
    int answer =
        component->type->action->process(chain->instances[index].handle, &wanted->view, &changes.view, error);
    if (answer)
        answer = fail_callback(error, answer, "process");
    if (answer == SLUICE_E_DATA && chain->of_many)
        answer = reject_all(&changes, wanted, error);
    if (!answer)
        out = changes_end(&changes, error);
    for (size_t i = 0; out && i < changes.reject_count; i++)
        reject(user, wanted, &changes.rejects[i], component);
    counts->duplicates += out ? changes.duplicates : 0;
    counts->filtered += out ? changes.filtered : 0;
    changes_free(&changes);
    return out;
}

static struct batch *
process_one(struct chain *chain, size_t index, struct batch *in, struct chain_counts *counts,
            void (*reject)(void *user, const struct batch *batch, const struct reject *reject,
                           const struct component *component),
            void *user, sluice_error *error) {
    const struct component *component = &chain->components[index];
    where_warn(component, &in->view, &chain->checked_where[index]);
    struct batch *wanted = where_select(in, component->where, component->where_count, true, error);
    struct batch *out = wanted ? process_rows(chain, index, wanted, counts, reject, user, error) : NULL;
    if (out && wanted != in) {
        struct batch *whole = out == wanted ? batch_ref(in) : rejoin(in, out, component, error);
        batch_unref(out);
        out = whole;
    }
    batch_unref(wanted);
    if (!out)
        fail_within(error, "%s", component->place);
    return out;
}

struct batch *chain_process(struct chain *chain, struct batch *batch, struct chain_counts *counts,
                            void (*reject)(void *user, const struct batch *batch, const struct reject *reject,
                                           const struct component *component),
                            void *user, sluice_error *error) {
    for (size_t i = 0; batch && i < chain->count; i++) {
        struct batch *next = process_one(chain, i, batch, counts, reject, user, error);
        batch_unref(batch);
        batch = next;
    }
    return batch;
}
