/* Orders of the pipeline's store: what its source gives, asked for as `sluice orders` does it. A source reads
 * a batch at a time and holds nothing in between, so that rows are given as they come. */
#include <stdio.h>
#include <string.h>

#include "clerk_parts.h"
#include "clock.h"
#include "reader.h"
#include "text.h"
#include "wanted.h"

enum { OPTIONS = 12, ROWS = 256, BYTES = 256 * 1024 };

struct search {
    struct clerk *clerk;
    struct program program;
    struct lone_option options[OPTIONS];
    size_t count;
    struct wanted imeis;
    char limit[24];
    sluice_text one[OPTIONS]; /* values of our own */
    bool none;                /* a list without a value: nothing is that */
};

/* ---- conditions ------------------------------------------------------------------------------ */

static void add_list(struct search *search, const char *name, sluice_texts values) {
    if (values.count)
        search->options[search->count++] = (struct lone_option){name, values};
}

static void add_text(struct search *search, const char *name, sluice_text value) {
    search->one[search->count] = value;
    if (value.len)
        add_list(search, name, (sluice_texts){&search->one[search->count], 1});
}

/* As people and labels write them. */
static int add_imeis(struct search *search, const sluice_query *asked, sluice_error *error) {
    sluice_texts imeis = query_values(asked, "imei");
    for (uint64_t i = 0; i < imeis.count; i++)
        if (!wanted_add(&search->imeis, imeis.items[i]))
            return search->imeis.count == WANTED_MOST
                       ? fail(error, SLUICE_E_DATA, "%d IMEIs at most; ask for fewer at a time", WANTED_MOST)
                       : fail_memory(error);
    add_list(search, "imei", (sluice_texts){search->imeis.items, search->imeis.count});
    search->none |= imeis.count && !search->imeis.count;
    return 0;
}

static bool is_empty_list(const sluice_query *asked) {
    for (uint64_t i = 0; i < asked->where.count; i++)
        if (!asked->where.items[i].values.count)
            return true;
    return false;
}

static int begin(struct search *search, struct clerk *clerk, const sluice_query *asked, uint64_t limit,
                 sluice_error *error) {
    static const char *const lists[] = {"status", "service", "order_id"};
    static const char *const texts[] = {"since", "until", "text"};
    *search = (struct search){.clerk = clerk, .none = is_empty_list(asked)};
    clerk_begin(clerk, &search->program);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        add_list(search, lists[i], query_values(asked, lists[i]));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        add_text(search, texts[i], query_value(asked, texts[i]));
    add_text(search, "after", asked->after);
    add_text(search, "order", TEXT("newest"));
    if (limit && limit < INT64_MAX) {
        snprintf(search->limit, sizeof search->limit, "%llu", (unsigned long long)limit);
        add_text(search, "limit", text_of(search->limit));
    }
    return add_imeis(search, asked, error);
}

