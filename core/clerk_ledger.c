/* Orders of the ledger and what happened to them, a page at a time: no statement is open while a page is
 * given. */
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "clerk_parts.h"
#include "ledger_settle.h"
#include "text.h"
#include "wanted.h"

/* ---- which orders ---------------------------------------------------------------------------- */

struct which {
    struct order_filter filter;
    enum order_state states[ORDER_STATE_COUNT];
    struct order_key key;
    struct wanted plain; /* the identifier as the ledger writes it */
    sluice_arena arena;  /* terminated texts */
};

static int read_states(struct which *which, const sluice_query *asked, sluice_error *error) {
    sluice_texts names = query_values(asked, "state");
    for (uint64_t i = 0; i < names.count; i++) {
        enum order_state state;
        char name[16];
        snprintf(name, sizeof name, "%.*s", TEXT_ARG(text_cut(names.items[i], sizeof name - 1)));
        if (!order_state_parse(name, &state))
            return fail(error, SLUICE_E_DATA, "the ledger has no state '%s'", name);
        if (which->filter.state_count < ORDER_STATE_COUNT)
            which->states[which->filter.state_count++] = state;
    }
    which->filter.states = names.count ? which->states : NULL;
    return 0;
}

static const char *keep(struct which *which, sluice_text text) {
    return text.len ? arena_copy(&which->arena, text).ptr : NULL;
}

/* 1: no order can be that. */
static int read_which(struct which *which, const sluice_query *asked, sluice_error *error) {
    sluice_text key = query_value(asked, "key"), imei = query_value(asked, "imei");
    *which = (struct which){0};
    int failed = read_states(which, asked, error);
    const char *written = keep(which, key);
    if (failed || (written && !order_key_parse(written, &which->key)))
        return failed ? failed : 1;
    if (imei.len && !wanted_add(&which->plain, imei))
        return fail_memory(error);
    which->filter.key = written ? &which->key : NULL;
    which->filter.identifier = which->plain.count ? keep(which, which->plain.items[0]) : NULL;
    which->filter.order_id = keep(which, query_value(asked, "order_id"));
    which->filter.pipeline = keep(which, query_value(asked, "pipeline"));
    return 0;
}

static void free_which(struct which *which) {
    wanted_free(&which->plain);
    arena_free(&which->arena);
}

/* ---- orders ---------------------------------------------------------------------------------- */

enum column {
    ROW_KEY,
    KEY,
    STATE,
    GEN,
    IDENTIFIER,
    SERVICE,
    PRICE,
    CURRENCY,
    ORDER_ID,
    PROVIDER,
    ACCOUNT,
    PIPELINE,
    CODE,
    REASON,
    CLAIMED,
    SENT,
    CHANGED,
    RUN,
    EVIDENCE,
    MISSED,
    LIVE,
    COLUMNS
};

static const sluice_text names[COLUMNS] = {
    [ROW_KEY] = TEXT("_key"),
    [KEY] = TEXT("key"),
    [STATE] = TEXT("state"),
    [GEN] = TEXT("gen"),
    [IDENTIFIER] = TEXT("identifier"),
    [SERVICE] = TEXT("service"),
    [PRICE] = TEXT("price"),
    [CURRENCY] = TEXT("currency"),
    [ORDER_ID] = TEXT("order_id"),
    [PROVIDER] = TEXT("provider"),
    [ACCOUNT] = TEXT("account"),
    [PIPELINE] = TEXT("pipeline"),
    [CODE] = TEXT("code"),
    [REASON] = TEXT("reason"),
    [CLAIMED] = TEXT("claimed_ms"),
    [SENT] = TEXT("sent_ms"),
    [CHANGED] = TEXT("changed_ms"),
    [RUN] = TEXT("run"),
    [EVIDENCE] = TEXT("evidence"),
    [MISSED] = TEXT("missed_ms"),
    [LIVE] = TEXT("live"),
};

