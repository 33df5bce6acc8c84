/* What would become of rows if they were submitted, row by row. Nothing is sent, and nothing is written. */
#include <stdlib.h>
#include <string.h>

#include "clerk_parts.h"
#include "text.h"

enum column {
    ROW,
    STATE,
    IDENTIFIER,
    SERVICE,
    PRICE,
    GEN,
    ORDER_ID,
    ORDERED,
    STATUS,
    RESULT,
    KEY,
    CODE,
    REASON,
    COLUMNS
};

static const sluice_text names[COLUMNS] = {
    [ROW] = TEXT("_row"),
    [STATE] = TEXT("state"),
    [IDENTIFIER] = TEXT("identifier"),
    [SERVICE] = TEXT("service"),
    [PRICE] = TEXT("price"),
    [GEN] = TEXT("gen"),
    [ORDER_ID] = TEXT("order_id"),
    [ORDERED] = TEXT("ordered_ms"),
    [STATUS] = TEXT("status"),
    [RESULT] = TEXT("result"),
    [KEY] = TEXT("key"),
    [CODE] = TEXT("code"),
    [REASON] = TEXT("reason"),
};

struct knowing {
    struct forecast forecast;
    struct handout_page page; /* of the rows from `first` on */
    uint64_t first;
    uint64_t *seen; /* open addressing, 8 bytes of each key */
    size_t seen_room;
};

static sluice_text *row_of(struct knowing *knowing, uint64_t number) {
    return knowing->page.rows[number - knowing->first];
}

/* ---- those that can't be ordered ------------------------------------------------------------- */

static void on_refused(void *user, uint64_t number, const char *code, sluice_text reason) {
    struct knowing *knowing = user;
    sluice_text *row = row_of(knowing, number);
    row[STATE] = TEXT("invalid");
    row[CODE] = handout_string(&knowing->page, code);
    row[REASON] = handout_text(&knowing->page, reason);
}

static void on_no_order(void *user, const struct batch *batch, uint32_t row,
                        const struct order_refusal *refusal) {
    on_refused(user, batch->view.numbers[row], refusal->code, refusal->reason);
}

/* ---- those that can -------------------------------------------------------------------------- */

/* As many rows as there may be keys: half of the room stays free. */
static int make_seen(struct knowing *knowing, sluice_error *error) {
    knowing->seen_room = 16;
    while (knowing->seen_room < (size_t)knowing->forecast.rows->selected * 2)
        knowing->seen_room *= 2;
    knowing->seen = calloc(knowing->seen_room, sizeof *knowing->seen);
    return knowing->seen ? 0 : fail_memory(error);
}

static bool is_new(struct knowing *knowing, const struct order_key *key) {
    uint64_t word;
    memcpy(&word, key->bytes, sizeof word);
    word |= 1; /* 0 marks a free place */
    size_t at = word & (knowing->seen_room - 1);
    while (knowing->seen[at] && knowing->seen[at] != word)
        at = (at + 1) & (knowing->seen_room - 1);
    bool fresh = !knowing->seen[at];
    knowing->seen[at] = word;
    return fresh;
}

/* A run that died closes nothing any more: what it was sending is in doubt as soon as one looks after it. */
static int look(struct knowing *knowing, const struct order *order, struct claim *claim,
                sluice_error *error) {
    struct ledger *ledger = knowing->forecast.ledger;
    bool alive = true;
    *claim = (struct claim){.answer = ANSWER_CLAIMED};
    int failed = ledger ? ledger_look(ledger, 0, &order->key, order->parameters, claim, error) : 0;
    if (!failed && claim->answer == ANSWER_LIVE)
        failed = ledger_run_alive(ledger, claim->run, &alive, error);
    if (!alive)
        claim->answer = claim->state == ORDER_SENDING ? ANSWER_IN_DOUBT : ANSWER_CLAIMED;
    return failed;
}

static sluice_text state_of(const struct order *order, const struct claim *claim, bool again) {
    if (again || claim->answer == ANSWER_CLAIMED)
        return order->unpriced.code ? TEXT("invalid") : TEXT("new");
    switch (claim->answer) {
    case ANSWER_DUPLICATE:
        return TEXT("ordered");
    case ANSWER_IN_DOUBT:
        return TEXT("in_doubt");
    case ANSWER_LIVE:
        return TEXT("busy");
    default:
        return TEXT("rejected");
    }
}

static int keep_order(struct knowing *knowing, const struct order *order, sluice_error *error) {
    struct handout_page *page = &knowing->page;
    sluice_text *row = row_of(knowing, order_number(order));
    struct claim claim;
    char key[33];
    order_key_text(&order->key, key);
    row[KEY] = handout_string(page, key);
    row[IDENTIFIER] = handout_text(page, order->identifier);
    row[SERVICE] = handout_text(page, order->service->id);
    row[PRICE] = handout_money(page, order_price(&knowing->forecast.maker, order));
    if (!is_new(knowing, &order->key)) {
        row[STATE] = TEXT("twice");
        return 0;
    }
    int failed = look(knowing, order, &claim, error);
    if (failed)
        return failed;
    bool again = ledger_repeats(&knowing->forecast.repeat, 0, &claim);
    row[STATE] = state_of(order, &claim, again);
    if (claim.state != ORDER_NONE && claim.state != ORDER_RELEASED) {
        row[GEN] = handout_number(page, claim.gen);
        row[ORDER_ID] = *claim.order_id ? handout_string(page, claim.order_id) : (sluice_text){0};
        row[ORDERED] = handout_time(page, claim.ordered_ms);
    }
    if (text_is(row[STATE], "invalid")) {
        row[CODE] = handout_string(page, order->unpriced.code);
        row[REASON] = handout_text(page, order->unpriced.reason);
    } else if (*claim.reason && !again) {
        row[REASON] = handout_string(page, claim.reason);
    }
    return 0;
}

