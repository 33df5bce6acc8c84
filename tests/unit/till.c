#include "till.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../plugins/harness.h"
#include "client.h"
#include "support.h"
#include "text.h"

static void good(struct till *till, int failed) {
    if (failed)
        print_error("%d: %s\n", failed, till->error.text);
    assert_int_equal(failed, 0);
}

static void on_kept(void *user, struct outlet *outlet, int64_t run, int64_t version) {
    struct till *till = user;
    spend_kept(&till->spend, outlet->component->id, run, version);
}

static void on_rejected(void *user, struct outlet *outlet, const struct batch *batch,
                        const struct reject *reject) {
    struct till *till = user;
    rejects_add(&till->run.rejects, batch, reject->row, outlet->component->place, reject->code,
                reject->reason);
}

static void on_died(void *user, struct outlet *outlet, const sluice_error *error) {
    struct till *till = user;
    (void)outlet;
    run_trouble(&till->run, -error->code, "%s", error->text);
}

static struct component sink(const sluice_component *type, const char *id, struct shelf *shelf) {
    return (struct component){.type = type, .place = id, .id = id, .config = shelf};
}

static void open_sinks(struct till *till) {
    static const struct outlet_events template = {.kept = on_kept, .rejected = on_rejected, .died = on_died};
    struct outlet_events events = template;
    events.user = till;
    till->sinks[0] = sink(&shelf_store, "store", &till->store);
    till->sinks[1] = sink(&shelf_sink, "shelf", &till->shelf);
    till->reject_sink = sink(&shelf_sink, "on_reject", &till->rejected);
    till->rejecting = (struct components){&till->reject_sink, 1};
    for (int i = 0; i < 2; i++)
        good(till, outlet_open(&till->outlets[i], &till->sinks[i], NULL, true, &events, &till->error));
    till->run.outlets = till->outlets;
    till->run.outlet_count = 2;
    char path[256];
    till->registry = registry_new(getenv("SLUICE_PLUGIN_PATH"));
    good(till,
         rejects_open(&till->run.rejects, &till->rejecting, support_path(path, till->dir, "rejects.csv"),
                      till->registry, NULL, true, &till->error));
}

static void ask_shop(struct till *till) {
    struct client client;
    good(till, client_open(&client, &till->instance, &till->component.limits, NULL, &till->error));
    good(till, catalogue_fetch(&till->spend.catalogue, &client, &till->error));
    client_close(&client);
}

void till_open(struct till *till, struct shop *shop, const char *dir) {
    static const char *const ids[] = {"store", "shelf"};
    const struct run_info info = {.pipeline = "p", .file = "p.yaml", .sinks = ids, .sink_count = 2};
    memset(till, 0, sizeof *till);
    till->shop = shop;
    till->balance = MONEY_NONE;
    snprintf(till->dir, sizeof till->dir, "%s", dir);
    till->error = (sluice_error)ERROR_INIT;
    till->pipeline = (struct pipeline){.name = "p", .file = "p.yaml"};
    till->pipeline.spend = (struct spend_rules){.max_price = MONEY_NONE,
                                                .max_run = MONEY_NONE,
                                                .max_day = MONEY_NONE,
                                                .reserve = MONEY_NONE,
                                                .price = MONEY_NONE,
                                                .timezone = "UTC",
                                                .max_in_doubt = 20};
    till->component =
        (struct component){.type = &shop_place,
                           .place = "actions[0] shop.place",
                           .config = shop,
                           .limits = {.concurrency = 10, .connect_ms = 5000, .timeout_ms = 20000}};
    run_init(&till->run, &till->pipeline);
    shelf_init(&till->store);
    shelf_init(&till->shelf);
    shelf_init(&till->rejected);
    good(till, ledger_open(dir, 0, &till->ledger, &till->error));
    good(till, ledger_run_begin(till->ledger, &info, &till->run.id, &till->error));
    good(till,
         instance_open(&till->instance, &shop_place, shop, till->component.place, NULL, true, &till->error));
    good(till,
         spend_open(&till->spend, &till->run, &till->component, &till->instance, till->ledger, &till->error));
    open_sinks(till);
    ask_shop(till);
}

