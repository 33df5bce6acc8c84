/* T0 from the store: a new ledger takes note of the orders that the pipeline's stores have, an old one of
 * those that came since it looked last (imports, another ledger's orders in the same store).
 *
 * Stores number their rows, and are read from the newest on, down to the row that was the newest then. It is
 * known again by its number and its order id; where it isn't found, it is another store, and all of it is
 * read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bind.h"
#include "clock.h"
#include "date.h"
#include "ledger_ahead.h"
#include "ledger_settle.h"
#include "log.h"
#include "lost_zeros.h"
#include "order_id.h"
#include "order_list.h"
#include "runner_parts.h"
#include "text.h"
#include "value.h"

enum {
    MARK_MOST = 256,
    MARGIN = 1000, /* rows below the mark that are looked at: of two transactions the later number may come
                      first */
    SEEN_ENOUGH = 1,
    FIRST_WORDS = 160,
};

struct seeding {
    struct runner *runner;
    const struct component *sink;
    sluice_arena arena;
    int64_t account;                         /* 0: not made known yet */
    bool fresh;                              /* the ledger knew nothing of the account */
    char mark[MARK_MOST], newest[MARK_MOST]; /* "NUMBER ORDER-ID"; "": none */
    bool first;                              /* the store was never read */
    bool there;                              /* and isn't missing */
    uint64_t below;                          /* rows from the mark on */
    uint64_t found, unclear, suspects;       /* unclear: without an identifier */
    uint64_t nameless;                       /* among the found: nobody knows their order ids */
    char first_unclear[FIRST_WORDS], first_suspect[FIRST_WORDS];
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

static const sluice_option *option_named(const sluice_component *type, const char *name, uint32_t value) {
    const sluice_option like = {.name = name, .type = value};
    return option_of(type, &like);
}

/* From the newest on, and no more of each row than is needed. False: the source can't. */
static bool read_newest_first(struct seeding *seeding, const sluice_component *type, void *config) {
    static const sluice_text fields[] = {TEXT("id"),         TEXT("order_id"),    TEXT("order_date"),
                                         TEXT("provider"),   TEXT("account"),     TEXT("imei"),
                                         TEXT("service_id"), TEXT("service_name")};
    const sluice_texts wanted = {fields, sizeof fields / sizeof *fields};
    const sluice_option *order = option_named(type, "order", SLUICE_TYPE_CHOICE);
    const sluice_option *some = option_named(type, "fields", SLUICE_TYPE_TEXTS);
    sluice_error why = ERROR_INIT;
    if (some)
        memcpy((char *)config + some->offset, &wanted, sizeof wanted);
    return order && value_store(order, TEXT("newest"), config, &seeding->arena, &why);
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

/* To know an identifier's normal form, one service is as good as another. */
static sluice_text any_service(const struct catalogue *catalogue) {
    return catalogue->count ? catalogue->services[0].id : TEXT("1");
}

static void note(char first[FIRST_WORDS], uint64_t *count, sluice_text order_id, sluice_text title) {
    if (!(*count)++)
        snprintf(first, FIRST_WORDS, "order %.*s, service '%.*s'", TEXT_ARG(order_id), TEXT_ARG(title));
}

/* What its service is can't be told: it may be any. */
static int add_suspect(struct seeding *seeding, const sluice_batch *batch, uint32_t row,
                       sluice_text identifier, sluice_error *error) {
    struct spend *spend = &seeding->runner->spend;
    const struct suspect suspect = {.provider = spend->maker.provider,
                                    .account = spend->maker.account,
                                    .identifier = identifier,
                                    .order_id = batch_value(batch, row, "order_id"),
                                    .title = batch_value(batch, row, "service_name")};
    return suspects_add(&spend->suspects, &spend->catalogue, &suspect, error);
}

/* One that the store has made up means nothing to the provider. */
static sluice_text known_id(sluice_text order_id) {
    return order_id_is_made_up(order_id) ? (sluice_text){NULL, 0} : order_id;
}

/* `order_id` is null where nobody knows it, and for another form of the identifier. */
static int add_order(struct seeding *seeding, sluice_text service, sluice_text identifier,
                     sluice_text order_id, int64_t created_ms, bool form, bool *added, sluice_error *error) {
    struct runner *runner = seeding->runner;
    const struct order_maker *maker = &runner->spend.maker;
    struct order_key key;
    int failed = order_key_make(&key, maker->provider, maker->account, service, identifier, error);
    if (!failed && runner->plans)
        return runner_foresee_order(runner, &key, created_ms, order_id, error);
    if (!failed && !seeding->account)
        failed =
            ledger_account(runner->ledger, maker->provider, maker->account, true, &seeding->account, error);
    char *text = order_id.len ? arena_printf(&seeding->arena, "%s has it as order %.*s", seeding->sink->place,
                                             TEXT_ARG(order_id))
                              : arena_printf(&seeding->arena,
                                             form ? "%s has it without its leading zeros"
                                                  : "%s has it, but not its order id at the provider",
                                             seeding->sink->place);
    struct foreign foreign = {.account = seeding->account,
                              .key = key,
                              .service = service,
                              .identifier = identifier,
                              .order_id = order_id,
                              .created_ms = created_ms,
                              .code = TEXT("stored"),
                              .evidence = text_of(text)};
    return failed ? failed : ledger_add_foreign(runner->ledger, runner->run.id, &foreign, added, error);
}

/* The order under each identifier that it may be asked for by. */
static int add_forms(struct seeding *seeding, const sluice_batch *batch, uint32_t row,
                     const sluice_identity *identity, bool told, sluice_error *error) {
    char room[LOST_ZEROS_IMEI];
    sluice_text forms[LOST_ZEROS_FORMS];
    size_t count = lost_zeros_forms(identity->identifier, room, forms);
    bool added = false, named = false, twin;
    int64_t created_ms = 0; /* not known */
    int failed = 0;
    date_parse_latest(batch_value(batch, row, "order_date"), clock_wall_ms(), &created_ms);
    for (size_t i = 0; !failed && i < count; i++) {
        sluice_text order_id = i ? (sluice_text){NULL, 0} : known_id(batch_value(batch, row, "order_id"));
        named |= order_id.len != 0;
        failed = told ? add_order(seeding, identity->service, forms[i], order_id, created_ms, i,
                                  i ? &twin : &added, error)
                      : add_suspect(seeding, batch, row, forms[i], error);
    }
    seeding->found += added;
    seeding->nameless += added && !named;
    return failed;
}

static int add_row(struct seeding *seeding, const sluice_batch *batch, uint32_t row, sluice_error *error) {
    struct runner *runner = seeding->runner;
    const struct spend *spend = &runner->spend;
    const struct order_maker *maker = &spend->maker;
    sluice_text order_id = batch_value(batch, row, "order_id"), imei = batch_value(batch, row, "imei"),
                service = batch_value(batch, row, "service_id"),
                title = batch_value(batch, row, "service_name");
    sluice_identity identity;
    struct holder holder = {0};
    if ((!order_id.len && !imei.len) || !is_ours(batch_value(batch, row, "provider"), maker->provider) ||
        !is_ours(batch_value(batch, row, "account"), maker->account))
        return 0;
    int failed = seeding->account && order_id.len
                     ? ledger_holder(runner->ledger, seeding->account, order_id, &holder, error)
                     : 0;
    if (failed || holder.order)
        return failed;
    if (!service.len)
        service = order_list_service(maker->catalogue, title);
    arena_reset(&seeding->arena);
    bool told =
        service.len && order_list_identify(spend->instance, &seeding->arena, imei, service, &identity);
    if (!told && !order_list_identify(spend->instance, &seeding->arena, imei, any_service(maker->catalogue),
                                      &identity)) {
        if (!seeding->below)
            note(seeding->first_unclear, &seeding->unclear, order_id, title);
        return 0;
    }
    if (!told)
        note(seeding->first_suspect, &seeding->suspects, order_id, title);
    return add_forms(seeding, batch, row, &identity, told, error);
}

/* Where the row stands to what was seen the last time. */
static void place_row(struct seeding *seeding, const sluice_batch *batch, uint32_t row) {
    char text[MARK_MOST];
    sluice_text id = batch_value(batch, row, "id"), order_id = batch_value(batch, row, "order_id");
    if (!id.len || id.len + order_id.len + 2 > sizeof text)
        return;
    snprintf(text, sizeof text, "%.*s %.*s", TEXT_ARG(id), TEXT_ARG(order_id));
    if (!seeding->newest[0])
        strcpy(seeding->newest, text);
    if (seeding->below || strcmp(text, seeding->mark) == 0)
        seeding->below++;
}

/* What add_row will ask of a ledger that is far away. */
static int expect_batch(struct seeding *seeding, const sluice_batch *batch, sluice_error *error) {
    const struct order_maker *maker = &seeding->runner->spend.maker;
    struct ledger *ledger = seeding->runner->ledger;
    int failed = 0;
    for (uint32_t i = 0; !failed && i < batch->selected; i++) {
        uint32_t row = sluice_selected(batch, i);
        sluice_text service = batch_value(batch, row, "service_id"), imei = batch_value(batch, row, "imei");
        sluice_identity identity;
        struct order_key key;
        ledger_expect_order_id(ledger, batch_value(batch, row, "order_id"));
        arena_reset(&seeding->arena);
        if (!service.len ||
            !order_list_identify(seeding->runner->spend.instance, &seeding->arena, imei, service, &identity))
            continue;
        failed = order_key_make(&key, maker->provider, maker->account, identity.service, identity.identifier,
                                error);
        if (!failed)
            ledger_expect_key(ledger, &key);
    }
    return failed ? failed : ledger_ask_ahead(ledger, error);
}

static int add_batch(void *user, struct batch *batch, sluice_error *error) {
    struct seeding *seeding = user;
    struct ledger *ledger = seeding->runner->ledger;
    int result = ledger && ledger_is_far(ledger) ? expect_batch(seeding, &batch->view, error) : 0;
    for (uint32_t i = 0; !result && i < batch->view.selected; i++) {
        uint32_t row = sluice_selected(&batch->view, i);
        place_row(seeding, &batch->view, row);
        /* Without numbers nothing would tell the next time what is new. */
        bool enough = seeding->below > MARGIN || (!seeding->first && !seeding->newest[0]);
        result = enough ? SEEN_ENOUGH : add_row(seeding, &batch->view, row, error);
    }
    batch_unref(batch);
    return result;
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
    seeding->there = failed != SLUICE_E_NOINPUT;
    if (failed == SLUICE_E_NOINPUT || failed == SEEN_ENOUGH)
        return 0;
    if (failed == SLUICE_E_DATA) /* that is for the input; a store that isn't one is the pipeline's fault */
        why.code = SLUICE_E_CONFIG;
    return failed ? fail(error, why.code, "%s", why.text) : 0;
}

static void report(const struct seeding *seeding) {
    if (seeding->found)
        log_line(SLUICE_LOG_INFO, seeding->sink->place,
                 seeding->fresh ? "this ledger is new; %llu orders of the store count as ordered"
                                : "%llu orders of the store are news to this ledger; they count as ordered",
                 (unsigned long long)seeding->found);
    if (seeding->nameless)
        log_line(
            SLUICE_LOG_WARN, seeding->sink->place,
            "of %llu orders the store has no order id of the provider, and whether they were bought isn't "
            "known: they count as ordered too; 'sluice ledger resolve KEY --placed ORDER_ID' says which "
            "order "
            "it is, 'sluice run --repeat' orders again",
            (unsigned long long)seeding->nameless);
    if (seeding->unclear)
        log_line(
            SLUICE_LOG_WARN, seeding->sink->place,
            "%llu orders of the store have no identifier: they don't count as ordered, and what they are "
            "for would be paid again; the first is %s",
            (unsigned long long)seeding->unclear, seeding->first_unclear);
    if (seeding->suspects)
        log_line(SLUICE_LOG_WARN, seeding->sink->place,
                 "what service %llu orders of the store are for can't be told: nothing new is ordered for "
                 "their identifiers; the first is %s: put the id of its service into the column service_id, "
                 "or order with --repeat",
                 (unsigned long long)seeding->suspects, seeding->first_suspect);
}

/* The store by its own name, whichever pipeline writes it; a sink that says none is known by its place. */
static int name_mark(struct seeding *seeding, char **name, sluice_error *error) {
    const struct runner *runner = seeding->runner;
    const struct component *sink = seeding->sink;
    const struct order_maker *maker = &runner->spend.maker;
    struct inputs inputs = {0};
    struct instance instance;
    int failed = instance_open(&instance, sink->type, sink->config, sink->place, &inputs, true, error);
    if (failed)
        return fail_within(error, "%s", sink->place);
    sluice_text store = instance.self.keeps;
    int length = store.len
                     ? asprintf(name, "seen in %.*s for %.*s %.*s", TEXT_ARG(store),
                                TEXT_ARG(maker->provider), TEXT_ARG(maker->account))
                     : asprintf(name, "seen in %s of %s for %.*s %.*s", sink->id, runner->pipeline->name,
                                TEXT_ARG(maker->provider), TEXT_ARG(maker->account));
    instance_close(&instance);
    inputs_free(&inputs);
    return length < 0 ? fail_memory(error) : 0;
}

/* `component` is the store as a source; `name`: of its mark. */
static int seed_with(struct seeding *seeding, const struct component *component, const char *name,
                     bool newest_first, sluice_error *error) {
    struct ledger *ledger = seeding->runner->ledger;
    seeding->mark[0] = 0;
    int failed = ledger ? ledger_setting(ledger, name, seeding->mark, sizeof seeding->mark, error) : 0;
    seeding->first = !seeding->mark[0];
    if (failed || !(seeding->first || newest_first))
        return failed;
    failed = read_store(seeding, component, error);
    if (!seeding->newest[0])
        strcpy(seeding->newest, "-"); /* read, but its rows have no numbers */
    /* As long as orders can't be told, each run looks, and warns, again: nobody may have read it the first
     * time, and what is held back is known by no other way. */
    if (!failed && !seeding->runner->plans && seeding->there && !seeding->unclear && !seeding->suspects &&
        strcmp(seeding->newest, seeding->mark) != 0)
        failed = ledger_set(ledger, name, seeding->newest, error);
    return failed;
}

static int seed_from(struct seeding *seeding, sluice_error *error) {
    sluice_arena own = {0};
    struct component component;
    char *name;
    const sluice_component *type = source_of(seeding->sink);
    if (!type)
        return 0;
    seeding->found = seeding->nameless = seeding->unclear = seeding->suspects = seeding->below = 0;
    seeding->newest[0] = 0;
    int failed = name_mark(seeding, &name, error);
    if (failed)
        return failed;
    failed = make_source(seeding, type, &component, error);
    bool newest_first = !failed && read_newest_first(seeding, type, component.config);
    own = seeding->arena; /* the options live in it until the store is read */
    seeding->arena = (sluice_arena){0};
    if (!failed)
        failed = seed_with(seeding, &component, name, newest_first, error);
    arena_free(&own);
    free(name);
    if (!failed)
        report(seeding);
    return failed;
}

/* All or nothing: with a part of it the ledger would know the account, and take the rest for known. */
int runner_seed(struct runner *runner, int64_t account, sluice_error *error) {
    const struct components *sinks = &runner->pipeline->sinks;
    struct seeding seeding = {.runner = runner, .account = account, .fresh = !account};
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
