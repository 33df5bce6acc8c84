/* How things are: what is known without asking anybody. */
#include <stdio.h>
#include <string.h>

#include "clerk_parts.h"
#include "clock.h"
#include "ledger_settle.h"
#include "service_look.h"
#include "text.h"
#include "traffic.h"

enum column {
    PIPELINE,
    RUNNING,
    WAITING,
    TROUBLE,
    NEXT,
    PROVIDER,
    ACCOUNT,
    PROVIDER_STATE,
    PROVIDER_TROUBLE,
    PROVIDER_MS,
    STORE,
    STORE_STATE,
    STORE_TROUBLE,
    STORE_MS,
    SYNC,
    SYNC_RUNNING,
    SYNC_MS,
    SYNC_EXIT,
    SYNC_TROUBLE,
    SYNC_NEXT,
    SPENT,
    MAX_DAY,
    MAX_RUN,
    MAX_PRICE,
    RESERVE,
    CURRENCY,
    IN_DOUBT,
    MAX_IN_DOUBT,
    PAUSED,
    PAUSED_MS,
    UNDELIVERED,
    COLUMNS
};

static const sluice_text names[COLUMNS] = {
    [PIPELINE] = TEXT("pipeline"),
    [RUNNING] = TEXT("running"),
    [WAITING] = TEXT("waiting"),
    [TROUBLE] = TEXT("trouble"),
    [NEXT] = TEXT("next_ms"),
    [PROVIDER] = TEXT("provider"),
    [ACCOUNT] = TEXT("account"),
    [PROVIDER_STATE] = TEXT("provider_state"),
    [PROVIDER_TROUBLE] = TEXT("provider_trouble"),
    [PROVIDER_MS] = TEXT("provider_ms"),
    [STORE] = TEXT("store"),
    [STORE_STATE] = TEXT("store_state"),
    [STORE_TROUBLE] = TEXT("store_trouble"),
    [STORE_MS] = TEXT("store_ms"),
    [SYNC] = TEXT("sync"),
    [SYNC_RUNNING] = TEXT("sync_running"),
    [SYNC_MS] = TEXT("sync_ms"),
    [SYNC_EXIT] = TEXT("sync_exit"),
    [SYNC_TROUBLE] = TEXT("sync_trouble"),
    [SYNC_NEXT] = TEXT("sync_next_ms"),
    [SPENT] = TEXT("spent_today"),
    [MAX_DAY] = TEXT("max_day"),
    [MAX_RUN] = TEXT("max_run"),
    [MAX_PRICE] = TEXT("max_price"),
    [RESERVE] = TEXT("reserve"),
    [CURRENCY] = TEXT("currency"),
    [IN_DOUBT] = TEXT("in_doubt"),
    [MAX_IN_DOUBT] = TEXT("max_in_doubt"),
    [PAUSED] = TEXT("paused"),
    [PAUSED_MS] = TEXT("paused_ms"),
    [UNDELIVERED] = TEXT("undelivered"),
};

struct state {
    struct clerk *clerk;
    struct handout_page page;
    sluice_text *row;
};

static sluice_text words(struct state *state, const char *text) {
    char copy[SLUICE_ERROR_TEXT];
    snprintf(copy, sizeof copy, "%s", text);
    clerk_strike_out(copy);
    return *copy ? handout_string(&state->page, copy) : (sluice_text){0};
}

static void add_pipelines(struct state *state) {
    const struct clerk_post *post = &state->clerk->post;
    struct handout_page *page = &state->page;
    sluice_text *row = state->row;
    struct service_look look;
    post->look(post->job, &look);
    row[PIPELINE] = handout_string(page, post->pipeline->name);
    row[RUNNING] = handout_number(page, look.own.running);
    row[WAITING] = handout_number(page, (int64_t)look.waiting);
    row[TROUBLE] = words(state, look.own.trouble);
    row[NEXT] = handout_time(page, look.own.next_ms);
    row[SYNC] = words(state, look.sync.name);
    if (!*look.sync.name)
        return;
    row[SYNC_RUNNING] = handout_number(page, look.sync.running);
    row[SYNC_MS] = handout_time(page, look.sync.last_ended_ms);
    row[SYNC_EXIT] = look.sync.ran ? handout_number(page, look.sync.last_exit) : (sluice_text){0};
    row[SYNC_TROUBLE] = words(state, look.sync.trouble);
    row[SYNC_NEXT] = handout_time(page, look.sync.next_ms);
}

/* ---- the provider ---------------------------------------------------------------------------- */

static void keep_traffic(void *user, const struct traffic_report *report) {
    struct state *state = user;
    const struct offer *offer = &state->clerk->offer;
    if (!text_is(offer->provider, report->provider) || !text_is(offer->account, report->account) ||
        !report->seen_ms)
        return;
    state->row[PROVIDER_STATE] = report->reached ? TEXT("ok") : TEXT("unavailable");
    state->row[PROVIDER_TROUBLE] = report->reached ? (sluice_text){0} : words(state, report->text);
    state->row[PROVIDER_MS] = handout_time(&state->page, report->seen_ms);
}