static int keep_orders(struct knowing *knowing, struct batch *batch, sluice_error *error) {
    struct ledger *ledger = knowing->forecast.ledger;
    struct lot *lot = lot_make(&knowing->forecast.maker, batch, on_no_order, knowing, error);
    int failed = error->code;
    if (!lot)
        return failed;
    failed = ledger ? ledger_read_begin(ledger, error) : 0;
    for (uint32_t i = 0; !failed && i < lot->count; i++)
        failed = keep_order(knowing, &lot->orders[i], error);
    if (ledger)
        ledger_read_end(ledger);
    lot_free(lot);
    return failed;
}

/* ---- what the store has of them -------------------------------------------------------------- */

/* Another provider may have an order of the same number. */
static int keep_result(void *user, const sluice_row *stored) {
    struct knowing *knowing = user;
    const struct order_maker *maker = &knowing->forecast.maker;
    sluice_text id = batch_value(stored->batch, stored->row, "order_id"),
                provider = batch_value(stored->batch, stored->row, "provider"),
                account = batch_value(stored->batch, stored->row, "account");
    if ((provider.len && !text_equal(provider, maker->provider)) ||
        (account.len && !text_equal(account, maker->account)))
        return 0;
    for (uint32_t i = 0; i < knowing->page.count; i++) {
        sluice_text *row = knowing->page.rows[i];
        if (!row[ORDER_ID].len || !text_equal(row[ORDER_ID], id))
            continue;
        row[STATUS] = handout_text(&knowing->page, batch_value(stored->batch, stored->row, "status"));
        row[RESULT] =
            handout_text(&knowing->page, batch_value(stored->batch, stored->row, "result_code_display"));
    }
    return 0;
}

/* A store that can't be asked shows in the status; what is known without it is said all the same. */
static void add_results(struct knowing *knowing) {
    sluice_text ids[HANDOUT_PAGE];
    sluice_error ignored = ERROR_INIT;
    size_t count = 0;
    for (uint32_t i = 0; i < knowing->page.count; i++)
        if (knowing->page.rows[i][ORDER_ID].len)
            ids[count++] = knowing->page.rows[i][ORDER_ID];
    if (count)
        (void)clerk_store_orders(knowing->forecast.clerk, ids, count, keep_result, knowing, &ignored);
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* A row that nothing is said of was left out by an action. */
static bool begin_page(struct knowing *knowing) {
    const struct forecast *forecast = &knowing->forecast;
    uint32_t left = forecast->rows->selected - forecast->read;
    knowing->first = forecast->read + 1;
    for (uint32_t i = 0; i < left && i < FORECAST_ROWS; i++) {
        sluice_text *row = handout_page_add(&knowing->page);
        if (!row)
            return false;
        row[ROW] = handout_number(&knowing->page, (int64_t)knowing->first + i);
        row[STATE] = TEXT("passed");
    }
    return true;
}

static int make_page(struct knowing *knowing, sluice_error *error) {
    struct forecast *forecast = &knowing->forecast;
    uint64_t duplicates = forecast->counts.duplicates;
    if (!begin_page(knowing))
        return fail_memory(error);
    struct batch *batch = forecast_next(forecast, error);
    if (!batch)
        return error->code;
    knowing->page.count = (uint32_t)(forecast->read - knowing->first + 1);
    int failed = keep_orders(knowing, batch, error);
    bool twice = forecast->counts.duplicates > duplicates && !forecast->counts.filtered && !forecast->passed;
    for (uint32_t i = 0; twice && i < knowing->page.count; i++)
        if (text_is(knowing->page.rows[i][STATE], "passed"))
            knowing->page.rows[i][STATE] = TEXT("twice");
    return failed;
}

/* The pipeline buys nothing: all pass. */
static int pass_all(const sluice_query *asked, struct handout *out, sluice_error *error) {
    struct handout_page page = {.names = names, .columns = COLUMNS};
    uint32_t count = asked->rows ? asked->rows->selected : 0;
    int failed = 0;
    for (uint32_t at = 0; !failed && at < count && handout_wants_more(out);) {
        for (sluice_text *row; at < count && (row = handout_page_add(&page)); at++) {
            row[ROW] = handout_number(&page, (int64_t)at + 1);
            row[STATE] = TEXT("passed");
        }
        failed = handout_give_page(out, &page, error);
    }
    return failed;
}

int clerk_known(struct clerk *clerk, const sluice_query *asked, struct handout *out, sluice_error *error) {
    struct knowing knowing = {.page = {.names = names, .columns = COLUMNS}};
    if (!clerk_spender(clerk))
        return pass_all(asked, out, error);
    int failed = forecast_open(&knowing.forecast, clerk, asked, error);
    if (failed)
        return failed;
    knowing.forecast.refused = on_refused;
    knowing.forecast.user = &knowing;
    failed = make_seen(&knowing, error);
    while (!failed && forecast_has_more(&knowing.forecast) && handout_wants_more(out)) {
        failed = make_page(&knowing, error);
        if (!failed)
            add_results(&knowing);
        failed = handout_end_page(out, &knowing.page, failed, error);
    }
    free(knowing.seen);
    forecast_close(&knowing.forecast);
    return failed;
}
