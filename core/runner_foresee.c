/* What a run would find out before it pays, for its plan: the orders that the stores and the provider have
 * and the ledger doesn't know (T0), and what becomes of those in doubt. Nothing of it is written. */
#include "runner_parts.h"

#include "client.h"
#include "log.h"
#include "settler.h"
#include "text.h"

static int add(struct runner *runner, const struct order_key *key, bool ordered, int64_t ordered_ms,
               sluice_text order_id, sluice_error *error) {
    char text[ESTIMATE_ORDER_ID];
    snprintf(text, sizeof text, "%.*s", TEXT_ARG(order_id));
    struct foreseen news = {.key = *key, .ordered = ordered, .ordered_ms = ordered_ms, .order_id = text};
    return foresight_add(&runner->foresight, &news, error);
}

int runner_foresee_order(struct runner *runner, const struct order_key *key, int64_t created_ms,
                         sluice_text order_id, sluice_error *error) {
    return add(runner, key, true, created_ms, order_id, error);
}

struct foreseeing {
    struct runner *runner;
    sluice_error error;
};

static void on_settled(void *user, const struct settler_news *news) {
    struct foreseeing *in = user;
    if (news->kind != SETTLE_STAYS && !in->error.code)
        add(in->runner, &news->key, news->kind != SETTLE_ABSENT, 0, news->order_id, &in->error);
}

static void on_foreign(void *user, const struct order_key *key, const struct settle_listed *order) {
    struct foreseeing *in = user;
    if (!in->error.code)
        runner_foresee_order(in->runner, key, order->created_ms, order->order_id, &in->error);
}

static int on_untold(void *user, const struct settle_listed *order, sluice_text title, sluice_error *error) {
    struct foreseeing *in = user;
    return spend_suspect(&in->runner->spend, order, title, error);
}

static int ask_list(struct runner *runner, sluice_error *error) {
    struct spend *spend = &runner->spend;
    const struct limits *limits = &spend->component->limits;
    struct client client = {0};
    struct foreseeing in = {.runner = runner, .error = ERROR_INIT};
    struct settler settler = {
        .ledger = runner->ledger,
        .client = &client,
        .catalogue = &spend->catalogue,
        .place = spend->component->place,
        .provider = spend->maker.provider,
        .account = spend->maker.account,
        .rules = {limits->timeout_ms, runner->pipeline->spend.settle_after_ms},
        .seeds = true,
        .dry = true,
        .told = on_settled,
        .foreign = on_foreign,
        .untold = on_untold,
        .user = &in,
    };
    if (!spend->instance->self.endpoint.settles)
        return 0;
    int failed = client_open(&client, spend->instance, limits, NULL, error);
    if (!failed)
        failed = settler_run(&settler, error);
    client_close(&client);
    runner->foreseen_settled =
        settler.kinds[SETTLE_PLACED] + settler.kinds[SETTLE_EXISTS] + settler.kinds[SETTLE_ABSENT];
    spend->doubts_later = settler.later;
    spend->doubts_later_ms = settler.later_ms;
    return !failed && in.error.code ? fail(error, in.error.code, "%s", in.error.text) : failed;
}

int runner_foresee(struct runner *runner, sluice_error *error) {
    const struct order_maker *maker = &runner->spend.maker;
    int64_t account = 0;
    bool listed = false;
    sluice_error why = ERROR_INIT;
    int failed = runner->ledger
                     ? ledger_account(runner->ledger, maker->provider, maker->account, false, &account, error)
                     : 0;
    if (!failed && runner->ledger)
        failed = ledger_listed(runner->ledger, maker->provider, maker->account, &listed, error);
    if (!failed)
        failed = runner_seed(runner, account, error);
    if (failed || !ask_list(runner, &why))
        return failed;
    if (!listed)
        return runner_no_list(runner, &why, error);
    runner_warn_no_list(runner, &why);
    return 0;
}
