#include <stdio.h>

#include "clerk_parts.h"
#include "clock.h"
#include "text.h"
#include "where.h"

/* ---- opening and closing --------------------------------------------------------------------- */

static struct repeat repeat_policy(const struct clerk *clerk, bool again) {
    int64_t after = clerk->post.pipeline->spend.repeat_after_ms, now = clock_wall_ms();
    return (struct repeat){.before_ms = again ? now + 1 : after ? now - after : 0};
}

/* The balance's currency is that of the account. */
static void make_maker(struct forecast *forecast) {
    struct clerk *clerk = forecast->clerk;
    struct offer *offer = &clerk->offer;
    const struct spend_rules *rules = &clerk->post.pipeline->spend;
    pthread_mutex_lock(&offer->lock);
    snprintf(forecast->currency, sizeof forecast->currency, "%s",
             rules->currency ? rules->currency : offer->credit.balance.currency);
    pthread_mutex_unlock(&offer->lock);
    forecast->maker = (struct order_maker){.instance = &forecast->clerk->offer.instance,
                                           .catalogue = &forecast->offered->catalogue,
                                           .provider = offer->provider,
                                           .account = offer->account,
                                           .max_price = rules->max_price,
                                           .fixed_price = rules->price,
                                           .currency = text_of(forecast->currency)};
}

int forecast_open(struct forecast *forecast, struct clerk *clerk, const sluice_query *asked,
                  sluice_error *error) {
    const struct pipeline *pipeline = clerk->post.pipeline;
    *forecast = (struct forecast){
        .clerk = clerk, .rows = asked->rows, .repeat = repeat_policy(clerk, query_flag(asked, "repeat"))};
    if (!asked->rows)
        return fail(error, SLUICE_E_PLUGIN, "a forecast needs rows");
    int failed = offer_catalogue(clerk, false, &forecast->offered, error);
    if (failed)
        return failed;
    make_maker(forecast);
    failed = clerk_open_ledger(clerk, &forecast->ledger, error);
    if (!failed)
        failed = chain_open(&forecast->chain, pipeline->actions.items, (size_t)pipeline->spender,
                            &forecast->inputs, true, error);
    forecast->chain.of_many = true;
    if (failed)
        forecast_close(forecast);
    return failed;
}

void forecast_close(struct forecast *forecast) {
    chain_close(&forecast->chain);
    inputs_free(&forecast->inputs);
    ledger_close(forecast->ledger);
    offered_unref(forecast->offered);
}

/* ---- rows ------------------------------------------------------------------------------------ */

bool forecast_has_more(const struct forecast *forecast) {
    return forecast->read < forecast->rows->selected;
}

static struct batch *copy_rows(struct forecast *forecast, sluice_error *error) {
    const sluice_batch *rows = forecast->rows;
    struct filling filling;
    uint32_t left = rows->selected - forecast->read, count = left < FORECAST_ROWS ? left : FORECAST_ROWS;
    if (filling_begin(&filling, count, BATCH_BYTES, error))
        return NULL;
    int failed = filling_columns(&filling.view, rows->names, rows->column_count, error);
    if (filling.view.row_limit < count)
        count = filling.view.row_limit;
    for (uint32_t i = 0; !failed && i < count; i++) {
        uint32_t row = sluice_selected(rows, forecast->read + i);
        for (uint32_t c = 0; c < rows->column_count; c++)
            filling.view.cells[c][i] = rows->cells[c][row]; /* it lives as long as the question */
        filling.view.numbers[i] = forecast->read + i + 1;
    }
    if (failed) {
        filling_abandon(&filling);
        return NULL;
    }
    filling.view.row_count = count;
    forecast->read += count;
    return filling_end(&filling);
}

static void on_reject(void *user, const struct batch *batch, const struct reject *reject,
                      const struct component *component) {
    struct forecast *forecast = user;
    (void)component;
    forecast->refused(forecast->user, batch->view.numbers[reject->row], reject->code, reject->reason);
}

struct batch *forecast_next(struct forecast *forecast, sluice_error *error) {
    const struct component *spender = clerk_spender(forecast->clerk);
    struct batch *batch = copy_rows(forecast, error);
    if (!batch) {
        if (!error->code)
            fail_memory(error);
        return NULL;
    }
    batch = chain_process(&forecast->chain, batch, &forecast->counts, on_reject, forecast, error);
    uint32_t before = batch ? batch->view.selected : 0;
    struct batch *wanted =
        batch ? where_select(batch, spender->where, spender->where_count, true, error) : NULL;
    batch_unref(batch);
    forecast->passed += wanted ? before - wanted->view.selected : 0;
    return wanted;
}
