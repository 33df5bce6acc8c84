#include "where.h"

#include "text.h"

static bool matches_one(sluice_text value, const struct where *where) {
    for (uint64_t i = 0; i < where->values.count; i++)
        if (text_equal(value, where->values.items[i]))
            return true;
    return false;
}

bool where_matches(const sluice_batch *batch, uint32_t row, const struct where *where, size_t count) {
    for (size_t i = 0; i < count; i++) {
        int32_t c = sluice_find_column(batch, where[i].field.ptr, where[i].field.len);
        if (!matches_one(c < 0 ? (sluice_text){NULL, 0} : batch->cells[c][row], &where[i]))
            return false;
    }
    return true;
}

const struct where *where_unknown(const sluice_batch *batch, const struct where *where, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (sluice_find_column(batch, where[i].field.ptr, where[i].field.len) < 0)
            return &where[i];
    return NULL;
}

/* A batch with the same columns and fewer rows. */
static struct batch *narrowed(struct batch *in, bool (*take)(const struct batch *, uint32_t, const void *),
                              const void *user, sluice_error *error) {
    struct batch *out = batch_new();
    uint32_t *selection = out ? arena_array(&out->arena, in->view.selected, sizeof *selection) : NULL;
    uint32_t kept = 0;
    if (!selection) {
        batch_unref(out);
        fail_memory(error);
        return NULL;
    }
    for (uint32_t i = 0; i < in->view.selected; i++) {
        uint32_t row = sluice_selected(&in->view, i);
        if (take(in, row, user))
            selection[kept++] = row;
    }
    if (kept == in->view.selected) {
        batch_unref(out);
        return batch_ref(in);
    }
    out->view = in->view;
    out->view.selection = selection;
    out->view.selected = kept;
    out->parent = batch_ref(in);
    return out;
}

struct question {
    const struct where *where;
    size_t count;
    bool match;
};

static bool answers(const struct batch *batch, uint32_t row, const void *user) {
    const struct question *question = user;
    return where_matches(&batch->view, row, question->where, question->count) == question->match;
}

struct batch *where_select(struct batch *in, const struct where *where, size_t count, bool match,
                           sluice_error *error) {
    struct question question = {where, count, match};
    if (!count && match)
        return batch_ref(in);
    return narrowed(in, answers, &question, error);
}

static bool has_value(const struct batch *batch, uint32_t row, const void *user) {
    const int32_t *column = user;
    return *column >= 0 && batch->view.cells[*column][row].len > 0;
}

struct batch *where_has(struct batch *in, const char *column, sluice_error *error) {
    int32_t c = sluice_find_column(&in->view, column, strlen(column));
    return narrowed(in, has_value, &c, error);
}
