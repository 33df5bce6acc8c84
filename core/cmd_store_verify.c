/* FROM is read once more, and for each batch of it TO is asked for the orders of the same IMEIs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd_store.h"
#include "reader.h"
#include "store.h"
#include "text.h"

enum {
    SLOTS = 4 * BATCH_ROWS,
    FROM_ROWS = BATCH_ROWS - BATCH_ROWS / 8, /* so that what TO has of them is one page, as a rule */
    PAGE_BYTES = 4 * 1024 * 1024,
};

struct verify {
    struct program *program;
    const char *to;
    struct verified *out;
    const sluice_batch *batch; /* of FROM */
    uint32_t *slots;           /* by order id: row + 1 in the batch; 0: free */
    bool *matched;             /* by row */
    sluice_text *imeis;
    int failed;
};

static uint64_t hash_more(uint64_t h, sluice_text text) {
    return text_hash_more(text_hash_more(h, text), TEXT("\xff")); /* the end of a value counts, too */
}

static uint32_t slot_of(sluice_text order_id) {
    return (uint32_t)text_hash(order_id) & (SLOTS - 1);
}

static bool is_order(const sluice_batch *batch, uint32_t row) {
    return batch_value(batch, row, "order_id").len && batch_value(batch, row, "imei").len;
}

/* ---- one order ---------------------------------------------------------------------------- */

static bool same_or_unknown(const sluice_batch *a, uint32_t a_row, const sluice_batch *b, uint32_t b_row,
                            const char *column) {
    sluice_text one = batch_value(a, a_row, column), other = batch_value(b, b_row, column);
    return !one.len || !other.len || text_equal(one, other);
}

static bool is_same_order(const sluice_batch *a, uint32_t a_row, const sluice_batch *b, uint32_t b_row) {
    return text_equal(batch_value(a, a_row, "order_id"), batch_value(b, b_row, "order_id")) &&
           text_equal(batch_value(a, a_row, "imei"), batch_value(b, b_row, "imei")) &&
           same_or_unknown(a, a_row, b, b_row, "provider") && same_or_unknown(a, a_row, b, b_row, "account");
}

static void say_first(struct verified *out, const sluice_batch *batch, uint32_t row, const char *what) {
    sluice_text id = batch_value(batch, row, "order_id");
    if (!out->first[0])
        snprintf(out->first, sizeof out->first, "order %.*s %s", (int)(id.len < 60 ? id.len : 60), id.ptr,
                 what);
}

static void compare(struct verify *verify, uint32_t row, const sluice_batch *to, uint32_t to_row) {
    const sluice_batch *from = verify->batch;
    struct verified *out = verify->out;
    uint64_t from_sum = TEXT_HASH, to_sum = from_sum;
    bool emptied = false, differs = false;
    for (uint32_t c = 0; c < from->column_count; c++) {
        sluice_text name = from->names[c], value = from->cells[c][row];
        int32_t other = sluice_find_column(to, name.ptr, name.len);
        if (!value.len || other < 0 || digest_is_stores_own(name))
            continue;
        sluice_text theirs = to->cells[other][to_row];
        from_sum = hash_more(hash_more(from_sum, name), value);
        to_sum = hash_more(hash_more(to_sum, name), theirs);
        emptied = emptied || !theirs.len;
        differs = differs || !text_equal(value, theirs);
    }
    out->from_sum += from_sum;
    out->to_sum += to_sum;
    out->emptied += emptied;
    out->differ += differs && !emptied;
    if (emptied)
        say_first(out, from, row, "has lost a value");
}

/* Whatever rows of FROM the order is: an older system may have it twice. */
static void match(struct verify *verify, const sluice_batch *to, uint32_t to_row) {
    for (uint32_t slot = slot_of(batch_value(to, to_row, "order_id")); verify->slots[slot];
         slot = (slot + 1) & (SLOTS - 1)) {
        uint32_t row = verify->slots[slot] - 1;
        if (verify->matched[row] || !is_same_order(verify->batch, row, to, to_row))
            continue;
        verify->matched[row] = true;
        compare(verify, row, to, to_row);
    }
}

