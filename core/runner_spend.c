#include "runner_parts.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "account.h"
#include "client.h"
#include "clock.h"
#include "confirm.h"
#include "crash_point.h"
#include "ledger_late.h"
#include "log.h"
#include "text.h"
#include "where.h"
#include "where_warn.h"

static bool differs_in_case(sluice_text account, const char *other) {
    return strlen(other) == account.len && strncasecmp(account.ptr, other, account.len) == 0;
}

/* Paid once means: once on this account. Another name for the same one (localhost for 127.0.0.1, an
 * `account:` that was added later) is a new account to the ledger. */
static int check_account(const struct runner *runner, sluice_error *error) {
    const struct order_maker *maker = &runner->spend.maker;
    char other[128];
    if (!runner->ledger)
        return 0;
    int failed = ledger_other_account(runner->ledger, maker->provider, maker->account, other, error);
    if (!failed && *other && differs_in_case(maker->account, other))
        return fail(
            error, SLUICE_E_CONFIG,
            "%s: the account '%.*s' is new to this ledger, and '%s' differs from it only in letter case, "
            "which most providers don't look at: all that was ordered there would be paid again; "
            "write `account: %s`, or, for another account, a name that differs in more",
            runner->spend.component->place, TEXT_ARG(maker->account), other, other);
    if (!failed && *other)
        log_line(SLUICE_LOG_WARN, runner->spend.component->place,
                 "the account '%.*s' is new to this ledger, and nothing that was ordered on '%s' counts as "
                 "ordered here; "
                 "if it is the same account, write `account: %s`",
                 TEXT_ARG(maker->account), other, other);
    return failed;
}

/* The service that the pipeline names must be one that can be bought; a row's own is checked with the row. */
static int check_service(const struct runner *runner, sluice_error *error) {
    sluice_text id = runner->spender.self.endpoint.service;
    const struct order_maker *maker = &runner->spend.maker;
    const struct service *service = id.len ? catalogue_find(maker->catalogue, id) : NULL;
    const char *place = runner->spend.component->place, *plugin = runner->spend.component->plugin->name;
    if (!id.len)
        return 0;
    if (!service)
        return fail(error, SLUICE_E_CONFIG,
                    "%s: the provider has no service '%.*s'; see 'sluice services %s'", place, TEXT_ARG(id),
                    plugin);
    if (maker->fixed_price == MONEY_NONE && service->price == MONEY_NONE)
        return fail(error, SLUICE_E_CONFIG,
                    "%s: service '%.*s' has no price in the catalogue, and nothing is bought unpriced; "
                    "`spend: {price: …}` "
                    "says one",
                    place, TEXT_ARG(id));
    return 0;
}

static struct repeat repeat_policy(const struct runner *runner) {
    int64_t after = runner->pipeline->spend.repeat_after_ms;
    struct repeat repeat = {.rejected = runner->settings->retry_rejected};
    if (runner->settings->repeat)
        repeat.before_ms = INT64_MAX; /* but not what belongs to the same round */
    else if (after)
        repeat.before_ms = clock_wall_ms() - after;
    return repeat;
}

static void take_rules(struct runner *runner) {
    struct spend *spend = &runner->spend;
    const struct spend_rules *rules = &runner->pipeline->spend;
    spend->maker = (struct order_maker){
        .instance = &runner->spender,
        .catalogue = &spend->catalogue,
        .provider = runner->spender.self.endpoint.provider,
        .account = account_name(&runner->spender.self.arena, &runner->spender.self.endpoint),
        .max_price = rules->max_price,
        .fixed_price = rules->price,
        .suspects = runner->settings->repeat ? NULL : &spend->suspects,
    };
    spend->repeat = repeat_policy(runner);
    spend->reasons = runner->settings->reasons;
    spend->max_share = runner->settings->feed ? rules->max_run : MONEY_NONE;
    spend->cap = (struct cap){.max_run = runner->settings->feed ? MONEY_NONE : rules->max_run,
                              .max_day = rules->max_day,
                              .reserve = rules->reserve,
                              .balance = MONEY_NONE};
}

/* A balance that can't be read is a warning, unless some of it is to be kept. */
static int ask_balance(struct runner *runner, struct client *client, sluice_error *error) {
    struct spend *spend = &runner->spend;
    sluice_error why = ERROR_INIT;
    if (!balance_fetch(&runner->balance, client, &why) && !runner->balance.known)
        fail(&why, SLUICE_E_UNAVAILABLE, "the provider's answer holds none");
    if (runner->balance.known)
        spend->cap.balance = runner->balance.amount;
    else if (spend->cap.reserve != MONEY_NONE)
        return fail(error, SLUICE_E_UNAVAILABLE, "spend.reserve needs the balance, and it can't be read: %s",
                    why.text);
    else
        log_line(SLUICE_LOG_WARN, spend->component->place, "the balance can't be read: %s", why.text);
    return 0;
}