void till_start(struct till *till) {
    const struct spend_rules *rules = &till->pipeline.spend;
    till->spend.currency = "USD";
    till->spend.maker = (struct order_maker){.instance = &till->instance,
                                             .catalogue = &till->spend.catalogue,
                                             .provider = TEXT("shop"),
                                             .account = TEXT("tester@shop"),
                                             .max_price = rules->max_price,
                                             .fixed_price = rules->price};
    till->spend.cap = (struct cap){.max_run = rules->max_run,
                                   .max_day = rules->max_day,
                                   .reserve = rules->reserve,
                                   .balance = till->balance};
    good(till, spend_reserve_begin(&till->spend, &till->error));
    for (int i = 0; i < 2; i++) {
        good(till,
             backlog_open(&till->backlogs[i], till->ledger, &(struct ledger_site){.state_dir = till->dir},
                          till->run.id, till->sinks[i].id, &till->error));
        outlet_attach(&till->outlets[i], &till->backlogs[i], 0);
        good(till, outlet_start(&till->outlets[i], &till->error));
    }
    good(till, spend_start(&till->spend, &till->error));
}

void till_give(struct till *till, const char *const *rows) {
    struct batch *batch = harness_batch(rows);
    atomic_fetch_add(&till->run.tally.read, batch->view.selected);
    good(till, spend_give(&till->spend, batch, &till->error));
}

void till_finish(struct till *till) {
    spend_input_ended(&till->spend);
    spend_join(&till->spend);
    for (int i = 0; i < 2; i++)
        outlet_end(&till->outlets[i], true);
    for (int i = 0; i < 2; i++)
        outlet_join(&till->outlets[i]);
    good(till, rejects_close(&till->run.rejects, &till->error));
    till->exit_code = run_exit_code(&till->run);
    if (spend_flush_cursors(&till->spend, &till->error))
        print_message("# cursors: %s\n", till->error.text);
    if (ledger_run_end(till->ledger, till->run.id, till->exit_code, &till->error))
        print_message("# end: %s\n", till->error.text);
    assert_int_equal(atomic_load(&till->run.tally.read), tally_done(&till->run.tally));
}

void till_close(struct till *till) {
    for (int i = 0; i < 2; i++) {
        outlet_close(&till->outlets[i]);
        backlog_close(&till->backlogs[i]);
    }
    spend_close(&till->spend);
    instance_close(&till->instance);
    ledger_close(till->ledger);
    run_free(&till->run);
    if (till->registry)
        registry_free(till->registry);
    shelf_free(&till->store);
    shelf_free(&till->shelf);
    shelf_free(&till->rejected);
}

void till_run(struct till *till, struct shop *shop, const char *dir, const char *const *rows) {
    till_open(till, shop, dir);
    till_start(till);
    till_give(till, rows);
    till_finish(till);
}

const char *till_sums(const struct till *till) {
    static char out[300];
    size_t used = 0;
    out[0] = 0;
    for (int kind = 0; kind < TALLY_KINDS; kind++) {
        uint64_t count = tally_get(&till->run.tally, (enum tally_kind)kind);
        if (count)
            used += (size_t)snprintf(out + used, sizeof out - used, "%s%s %llu", used ? " " : "",
                                     tally_name((enum tally_kind)kind), (unsigned long long)count);
    }
    return out;
}

static struct ledger_counts count(struct till *till) {
    struct ledger_counts counts;
    good(till, ledger_count(till->ledger, 0, &counts, &till->error));
    return counts;
}

const char *till_states(struct till *till) {
    static char out[300];
    struct ledger_counts counts = count(till);
    size_t used = 0;
    out[0] = 0;
    for (int state = ORDER_CLAIMED; state <= ORDER_RELEASED; state++)
        if (counts.by_state[state])
            used += (size_t)snprintf(out + used, sizeof out - used, "%s%s %llu", used ? " " : "",
                                     order_state_name((enum order_state)state),
                                     (unsigned long long)counts.by_state[state]);
    return out;
}

uint64_t till_undelivered(struct till *till) {
    return count(till).undelivered;
}

void till_check_column(struct shelf *shelf, const char *name, const char *expected) {
    char *got = shelf_column(shelf, name);
    assert_string_equal(got, expected);
    free(got);
}
