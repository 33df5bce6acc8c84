#include "reader.h"

#include <time.h>

#include "client.h"
#include "clock.h"
#include "packer.h"
#include "text.h"

int reader_open(struct reader *reader, const struct component *component, struct inputs *inputs, bool spends,
                sluice_error *error) {
    *reader = (struct reader){.component = component, .row_limit = BATCH_ROWS, .byte_limit = BATCH_BYTES};
    int failed = instance_open(&reader->instance, component->type, component->config, component->place,
                               inputs, spends, error);
    return failed ? fail_within(error, "%s", component->place) : 0;
}

void reader_close(struct reader *reader) {
    instance_close(&reader->instance);
}

static bool abandoned(const struct reader *reader) {
    return reader->abandon && atomic_load(reader->abandon);
}

/* Cut the batch to what is left of --limit. */
static void cut(const struct reader *reader, struct batch *batch, uint64_t before) {
    sluice_batch *view = &batch->view;
    if (!reader->limit || before + view->row_count <= reader->limit)
        return;
    view->row_count = (uint32_t)(reader->limit - before);
    while (view->selected && sluice_selected(view, view->selected - 1) >= view->row_count)
        view->selected--;
    while (batch->refused_count && batch->refused[batch->refused_count - 1].row >= view->row_count)
        batch->refused_count--;
}

/* ---- sources that read -------------------------------------------------------------------- */

enum { FIRST_ROWS = 1024 };

/* Room for about as many rows as there were in the last batch. Room that stays empty is memory, too, once it
 * has been used for something else. */
static uint32_t rows_next(const struct reader *reader) {
    uint32_t rows = reader->rows_last == reader->rows_asked ? 2 * reader->rows_asked
                                                            : reader->rows_last + reader->rows_last / 4 + 64;
    if (!reader->rows_asked)
        rows = FIRST_ROWS;
    return rows < reader->row_limit ? rows : reader->row_limit;
}

/* What was read before a failure is no worse for it. */
static int read_one(struct reader *reader, struct batch **batch, sluice_error *error) {
    struct filling filling;
    *batch = NULL;
    uint32_t rows = rows_next(reader);
    int answer = filling_begin(&filling, rows, reader->byte_limit, error);
    if (answer)
        return answer;
    answer = reader->component->type->source->read(reader->instance.handle, &filling.view, error);
    reader->rows_asked = filling.view.row_limit; /* less, where there are many columns */
    reader->rows_last = filling.view.row_count;
    if (!filling.view.file.len)
        filling.view.file = reader->name;
    *batch = filling_end(&filling);
    return answer == 0 || answer == SLUICE_END ? answer : fail_callback(error, answer, "read");
}

/* Only a run that takes its time needs a forecast: to count may cost a scan of the table. */
static void forecast(const struct reader *reader, uint64_t count, int64_t begun_us) {
    const sluice_source *source = reader->component->type->source;
    if (!reader->total || !source->remaining || clock_us() - begun_us < READER_FORECAST_US)
        return;
    int64_t left = source->remaining(reader->instance.handle);
    uint64_t total = left < 0 ? 0 : count + (uint64_t)left;
    atomic_store(reader->total, reader->limit && total > reader->limit ? reader->limit : total);
}

static int read_all(struct reader *reader, int (*each)(void *user, struct batch *batch, sluice_error *error),
                    void *user, sluice_error *error) {
    const struct inputs *inputs = reader->instance.self.inputs;
    uint64_t count = 0;
    int64_t begun_us = clock_us();
    int answer = 0;
    sluice_error broken = ERROR_INIT;
    while (!answer && !abandoned(reader) && !(reader->limit && count >= reader->limit)) {
        struct batch *batch;
        answer = read_one(reader, &batch, &broken);
        if (inputs && inputs_check(inputs, error)) {
            batch_unref(batch);
            return fail_within(error, "%s", reader->component->place);
        }
        if (!batch && !answer) /* nothing for now */
            nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
        if (!batch)
            continue;
        uint32_t had = batch->view.row_count;
        cut(reader, batch, count);
        count += batch->view.row_count;
        reader->limited = batch->view.row_count < had || (reader->limit && count >= reader->limit && !answer);
        forecast(reader, count, begun_us);
        int failed = each(user, batch, error);
        if (failed)
            return failed;
    }
    if (answer >= 0 || abandoned(reader)) /* an input that was cut may end in the middle of a cell */
        return 0;
    *error = broken;
    return fail_within(error, "%s", reader->component->place);
}

