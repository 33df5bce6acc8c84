#include "rehearsal_ends.h"

#include "batch.h"
#include "text.h"

/* In no plugin: a ledger that wants to be seeded looks in a sink's plugin for a source of the same table. */
static const struct plugin nobody = {.name = "test"};

static int32_t begin(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                     sluice_error *error) {
    (void)host, (void)self, (void)error;
    *instance = *(void *const *)config;
    return 0;
}

static int32_t begin_reading(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                             sluice_error *error) {
    struct given_rows *given = *(struct given_rows *const *)config;
    given->next = 0; /* a run that spends reads it twice */
    return begin(host, self, config, instance, error);
}

static void end(void *instance) {
    (void)instance; /* it is the opener's */
}

/* ---- the source ------------------------------------------------------------------------------ */

static int32_t read_rows(void *instance, sluice_filling *out, sluice_error *error) {
    struct given_rows *given = instance;
    if (given->next == given->rows->count)
        return SLUICE_END;
    int failed = filling_columns(out, given->names.items, (uint32_t)given->names.count, error);
    while (!failed && given->next < given->rows->count && out->row_count < out->row_limit) {
        const struct row *row = &given->rows->items[given->next++];
        for (uint32_t c = 0; c < out->column_count; c++)
            out->cells[c][out->row_count] = row_value(row, given->names.items[c]);
        out->numbers[out->row_count++] = row->number;
    }
    return failed ? failed : given->next == given->rows->count ? SLUICE_END : 0;
}

static const sluice_source source_callbacks = {.size = sizeof source_callbacks, .read = read_rows};

int given_rows_replace(struct given_rows *given, const struct row_list *rows, struct component *source,
                       sluice_error *error) {
    *given = (struct given_rows){.self = given,
                                 .rows = rows,
                                 .type = {.size = sizeof given->type,
                                          .kind = SLUICE_SOURCE,
                                          .flags = SLUICE_REREADS,
                                          .name = source->type->name,
                                          .open = begin_reading,
                                          .close = end,
                                          .source = &source_callbacks}};
    source->type = &given->type;
    source->plugin = &nobody;
    source->config = &given->self;
    return row_list_names(rows, &given->arena, &given->names) ? 0 : fail_memory(error);
}

void given_rows_free(struct given_rows *given) {
    arena_free(&given->arena);
}

/* ---- a sink ---------------------------------------------------------------------------------- */

static int32_t write_rows(void *instance, const sluice_batch *batch, sluice_changes *out,
                          sluice_error *error) {
    struct kept_rows *kept = instance;
    bool room = true;
    (void)out;
    pthread_mutex_lock(&kept->lock);
    for (uint32_t i = 0; room && i < batch->selected; i++)
        room = row_list_take(&kept->rows, &kept->arena, batch, sluice_selected(batch, i));
    pthread_mutex_unlock(&kept->lock);
    return room ? 0 : fail_memory(error);
}

static int32_t commit(void *instance, sluice_error *error) {
    (void)instance, (void)error;
    return 0;
}

static const sluice_sink sink_callbacks = {
    .size = sizeof sink_callbacks, .write = write_rows, .commit = commit};

void kept_rows_replace(struct kept_rows *kept, struct component *sink) {
    *kept = (struct kept_rows){.self = kept,
                               .id = sink->id,
                               .type = {.size = sizeof kept->type,
                                        .kind = SLUICE_SINK,
                                        .flags = sink->type->flags & SLUICE_ORDERS,
                                        .name = sink->type->name,
                                        .open = begin,
                                        .close = end,
                                        .sink = &sink_callbacks}};
    pthread_mutex_init(&kept->lock, NULL);
    sink->type = &kept->type;
    sink->plugin = &nobody;
    sink->config = &kept->self;
}

void kept_rows_free(struct kept_rows *kept) {
    pthread_mutex_destroy(&kept->lock);
    arena_free(&kept->arena);
}