struct listing {
    struct handout_page page;
    int64_t ids[HANDOUT_PAGE];
    bool doubtful[HANDOUT_PAGE];
};

static int keep_order(void *user, const struct order_row *order) {
    struct listing *listing = user;
    struct handout_page *page = &listing->page;
    char key[33];
    uint32_t at = page->count;
    sluice_text *row = handout_page_add(page);
    if (!row)
        return 1;
    order_key_text(&order->key, key);
    listing->ids[at] = order->id;
    listing->doubtful[at] = order->state == ORDER_IN_DOUBT;
    row[ROW_KEY] = handout_number(page, order->id);
    row[KEY] = handout_string(page, key);
    row[STATE] = handout_string(page, order_state_name(order->state));
    row[GEN] = handout_number(page, order->gen);
    row[IDENTIFIER] = handout_string(page, order->identifier);
    row[SERVICE] = handout_string(page, order->service);
    row[PRICE] = handout_money(page, order->price);
    row[CURRENCY] = handout_string(page, order->currency);
    row[ORDER_ID] = handout_string(page, order->order_id);
    row[PROVIDER] = handout_string(page, order->provider);
    row[ACCOUNT] = handout_string(page, order->account);
    row[PIPELINE] = handout_string(page, order->pipeline);
    row[CODE] = handout_string(page, order->code);
    row[REASON] = handout_string(page, order->reason);
    row[CLAIMED] = handout_time(page, order->claimed_ms);
    row[SENT] = handout_time(page, order->sent_ms);
    row[CHANGED] = handout_time(page, order->changed_ms);
    row[RUN] = handout_number(page, order->run);
    return 0;
}

struct known {
    struct handout_page *page;
    sluice_text *row;
};

static int keep_evidence(void *user, const struct event_row *event) {
    struct known *known = user;
    if (event->to == ORDER_IN_DOUBT && event->evidence)
        known->row[EVIDENCE] = handout_string(known->page, event->evidence);
    return 0;
}

static int keep_doubt(void *user, const struct doubt *doubt) {
    struct known *known = user;
    known->row[MISSED] = handout_time(known->page, doubt->missed_ms);
    known->row[LIVE] = handout_number(known->page, doubt->live);
    return 0;
}

/* What the provider said, and whether a list has missed it. */
static int add_doubt(struct listing *listing, struct ledger *ledger, uint32_t at, sluice_error *error) {
    struct known known = {&listing->page, listing->page.rows[at]};
    int failed = ledger_events(ledger, listing->ids[at], keep_evidence, &known, error);
    return failed ? failed : ledger_doubt(ledger, listing->ids[at], keep_doubt, &known, error);
}

int clerk_ledger(struct clerk *clerk, const sluice_query *asked, struct handout *out, sluice_error *error) {
    struct listing listing = {.page = {.names = names, .columns = COLUMNS}};
    struct which which;
    struct ledger *ledger = NULL;
    int failed = read_which(&which, asked, error);
    bool none = failed > 0, more = true;
    if (!failed)
        failed = clerk_open_ledger(clerk, &ledger, error);
    which.filter.before_id = query_number(asked->after);
    while (!failed && ledger && more && handout_wants_more(out)) {
        which.filter.limit = handout_page_rows(out);
        failed = ledger_list(ledger, &which.filter, keep_order, &listing, error);
        for (uint32_t i = 0; !failed && i < listing.page.count; i++)
            failed = listing.doubtful[i] ? add_doubt(&listing, ledger, i, error) : 0;
        more = listing.page.count == which.filter.limit;
        if (listing.page.count)
            which.filter.before_id = listing.ids[listing.page.count - 1];
        failed = handout_end_page(out, &listing.page, failed, error);
    }
    ledger_close(ledger);
    free_which(&which);
    return none ? 0 : failed;
}

/* ---- history --------------------------------------------------------------------------------- */

