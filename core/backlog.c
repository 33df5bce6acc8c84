#include "backlog.h"

#include <stdlib.h>

enum { PAGE_ROWS = 1000 };

/* ---- the runs ------------------------------------------------------------------------------ */

static int add_run(void *user, int64_t run) {
    struct backlog *backlog = user;
    if (backlog->run_count == backlog->run_room) {
        size_t room = backlog->run_room ? 2 * backlog->run_room : 16;
        int64_t *runs = realloc(backlog->runs, room * sizeof *runs);
        if (!runs)
            return fail_memory(&backlog->error);
        backlog->runs = runs;
        backlog->run_room = room;
    }
    backlog->runs[backlog->run_count++] = run;
    return 0;
}

int backlog_open(struct backlog *backlog, struct ledger *ledger, const struct ledger_site *site, int64_t run,
                 const char *sink, sluice_error *error) {
    *backlog = (struct backlog){.site = *site, .sink = sink, .error = ERROR_INIT};
    int failed = ledger_behind(ledger, run, sink, add_run, backlog, error);
    if (!failed)
        add_run(backlog, run);
    if (!failed && backlog->error.code)
        failed = fail_memory(error);
    return failed;
}

void backlog_close(struct backlog *backlog) {
    ledger_close(backlog->ledger);
    free(backlog->runs);
    *backlog = (struct backlog){0};
}

bool backlog_at_own(const struct backlog *backlog, const struct backlog_place *place) {
    return place->at + 1 == backlog->run_count;
}

int64_t backlog_run(const struct backlog *backlog, const struct backlog_place *place) {
    return backlog->runs[place->at];
}

/* ---- a page -------------------------------------------------------------------------------- */

struct reading {
    struct packer packer;
    struct page *page;
    sluice_error error;
};

/* A page ends with its first batch; what was packed behind it is read again for the next one. */
static void on_full(void *user, struct batch *batch) {
    struct reading *reading = user;
    reading->page->batch = batch;
    reading->page->place.version = reading->packer.version;
}

int backlog_pack(struct packer *packer, const struct delivery *delivery, sluice_error *error) {
    struct packer_record record = {.names = delivery->record.names,
                                   .values = delivery->record.values,
                                   .count = delivery->record.count,
                                   .number = delivery->row,
                                   .version = delivery->version};
    return packer_add(packer, &record, error);
}

static int pack(void *user, const struct delivery *delivery) {
    struct reading *reading = user;
    int failed = backlog_pack(&reading->packer, delivery, &reading->error);
    return failed || reading->page->batch;
}

static int read_run(struct backlog *backlog, struct page *page, sluice_error *error) {
    struct reading reading = {.page = page, .error = ERROR_INIT};
    reading.packer = (struct packer){.row_limit = PAGE_ROWS, .full = on_full, .user = &reading};
    int failed = ledger_undelivered(backlog->ledger, backlog_run(backlog, &page->place), backlog->sink,
                                    page->place.version, PAGE_ROWS, pack, &reading, error);
    if (!failed && reading.error.code)
        failed = fail(error, reading.error.code, "%s", reading.error.text);
    if (!failed && !page->batch)
        packer_flush(&reading.packer);
    packer_free(&reading.packer);
    if (failed && page->batch) {
        batch_unref(page->batch);
        page->batch = NULL;
    }
    return failed;
}

int backlog_read(struct backlog *backlog, const struct backlog_place *from, struct page *page,
                 sluice_error *error) {
    int failed = 0;
    *page = (struct page){.place = *from};
    if (!backlog->ledger)
        failed = ledger_open_at(&backlog->site, LEDGER_READ_ONLY, &backlog->ledger, error);
    while (!failed && !(failed = read_run(backlog, page, error)) && !page->batch &&
           !backlog_at_own(backlog, &page->place)) {
        page->place.at++;
        page->place.version = 0;
    }
    return failed;
}