static int take_to(void *user, struct batch *batch, sluice_error *error) {
    (void)error;
    for (uint32_t i = 0; i < batch->view.selected; i++)
        match(user, &batch->view, sluice_selected(&batch->view, i));
    batch_unref(batch);
    return 0;
}

/* ---- a batch ------------------------------------------------------------------------------ */

/* In few large pages: for each of them TO looks all the IMEIs up. */
static int read_store(struct program *program, const char *name, uint32_t row_limit,
                      const struct lone_option *options, size_t count,
                      int (*each)(void *user, struct batch *batch, sluice_error *error), void *user) {
    struct reader reader = {0};
    struct store store;
    char shown[200];
    int result = store_bind_named(&store, program, SLUICE_SOURCE, name, options, count);
    if (result)
        return result;
    store.part.component.place = store_shown(name, shown, sizeof shown);
    result = reader_open(&reader, &store.part.component, &store.part.inputs, false, &program->error);
    reader.row_limit = reader.rows_asked = reader.rows_last = row_limit;
    reader.byte_limit = PAGE_BYTES;
    if (!result)
        result = reader_run(&reader, each, user, &program->error);
    reader_close(&reader);
    store_free(&store);
    return result;
}

/* How many IMEIs TO is to be asked for. */
static uint32_t index_batch(struct verify *verify) {
    const sluice_batch *batch = verify->batch;
    uint32_t count = 0;
    memset(verify->slots, 0, SLOTS * sizeof *verify->slots);
    memset(verify->matched, 0, batch->row_count * sizeof *verify->matched);
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t row = sluice_selected(batch, i);
        if (!is_order(batch, row)) {
            verify->out->without += !batch_value(batch, row, "imei").len;
            continue;
        }
        uint32_t slot = slot_of(batch_value(batch, row, "order_id"));
        while (verify->slots[slot])
            slot = (slot + 1) & (SLOTS - 1);
        verify->slots[slot] = row + 1;
        verify->imeis[count++] = batch_value(batch, row, "imei");
    }
    return count;
}

static void count_missing(struct verify *verify) {
    const sluice_batch *batch = verify->batch;
    for (uint32_t i = 0; i < batch->selected; i++) {
        uint32_t row = sluice_selected(batch, i);
        if (verify->matched[row] || !is_order(batch, row))
            continue;
        verify->out->missing++;
        say_first(verify->out, batch, row, "is missing");
    }
}

static int take_from(void *user, struct batch *batch, sluice_error *error) {
    struct verify *verify = user;
    (void)error;
    verify->batch = &batch->view;
    uint32_t count = index_batch(verify);
    struct lone_option imei = {"imei", {verify->imeis, count}};
    verify->out->orders += count;
    if (count)
        verify->failed = read_store(verify->program, verify->to, BATCH_ROWS, &imei, 1, take_to, verify);
    if (!verify->failed)
        count_missing(verify);
    batch_unref(batch);
    return verify->failed;
}

int store_verify(struct program *program, const char *from, const char *to, struct verified *out) {
    struct verify verify = {.program = program,
                            .to = to,
                            .out = out,
                            .slots = calloc(SLOTS, sizeof *verify.slots),
                            .matched = calloc(BATCH_ROWS, sizeof *verify.matched),
                            .imeis = calloc(BATCH_ROWS, sizeof *verify.imeis)};
    int result = 0;
    *out = (struct verified){0};
    if (!verify.slots || !verify.matched || !verify.imeis)
        result = fail_memory(&program->error);
    else
        result = read_store(program, from, FROM_ROWS, NULL, 0, take_from, &verify);
    free(verify.slots);
    free(verify.matched);
    free(verify.imeis);
    return result;
}