/* Catalogue and balance; both are free. */
int runner_ask_provider(struct runner *runner, sluice_error *error) {
    struct spend *spend = &runner->spend;
    struct client client;
    take_rules(runner);
    int failed = runner_join_round(runner, error);
    if (failed)
        return failed;
    failed = client_open(&client, &runner->spender, &spend->component->limits,
                         &runner->settings->stop->wanted, error);
    if (!failed)
        failed = catalogue_fetch(&spend->catalogue, &client, error);
    if (!failed)
        failed = client_check_clock(&client, error);
    if (!failed)
        failed = spend_reserve_begin(spend, error);
    if (!failed)
        failed = ask_balance(runner, &client, error);
    client_close(&client);
    if (!failed)
        failed = check_account(runner, error);
    if (!failed)
        failed = check_service(runner, error);
    return failed ? failed : runner_check_currency(runner, error);
}

static void estimate_reject(void *user, const struct batch *batch, const struct reject *reject,
                            const struct component *component) {
    struct runner *runner = user;
    (void)batch, (void)reject, (void)component;
    runner->estimate.rejected++;
}

/* The rows that the spending action takes; the others are passed over. */
struct batch *runner_for_spender(const struct runner *runner, struct batch *batch, bool match,
                                 sluice_error *error) {
    const struct component *component = runner->spend.component;
    return where_select(batch, component->where, component->where_count, match, error);
}

static int estimate_one(void *user, struct batch *batch, sluice_error *error) {
    struct runner *runner = user;
    struct chain_counts counts = {0};
    runner->estimate.read += batch->view.selected + batch->refused_count;
    runner->estimate.rejected += batch->refused_count;
    batch = chain_process(&runner->chain, batch, &counts, estimate_reject, runner, error);
    if (!batch)
        return error->code;
    runner->estimate.duplicate += counts.duplicates;
    where_warn(runner->spend.component, &batch->view, &runner->checked_where);
    struct batch *wanted = runner_for_spender(runner, batch, true, error);
    batch_unref(batch);
    if (!wanted)
        return error->code;
    int failed = runner->plans ? 0 : runner_note_fields(runner, &wanted->view, error);
    if (failed) {
        batch_unref(wanted);
        return failed;
    }
    return estimate_batch(&runner->estimate, &runner->spend.maker, runner->ledger, wanted, error);
}

/* A day that was opened by a clock that ran ahead stays open until it comes. */
static int look_day(struct runner *runner, money *counted, sluice_error *error) {
    enum { DAY_MS = 24 * 60 * 60 * 1000, DATE = 10 };
    struct spend *spend = &runner->spend;
    char date[CLOCK_TEXT];
    int32_t quarter;
    int failed = spend_look_day(spend, &quarter, counted, error);
    int32_t day = failed ? 0 : zone_day(spend->zone, (int64_t)quarter * ZONE_QUARTER_MS);
    if (!failed && day > zone_day(spend->zone, clock_wall_ms()))
        log_line(SLUICE_LOG_WARN, runner->pipeline->name,
                 "the ledger has counted %.*s (%s) already, which is later than this machine's clock says: "
                 "what is ordered until then counts for that day",
                 DATE, clock_format((int64_t)day * DAY_MS, date), spend->zone_name);
    return failed;
}

/* What decides in the run decides in its forecast. */
static int begin_estimate(struct runner *runner, sluice_error *error) {
    const struct spend *spend = &runner->spend;
    runner->estimated = spend->cap;
    runner->estimate.repeat = &spend->repeat;
    runner->estimate.run = runner->run.id;
    runner->estimate.cap = &runner->estimated;
    runner->estimate.foresight = runner->plans ? &runner->foresight : NULL;
    runner->estimate.credit = spend->cap.balance;
    if (!runner->plans && runner_doubts_forbid(runner))
        runner->estimate.barred = spend_doubts_rule;
    return runner->ledger ? look_day(runner, &runner->estimated.day, error) : 0;
}