static void end(struct search *search) {
    wanted_free(&search->imeis);
    clerk_end(&search->program);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static void note(struct clerk *clerk, int failed, const sluice_error *error) {
    pthread_mutex_lock(&clerk->store_lock);
    clerk->store_trouble = failed ? *error : (sluice_error)ERROR_INIT;
    clerk->store_ms = clock_wall_ms();
    pthread_mutex_unlock(&clerk->store_lock);
}

/* Each batch, until `each` says 1. A store that isn't there yet has no orders. */
static int run(struct search *search, int (*each)(void *user, struct batch *batch, sluice_error *error),
               void *user, sluice_error *error) {
    struct program *program = &search->program;
    struct clerk *clerk = search->clerk;
    struct store store;
    struct reader reader = {0};
    if (search->none)
        return 0;
    int result =
        store_bind_of(&store, program, clerk->post.pipeline, SLUICE_SOURCE, search->options, search->count);
    if (result)
        return fail(error, result < 0 ? result : -result, "%s",
                    *program->error.text ? program->error.text : "the store can't be asked for that");
    store.part.component.place = store.part.component.plugin->name;
    result = reader_open(&reader, &store.part.component, &store.part.inputs, false, error);
    reader.row_limit = ROWS;
    reader.byte_limit = BYTES;
    reader.abandon = &clerk->stopping;
    if (!result)
        result = reader_run(&reader, each, user, error);
    reader_close(&reader);
    store_free(&store);
    bool absent = result == SLUICE_E_NOINPUT;
    if (result <= 0 && result != SLUICE_E_CONFIG) /* which is the question's fault */
        note(clerk, absent ? 0 : result, error);
    if (!result && atomic_load(&clerk->stopping)) /* half an answer is none */
        return fail(error, SLUICE_E_BUSY, "the service is stopping");
    return absent || result > 0 ? 0 : result;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static int give_batch(void *user, struct batch *batch, sluice_error *error) {
    struct handout *out = user;
    (void)error;
    for (uint32_t i = 0; i < batch->view.selected && handout_wants_more(out); i++) {
        sluice_row row = {.batch = &batch->view, .row = sluice_selected(&batch->view, i)};
        out->left--;
        out->enough = out->each(out->user, &row) != 0;
    }
    batch_unref(batch);
    return !handout_wants_more(out);
}

int clerk_store(struct clerk *clerk, const sluice_query *asked, struct handout *out, sluice_error *error) {
    struct search search;
    int failed = begin(&search, clerk, asked, asked->limit, error);
    add_text(&search, "keyed", TEXT("true"));
    if (!failed)
        failed = run(&search, give_batch, out, error);
    end(&search);
    return failed;
}

int clerk_store_batches(struct clerk *clerk, const sluice_query *asked,
                        int (*each)(void *user, struct batch *batch, sluice_error *error), void *user,
                        sluice_error *error) {
    struct search search;
    int failed = begin(&search, clerk, asked, asked->limit, error);
    if (!failed)
        failed = run(&search, each, user, error);
    end(&search);
    return failed;
}

struct sought {
    int (*each)(void *user, const sluice_row *row);
    void *user;
};

static int see_batch(void *user, struct batch *batch, sluice_error *error) {
    struct sought *sought = user;
    int failed = 0;
    (void)error;
    for (uint32_t i = 0; i < batch->view.selected && !failed; i++)
        failed = sought->each(sought->user,
                              &(sluice_row){.batch = &batch->view, .row = sluice_selected(&batch->view, i)});
    batch_unref(batch);
    return failed;
}

int clerk_store_orders(struct clerk *clerk, const sluice_text *ids, size_t count,
                       int (*each)(void *user, const sluice_row *row), void *user, sluice_error *error) {
    struct sought sought = {each, user};
    sluice_pair by_id = {TEXT("order_id"), {ids, count}};
    sluice_query asked = {.size = sizeof asked, .where = {&by_id, 1}};
    return clerk_store_batches(clerk, &asked, see_batch, &sought, error);
}

/* ---- how many -------------------------------------------------------------------------------- */

static int count_batch(void *user, struct batch *batch, sluice_error *error) {
    uint64_t *count = user;
    (void)error;
    *count += batch->view.selected;
    batch_unref(batch);
    return 0;
}

int clerk_count_store(struct clerk *clerk, const sluice_query *asked, struct handout *out,
                      sluice_error *error) {
    static const sluice_text names[] = {TEXT("count"), TEXT("more")};
    struct handout_page page = {.names = names, .columns = 2};
    struct search search;
    uint64_t count = 0, most = asked->limit ? asked->limit : UINT64_MAX;
    sluice_text field = TEXT("order_id");
    int failed = begin(&search, clerk, asked, asked->limit ? asked->limit + 1 : 0, error);
    add_list(&search, "fields", (sluice_texts){&field, 1});
    if (!failed)
        failed = run(&search, count_batch, &count, error);
    end(&search);
    sluice_text *row = failed ? NULL : handout_page_add(&page);
    if (row) {
        row[0] = handout_number(&page, (int64_t)(count > most ? most : count));
        row[1] = handout_number(&page, count > most);
    }
    return failed ? failed : handout_give_page(out, &page, error);
}
