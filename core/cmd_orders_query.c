#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "cmd_orders.h"
#include "flag_value.h"
#include "log.h"
#include "reader.h"
#include "text.h"

void orders_query_add(struct orders_query *query, const char *option, const sluice_text *items,
                      size_t count) {
    if (count && query->count < ORDERS_OPTIONS)
        query->options[query->count++] = (struct lone_option){option, {items, count}};
}

/* ---- flags -------------------------------------------------------------------------------- */

/* All values of a flag that may be given many times. */
static int add_flag(struct orders_query *query, const char *flag) {
    const struct arguments *arguments = &query->program->arguments;
    size_t count = 0;
    while (arguments_nth(arguments, flag, count))
        count++;
    sluice_text *items = arena_array(&query->program->arena, count + 1, sizeof *items);
    if (!items)
        return fail_memory(&query->program->error);
    for (size_t i = 0; i < count; i++)
        items[i] = text_of(arguments_nth(arguments, flag, i));
    orders_query_add(query, flag, items, count);
    return 0;
}

static int add_text(struct orders_query *query, const char *option, const char *text) {
    sluice_text *item = arena_alloc(&query->program->arena, sizeof *item);
    if (!item)
        return fail_memory(&query->program->error);
    *item = text_of(text);
    orders_query_add(query, option, item, 1);
    return 0;
}

/* A date, or how long ago. */
static int add_since(struct orders_query *query) {
    int64_t at;
    int failed = flag_since(query->program, "since", &at);
    if (failed || !arguments_has(&query->program->arguments, "since"))
        return failed;
    return add_text(query, "since", clock_format(at, query->since));
}

static int add_limit(struct orders_query *query) {
    int64_t limit;
    int failed = flag_number(query->program, "limit", &limit);
    if (failed || !limit)
        return failed;
    snprintf(query->limit, sizeof query->limit, "%lld", (long long)limit);
    return add_text(query, "limit", query->limit);
}

/* ---- IMEIs -------------------------------------------------------------------------------- */

static int add_imei(struct orders_query *query, sluice_text imei) {
    if (wanted_add(&query->imeis, imei))
        return 0;
    return query->imeis.count == WANTED_MOST ? fail(&query->program->error, SLUICE_E_USAGE,
                                                    "%d IMEIs at most; ask for fewer at a time", WANTED_MOST)
                                             : fail_memory(&query->program->error);
}

static int take_imeis(void *user, struct batch *batch, sluice_error *error) {
    struct orders_query *query = user;
    int32_t column = sluice_find_column(&batch->view, "imei", 4);
    int failed = 0;
    if (column < 0)
        failed = fail(error, SLUICE_E_DATA,
                      "--imeis: %s has no column 'imei'; head one so, or give a plain list of IMEIs",
                      arguments_value(&query->program->arguments, "imeis"));
    for (uint32_t i = 0; i < batch->view.selected && !failed; i++)
        failed = add_imei(query, batch->view.cells[column][sluice_selected(&batch->view, i)]);
    if (batch->refused_count)
        log_line(SLUICE_LOG_WARN, NULL,
                 "--imeis: %zu rows have more cells than the header and are passed over",
                 batch->refused_count);
    batch_unref(batch);
    return failed;
}

/* The file is read as a pipeline would read it: with or without a header, one column or many. */
static int read_file(struct orders_query *query, const char *path) {
    struct program *program = query->program;
    sluice_text text = text_of(path);
    struct lone_option option = {"path", {&text, 1}};
    struct lone lone;
    struct reader reader = {0};
    int result = lone_bind(&lone, program, "csv", SLUICE_SOURCE, &option, 1, false);
    if (result)
        return result;
    lone.component.place = "--imeis";
    result = reader_open(&reader, &lone.component, &lone.inputs, false, &program->error);
    if (!result)
        result = reader_run(&reader, take_imeis, query, &program->error);
    reader_close(&reader);
    lone_free(&lone);
    if (!result && !query->imeis.count)
        result = fail(&program->error, SLUICE_E_DATA, "--imeis: %s holds no IMEI", path);
    return result;
}

static int read_imeis(struct orders_query *query, size_t first) {
    const struct arguments *arguments = &query->program->arguments;
    const char *file = arguments_value(arguments, "imeis"), *imei;
    int result = file ? read_file(query, file) : 0;
    for (size_t i = 0; !result && (imei = arguments_nth(arguments, "imei", i)); i++)
        result = add_imei(query, text_of(imei));
    for (size_t i = first; !result && i < arguments->operand_count; i++)
        result = add_imei(query, text_of(arguments->operands[i]));
    bool asked = file || arguments_has(arguments, "imei") || first < arguments->operand_count;
    if (!result && asked && !query->imeis.count)
        result = fail(&query->program->error, SLUICE_E_USAGE, "--imei: an IMEI is missing");
    if (!result)
        orders_query_add(query, "imei", query->imeis.items, query->imeis.count);
    return result;
}

/* ---- the query ---------------------------------------------------------------------------- */

int orders_query_read(struct orders_query *query, struct program *program, size_t first) {
    *query = (struct orders_query){.program = program};
    int result = read_imeis(query, first);
    if (!result)
        result = add_flag(query, "status");
    if (!result)
        result = add_flag(query, "service");
    if (!result)
        result = add_since(query);
    if (!result)
        result = add_limit(query);
    if (!result && arguments_value(&program->arguments, "text"))
        result = add_text(query, "text", arguments_value(&program->arguments, "text"));
    return result ? result : add_text(query, "order", "newest");
}

struct visit {
    struct orders_query *query;
    int (*each)(void *user, const struct batch *batch);
    void *user;
};

static int visit_batch(void *user, struct batch *batch, sluice_error *error) {
    struct visit *visit = user;
    struct wanted *imeis = &visit->query->imeis;
    int32_t column = sluice_find_column(&batch->view, "imei", 4);
    (void)error;
    for (uint32_t i = 0; imeis->count && column >= 0 && i < batch->view.selected; i++)
        wanted_see(imeis, batch->view.cells[column][sluice_selected(&batch->view, i)]);
    int failed = visit->each(visit->user, batch);
    batch_unref(batch);
    return failed;
}

/* A pipeline may well keep its orders elsewhere. */
static int fail_no_store(struct program *program) {
    const sluice_error seen = program->error;
    return fail(&program->error, seen.code,
                "%s; -f FILE takes the store that a pipeline writes to, -C DIR another directory", seen.text);
}

int orders_query_run(struct orders_query *query, int (*each)(void *user, const struct batch *batch),
                     void *user) {
    struct program *program = query->program;
    const char *file = arguments_value(&program->arguments, "file");
    struct visit visit = {query, each, user};
    struct reader reader = {0};
    struct store store;
    int result = store_bind(&store, program, SLUICE_SOURCE, file, query->options, query->count);
    if (result)
        return result;
    store.part.component.place = store.part.component.plugin->name;
    result = reader_open(&reader, &store.part.component, &store.part.inputs, false, &program->error);
    if (!result)
        result = reader_run(&reader, visit_batch, &visit, &program->error);
    reader_close(&reader);
    store_free(&store);
    return result == SLUICE_E_NOINPUT && !file ? fail_no_store(program) : result;
}

void orders_query_say_missing(const struct orders_query *query) {
    char some[300];
    uint32_t missing = wanted_missing(&query->imeis, some, sizeof some);
    if (missing && !query->program->quiet)
        log_line(SLUICE_LOG_INFO, NULL, "%u of %u IMEIs have no order here: %s", missing, query->imeis.count,
                 some);
}

void orders_query_free(struct orders_query *query) {
    wanted_free(&query->imeis);
}