static void add_provider(struct state *state) {
    struct offer *offer = &state->clerk->offer;
    sluice_text *row = state->row;
    if (!offer->opened)
        return;
    row[PROVIDER] = handout_text(&state->page, offer->provider);
    row[ACCOUNT] = handout_text(&state->page, offer->account);
    row[PROVIDER_STATE] = TEXT("unknown");
    traffic_each(keep_traffic, state);
    pthread_mutex_lock(&offer->lock); /* it answers, and refuses */
    if (offer->catalogue_trouble.code) {
        row[PROVIDER_STATE] = TEXT("unavailable");
        row[PROVIDER_TROUBLE] = words(state, offer->catalogue_trouble.text);
    }
    pthread_mutex_unlock(&offer->lock);
}

/* ---- the store ------------------------------------------------------------------------------- */

static void add_store(struct state *state) {
    struct clerk *clerk = state->clerk;
    sluice_text *row = state->row;
    row[STORE] = handout_string(&state->page, clerk->store);
    pthread_mutex_lock(&clerk->store_lock);
    int64_t asked_ms = clerk->store_ms;
    bool bad = clerk->store_trouble.code != 0;
    row[STORE_STATE] = !asked_ms ? TEXT("unknown") : bad ? TEXT("unavailable") : TEXT("ok");
    row[STORE_TROUBLE] = bad ? words(state, clerk->store_trouble.text) : (sluice_text){0};
    row[STORE_MS] = handout_time(&state->page, asked_ms);
    pthread_mutex_unlock(&clerk->store_lock);
}

/* ---- the ledger ------------------------------------------------------------------------------ */

static int read_ledger(struct state *state, struct ledger *ledger, struct ledger_counts *counts,
                       uint64_t *doubts, struct pause *pause, money *spent, sluice_error *error) {
    const struct offer *offer = &state->clerk->offer;
    int64_t account = 0;
    int failed = clerk_spent_today(state->clerk, ledger, offer->provider, offer->account, spent, error);
    if (!failed)
        failed = ledger_paused(ledger, pause, error);
    if (!failed)
        failed = ledger_count(ledger, 0, counts, error);
    if (!failed)
        failed = ledger_account(ledger, offer->provider, offer->account, false, &account, error);
    return failed || !account ? failed : ledger_count_doubts(ledger, account, doubts, error);
}

static int add_ledger(struct state *state, sluice_error *error) {
    const struct spend_rules *rules = &state->clerk->post.pipeline->spend;
    struct offer *offer = &state->clerk->offer;
    struct handout_page *page = &state->page;
    sluice_text *row = state->row;
    struct ledger_counts counts = {0};
    struct pause pause = {0};
    struct ledger *ledger = NULL;
    uint64_t doubts = 0;
    money spent = 0;
    char text[PAUSE_TEXT];
    int failed = clerk_open_ledger(state->clerk, &ledger, error);
    if (!failed && ledger)
        failed = read_ledger(state, ledger, &counts, &doubts, &pause, &spent, error);
    ledger_close(ledger);
    row[SPENT] = handout_money(page, spent);
    row[MAX_DAY] = handout_money(page, rules->max_day);
    row[MAX_RUN] = handout_money(page, rules->max_run);
    row[MAX_PRICE] = handout_money(page, rules->max_price);
    row[RESERVE] = handout_money(page, rules->reserve);
    pthread_mutex_lock(&offer->lock);
    row[CURRENCY] = words(state, rules->currency ? rules->currency : offer->credit.balance.currency);
    pthread_mutex_unlock(&offer->lock);
    row[IN_DOUBT] = handout_number(page, (int64_t)doubts);
    row[MAX_IN_DOUBT] = handout_number(page, rules->max_in_doubt);
    row[PAUSED] = pause.since_ms ? handout_string(page, pause_text(&pause, text)) : (sluice_text){0};
    row[PAUSED_MS] = handout_time(page, pause.since_ms);
    row[UNDELIVERED] = handout_number(page, (int64_t)counts.undelivered);
    return failed;
}

int clerk_status(struct clerk *clerk, const sluice_query *asked, struct handout *out, sluice_error *error) {
    struct state state = {.clerk = clerk, .page = {.names = names, .columns = COLUMNS}};
    (void)asked;
    state.row = handout_page_add(&state.page);
    if (!state.row)
        return fail_memory(error);
    add_pipelines(&state);
    add_provider(&state);
    add_store(&state);
    int failed = add_ledger(&state, error);
    return handout_end_page(out, &state.page, failed, error);
}