int runner_estimate(struct runner *runner, sluice_error *error) {
    const struct pipeline *pipeline = runner->pipeline;
    struct reader reader;
    int failed = begin_estimate(runner, error);
    if (!failed)
        failed = reader_open(&reader, &pipeline->source, &runner->inputs, true, error);
    if (failed)
        return failed;
    reader.row_limit = SPENDING_ROWS;
    reader.byte_limit = SPENDING_BYTES;
    reader.limit = runner->settings->limit;
    reader.abandon = &runner->settings->stop->wanted;
    failed = reader_run(&reader, estimate_one, runner, error);
    reader_close(&reader);
    estimate_end(&runner->estimate);
    /* Actions may remember rows (dedupe): they begin anew for the real run. */
    chain_close(&runner->chain);
    if (!failed)
        failed = chain_open(&runner->chain, pipeline->actions.items, (size_t)pipeline->spender,
                            &runner->inputs, true, error);
    return failed;
}

/* Read the whole input once: nothing is paid before the last row is known to be readable. */
int runner_count_input(struct runner *runner, sluice_error *error) {
    return runner->inputs.twice ? runner_estimate(runner, error) : 0;
}

bool runner_doubts_forbid(const struct runner *runner) {
    const struct doubts doubts = spend_doubts(&runner->spend);
    return doubts_forbid(&doubts);
}

/* Nobody is asked whether to order what can't be ordered; what is known is answered all the same. */
static bool is_barred(struct runner *runner) {
    const struct doubts doubts = spend_doubts(&runner->spend);
    char text[DOUBTS_TEXT], advice[DOUBTS_TEXT];
    if (!runner->estimate.barred || !runner->estimate.orders)
        return false;
    log_line(SLUICE_LOG_WARN, runner->pipeline->name, "%s; %s", doubts_text(&doubts, text),
             doubts_advice(&doubts, advice));
    runner->spend.unasked = true;
    return true;
}

int runner_confirm(struct runner *runner, sluice_error *error) {
    struct confirm confirm = {
        .estimate = &runner->estimate,
        .balance = &runner->balance,
        .account = runner->spend.maker.account,
        .currency = runner->currency,
        .name = runner->pipeline->name,
        .yes = runner->settings->yes || !runner->pipeline->spend.confirm,
    };
    int failed = ledger_paused(runner->ledger, &runner->spend.pause, error);
    if (failed || runner->spend.pause.since_ms) /* then there is nothing to ask: nothing will be ordered */
        return failed;
    if (!runner->inputs.twice) {
        if (confirm.yes)
            return 0;
        return fail(error, SLUICE_E_USAGE,
                    "this pipeline spends, and what it will read can't be counted first; nothing was sent: "
                    "add --yes, or "
                    "`confirm: false` under `spend:`");
    }
    if (is_barred(runner) || (runner->settings->service && !runner->estimate.orders))
        return 0; /* no news */
    return confirm_spending(&confirm, error);
}

/* A sink that was renamed is another sink to the ledger. */
static void warn_stranded(void *user, const char *pipeline, const char *sink, uint64_t orders) {
    const struct runner *runner = user;
    log_line(
        SLUICE_LOG_WARN, runner->pipeline->name,
        "%llu paid orders of the pipeline '%s' wait for its sink '%s', which this run doesn't have: they are "
        "in the ledger only until '%s' runs with it once",
        (unsigned long long)orders, pipeline, sink, pipeline);
}

int runner_begin(struct runner *runner, sluice_error *error) {
    const struct components *sinks = &runner->pipeline->sinks;
    const char *ids[PIPELINE_LIST_MOST];
    struct recovered recovered = {0};
    uint64_t late = 0;
    for (size_t i = 0; i < sinks->count; i++)
        ids[i] = sinks->items[i].id;
    struct run_info info = {.pipeline = runner->pipeline->name,
                            .file = runner->pipeline->file,
                            .sinks = ids,
                            .sink_count = sinks->count,
                            .timeout_ms = runner->spend.component->limits.timeout_ms};
    int failed = ledger_run_begin(runner->ledger, &info, &runner->run.id, error);
    if (failed)
        return failed;
    runner->run_begun = true;
    crash_point("begun");
    failed = ledger_late_take(runner->ledger, &late, error);
    if (!failed && late)
        log_line(SLUICE_LOG_INFO, runner->pipeline->name,
                 "%llu orders that were paid while the ledger couldn't be reached are in it now",
                 (unsigned long long)late);
    if (!failed)
        failed = ledger_recover(runner->ledger, runner->run.id, &recovered, error);
    if (!failed && recovered.in_doubt)
        log_line(
            SLUICE_LOG_WARN, runner->pipeline->name,
            "an earlier run ended without a word; %llu of its orders are in doubt now and aren't sent again",
            (unsigned long long)recovered.in_doubt);
    crash_point("recovered");
    return failed ? failed : ledger_stranded(runner->ledger, runner->run.id, warn_stranded, runner, error);
}