/* ---- sources that ask a service, page by page --------------------------------------------- */

enum { PAGE_COLUMNS = INSTANCE_ADDS };

struct pages {
    struct reader *reader;
    struct packer packer;
    sluice_text names[PAGE_COLUMNS];
    uint32_t columns;
    uint64_t count;
    int (*each)(void *user, struct batch *batch, sluice_error *error);
    void *user;
    int failed;
    sluice_error *error;
};

static void on_full(void *user, struct batch *batch) {
    struct pages *pages = user;
    if (pages->failed || abandoned(pages->reader)) {
        batch_unref(batch);
        return;
    }
    batch->view.file = pages->reader->name;
    pages->failed = pages->each(pages->user, batch, pages->error);
}

static bool on_enough(void *user) {
    const struct pages *pages = user;
    return pages->failed || (pages->reader->limit && pages->count >= pages->reader->limit);
}

/* A store names its fields with the first reply, when it has seen them. */
static int name_columns(struct pages *pages) {
    const struct sluice_self *self = &pages->reader->instance.self;
    if (self->adds_count > PAGE_COLUMNS)
        return fail(pages->error, SLUICE_E_PLUGIN, "the source adds more than %d columns", PAGE_COLUMNS);
    for (pages->columns = 0; pages->columns < self->adds_count; pages->columns++)
        pages->names[pages->columns] = self->adds[pages->columns];
    return 0;
}

static void on_record(void *user, const sluice_text *values) {
    struct pages *pages = user;
    if (on_enough(pages))
        return;
    if (!pages->count && (pages->failed = name_columns(pages)) != 0)
        return;
    struct packer_record record = {
        .names = pages->names, .values = values, .count = pages->columns, .number = ++pages->count};
    int failed = packer_add(&pages->packer, &record, pages->error);
    if (failed) /* on_full, which may have been called, has its own */
        pages->failed = failed;
}

static int read_pages(struct reader *reader,
                      int (*each)(void *user, struct batch *batch, sluice_error *error), void *user,
                      sluice_error *error) {
    struct pages pages = {.reader = reader, .each = each, .user = user, .error = error};
    struct client client;
    pages.packer = (struct packer){.row_limit = reader->row_limit, .full = on_full, .user = &pages};
    struct call_results results = {.record = on_record, .enough = on_enough, .user = &pages};
    int failed = client_open(&client, &reader->instance, &reader->component->limits, reader->abandon, error);
    if (!failed)
        failed = client_run(&client, SLUICE_OP_PAGE, &results, error);
    client_close(&client);
    reader->limited = reader->limit && pages.count >= reader->limit;
    sluice_error broken = *error;
    packer_flush(&pages.packer); /* what came before a failure is no worse for it */
    packer_free(&pages.packer);
    if (!failed)
        return pages.failed;
    *error = broken;
    return fail_within(error, "%s", reader->component->place);
}

int reader_run(struct reader *reader, int (*each)(void *user, struct batch *batch, sluice_error *error),
               void *user, sluice_error *error) {
    const sluice_component *type = reader->component->type;
    if (type->flags & SLUICE_PUSH)
        return fail(error, SLUICE_E_CONFIG,
                    "%s: this source waits for what people send; it runs in the service only",
                    reader->component->place);
    if (type->source && type->source->read && !reader->instance.self.has_endpoint)
        return read_all(reader, each, user, error);
    return read_pages(reader, each, user, error);
}