enum event_column {
    EVENT_KEY,
    EVENT_GEN,
    EVENT_AT,
    EVENT_TRANSITION,
    EVENT_FROM,
    EVENT_TO,
    EVENT_RUN,
    EVENT_WHO,
    EVENT_CODE,
    EVENT_REASON,
    EVENT_EVIDENCE,
    EVENT_COLUMNS
};

static const sluice_text event_names[EVENT_COLUMNS] = {
    [EVENT_KEY] = TEXT("key"),           [EVENT_GEN] = TEXT("gen"),
    [EVENT_AT] = TEXT("at_ms"),          [EVENT_TRANSITION] = TEXT("transition"),
    [EVENT_FROM] = TEXT("from"),         [EVENT_TO] = TEXT("to"),
    [EVENT_RUN] = TEXT("run"),           [EVENT_WHO] = TEXT("who"),
    [EVENT_CODE] = TEXT("code"),         [EVENT_REASON] = TEXT("reason"),
    [EVENT_EVIDENCE] = TEXT("evidence"),
};

enum { HISTORY_ORDERS = 100 }; /* generations of one order: more are the newest */

struct history {
    struct handout_page page;
    int64_t ids[HISTORY_ORDERS];
    char keys[HISTORY_ORDERS][33];
    int32_t gens[HISTORY_ORDERS];
    size_t count, at;
};

static int note_order(void *user, const struct order_row *order) {
    struct history *history = user;
    if (history->count == HISTORY_ORDERS)
        return 1;
    history->ids[history->count] = order->id;
    history->gens[history->count] = order->gen;
    order_key_text(&order->key, history->keys[history->count++]);
    return 0;
}

static int keep_event(void *user, const struct event_row *event) {
    struct history *history = user;
    struct handout_page *page = &history->page;
    sluice_text *row = handout_page_add(page);
    if (!row)
        return 1;
    row[EVENT_KEY] = handout_string(page, history->keys[history->at]);
    row[EVENT_GEN] = handout_number(page, history->gens[history->at]);
    row[EVENT_AT] = handout_number(page, event->at_ms);
    row[EVENT_TRANSITION] = handout_string(page, transition_name(event->transition));
    row[EVENT_FROM] =
        event->from == ORDER_NONE ? (sluice_text){0} : handout_string(page, order_state_name(event->from));
    row[EVENT_TO] = handout_string(page, order_state_name(event->to));
    row[EVENT_RUN] = event->run ? handout_number(page, event->run) : (sluice_text){0};
    row[EVENT_WHO] = handout_string(page, event->who);
    row[EVENT_CODE] = handout_string(page, event->code);
    row[EVENT_REASON] = handout_string(page, event->reason);
    row[EVENT_EVIDENCE] = handout_string(page, event->evidence);
    return 0;
}

int clerk_history(struct clerk *clerk, const sluice_query *asked, struct handout *out, sluice_error *error) {
    struct history history = {.page = {.names = event_names, .columns = EVENT_COLUMNS}};
    struct which which;
    struct ledger *ledger = NULL;
    int failed = read_which(&which, asked, error);
    const struct order_filter *filter = &which.filter;
    bool none = failed > 0;
    if (!failed && !filter->key && !filter->order_id && !filter->identifier)
        failed = fail(error, SLUICE_E_PLUGIN, "a history is asked for by key, order_id or imei");
    if (!failed)
        failed = clerk_open_ledger(clerk, &ledger, error);
    if (!failed && ledger)
        failed = ledger_list(ledger, filter, note_order, &history, error);
    for (size_t i = history.count; !failed && i-- > 0 && handout_wants_more(out);) {
        history.at = i;
        failed = ledger_events(ledger, history.ids[i], keep_event, &history, error);
        failed = handout_end_page(out, &history.page, failed, error);
    }
    ledger_close(ledger);
    free_which(&which);
    return none ? 0 : failed;
}
