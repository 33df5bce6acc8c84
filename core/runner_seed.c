/* T0 from the store: a new ledger takes note of the orders that the pipeline's stores have. */
#include <string.h>

#include "bind.h"
#include "ledger_settle.h"
#include "log.h"
#include "order_list.h"
#include "runner_parts.h"
#include "text.h"

struct seeding {
    struct runner *runner;
    const struct component *sink;
    sluice_arena arena;
    int64_t account; /* 0: not made known yet */
    uint64_t found, unclear;
};

/* ---- a sink's store, read as a source ------------------------------------------------------ */

static const sluice_option *option_of(const sluice_component *type, const sluice_option *like) {
    for (uint32_t i = 0; i < type->option_count; i++) {
        const sluice_option *option = &type->options[i];
        if (strcmp(option->name, like->name) == 0 && option->type == like->type)
            return option;
    }
    return NULL;
}

/* Where a plugin keeps a table as a sink and reads it as a source, under one name. */
static const sluice_component *source_of(const struct component *sink) {
    static const sluice_option table = {.name = "table", .type = SLUICE_TYPE_TEXT};
    const sluice_component *type = plugin_component(sink->plugin, sink->type->name, SLUICE_SOURCE);
    return type && option_of(type, &table) && option_of(sink->type, &table) ? type : NULL;
}

/* The sink's options where the source has the same, the defaults elsewhere. */
static int make_source(struct seeding *seeding, const sluice_component *type, struct component *out,
                       sluice_error *error) {
    struct vars vars = {0};
    struct diag diag = {0};
    struct binder binder = {.mode = PIPELINE_RUN, .vars = vars, .arena = &seeding->arena, .diag = &diag};
    struct owner owner = {.title = seeding->sink->place,
                          .at = seeding->sink->at,
                          .rows = type->options,
                          .row_count = type->option_count};
    *out = *seeding->sink;
    out->type = type;
    out->config = arena_zalloc(&seeding->arena, type->config_size ? type->config_size : 1);
    if (!out->config)
        return fail_memory(error);
    bind_options(&binder, &owner, NULL, out->config);
    diag_free(&diag); /* an option without a value is one of the sink's, or the source will say so */
    for (uint32_t i = 0; i < type->option_count; i++) {
        const sluice_option *to = &type->options[i], *from = option_of(seeding->sink->type, to);
        if (from && from->member_size == to->member_size)
            memcpy((char *)out->config + to->offset, (const char *)seeding->sink->config + from->offset,
                   to->member_size);
    }
    return 0;
}

/* ---- its rows ------------------------------------------------------------------------------ */

static bool is_ours(sluice_text value, sluice_text own) {
    return !value.len || text_equal(value, own);
}

static int add_row(struct seeding *seeding, const sluice_batch *batch, uint32_t row, sluice_error *error) {
    struct runner *runner = seeding->runner;
    const struct spend *spend = &runner->spend;
    const struct order_maker *maker = &spend->maker;
    sluice_text order_id = batch_value(batch, row, "order_id"), imei = batch_value(batch, row, "imei"),
                service = batch_value(batch, row, "service_id");
    sluice_identity identity;
    bool added = false;
    if (!order_id.len || !is_ours(batch_value(batch, row, "provider"), maker->provider) ||
        !is_ours(batch_value(batch, row, "account"), maker->account))
        return 0;
    if (!service.len)
        service = order_list_service(maker->catalogue, batch_value(batch, row, "service_name"));
    arena_reset(&seeding->arena);
    if (!service.len || !order_list_identify(spend->instance, &seeding->arena, imei, service, &identity)) {
        seeding->unclear++;
        return 0;
    }
    struct order_key key;
    int failed =
        order_key_make(&key, maker->provider, maker->account, identity.service, identity.identifier, error);
    if (!failed && runner->plans)
        return runner_foresee_order(runner, &key, 0, order_id, error);
    if (!failed && !seeding->account)
        failed =
            ledger_account(runner->ledger, maker->provider, maker->account, true, &seeding->account, error);
    char *text =
        arena_printf(&seeding->arena, "%s has it as order %.*s", seeding->sink->place, TEXT_ARG(order_id));
    struct foreign foreign = {.account = seeding->account,
                              .key = key,
                              .service = identity.service,
                              .identifier = identity.identifier,
                              .order_id = order_id,
                              .code = TEXT("stored"),
                              .evidence = text_of(text)};
    if (!failed)
        failed = ledger_add_foreign(runner->ledger, runner->run.id, &foreign, &added, error);
    seeding->found += added;
    return failed;
}

static int add_batch(void *user, struct batch *batch, sluice_error *error) {
    int failed = 0;
    for (uint32_t i = 0; !failed && i < batch->view.selected; i++)
        failed = add_row(user, &batch->view, sluice_selected(&batch->view, i), error);
    batch_unref(batch);
    return failed;
}

/* A store that isn't there yet has no orders. */
static int read_store(struct seeding *seeding, const struct component *component, sluice_error *error) {
    struct inputs inputs = {0};
    struct reader reader;
    sluice_error why = ERROR_INIT;
    int failed = reader_open(&reader, component, &inputs, false, &why);
    if (!failed) {
        reader.row_limit = SPENDING_ROWS;
        reader.byte_limit = SPENDING_BYTES;
        failed = reader_run(&reader, add_batch, seeding, &why);
    }
    reader_close(&reader);
    inputs_free(&inputs);
    if (failed == SLUICE_E_NOINPUT)
        return 0;
    if (failed == SLUICE_E_DATA) /* that is for the input; a store that isn't one is the pipeline's fault */
        why.code = SLUICE_E_CONFIG;
    return failed ? fail(error, why.code, "%s", why.text) : 0;
}

static void report(const struct seeding *seeding) {
    if (seeding->found)
        log_line(SLUICE_LOG_INFO, seeding->sink->place,
                 "this ledger is new; %llu orders of the store count as ordered",
                 (unsigned long long)seeding->found);
    if (seeding->unclear)
        log_line(
            SLUICE_LOG_WARN, seeding->sink->place,
            "%llu orders of the store have no identifier or no known service: they don't count as ordered",
            (unsigned long long)seeding->unclear);
}

static int seed_from(struct seeding *seeding, sluice_error *error) {
    sluice_arena own = {0};
    struct component component;
    const sluice_component *type = source_of(seeding->sink);
    if (!type)
        return 0;
    seeding->found = seeding->unclear = 0;
    int failed = make_source(seeding, type, &component, error);
    own = seeding->arena; /* the options live in it until the store is read */
    seeding->arena = (sluice_arena){0};
    if (!failed)
        failed = read_store(seeding, &component, error);
    arena_free(&own);
    if (!failed)
        report(seeding);
    return failed;
}

/* All or nothing: with a part of it the ledger would know the account, and never look at the store again. */
int runner_seed(struct runner *runner, sluice_error *error) {
    const struct components *sinks = &runner->pipeline->sinks;
    struct seeding seeding = {.runner = runner};
    int failed = runner->plans ? 0 : ledger_begin(runner->ledger, error);
    if (failed)
        return failed;
    for (size_t i = 0; !failed && i < sinks->count; i++) {
        seeding.sink = &sinks->items[i];
        failed = seed_from(&seeding, error);
    }
    arena_free(&seeding.arena);
    if (runner->plans)
        return failed;
    if (!failed)
        return ledger_commit(runner->ledger, error);
    ledger_rollback(runner->ledger);
    return failed;
}
