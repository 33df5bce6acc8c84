/* What a job would cost and what would stop it, by the estimate of `sluice plan`. Two differences: the
 * provider isn't asked for its orders each time (the runs of the service do that), and what the run under way
 * counts for max_run isn't known. */
#include <stdio.h>

#include "cap.h"
#include "clerk_parts.h"
#include "doubts.h"
#include "estimate.h"
#include "ledger_settle.h"
#include "plan.h"
#include "text.h"

enum { SENTENCE = PAUSE_TEXT + 2 * DOUBTS_TEXT };

struct planning {
    struct forecast forecast;
    struct estimate estimate;
    struct cap cap;
    struct pause pause;
    struct doubts doubts;
    struct credit credit;
    money left;
    char sentence[SENTENCE];
};

static void on_refused(void *user, uint64_t number, const char *code, sluice_text reason) {
    struct planning *planning = user;
    (void)number, (void)code, (void)reason;
    planning->estimate.rejected++;
}

/* ---- what holds for all ---------------------------------------------------------------------- */

static int count_doubts(struct planning *planning, sluice_error *error) {
    const struct order_maker *maker = &planning->forecast.maker;
    struct ledger *ledger = planning->forecast.ledger;
    int64_t account = 0;
    int failed = ledger_account(ledger, maker->provider, maker->account, false, &account, error);
    if (!failed && account)
        failed = ledger_count_doubts(ledger, account, &planning->doubts.count, error);
    return failed;
}

static int read_caps(struct planning *planning, struct clerk *clerk, sluice_error *error) {
    const struct spend_rules *rules = &clerk->post.pipeline->spend;
    struct ledger *ledger = planning->forecast.ledger;
    planning->left = MONEY_NONE;
    planning->doubts.most = (uint64_t)rules->max_in_doubt;
    planning->doubts.file = clerk->post.pipeline->file;
    int failed = 0;
    if (planning->credit.heard_ms)
        failed = credit_left(clerk, &planning->credit, ledger, &planning->left, error);
    planning->cap = (struct cap){.max_run = rules->max_run,
                                 .max_day = rules->max_day,
                                 .reserve = rules->reserve,
                                 .balance = planning->left};
    if (!failed)
        failed = clerk_spent_today(clerk, ledger, planning->forecast.maker.provider,
                                   planning->forecast.maker.account, &planning->cap.day, error);
    if (!failed && ledger)
        failed = ledger_paused(ledger, &planning->pause, error);
    if (!failed && ledger)
        failed = count_doubts(planning, error);
    return failed;
}

static void prepare(struct planning *planning) {
    struct estimate *estimate = &planning->estimate;
    estimate->repeat = &planning->forecast.repeat;
    estimate->cap = &planning->cap;
    estimate->credit = planning->left;
    if (planning->pause.since_ms)
        estimate->barred = PLAN_PAUSED;
    else if (doubts_forbid(&planning->doubts))
        estimate->barred = "max_in_doubt";
}

static int count_rows(struct planning *planning, sluice_error *error) {
    struct forecast *forecast = &planning->forecast;
    int failed = 0;
    while (!failed && forecast_has_more(forecast)) {
        struct batch *batch = forecast_next(forecast, error);
        failed = batch ? estimate_batch(&planning->estimate, &forecast->maker, forecast->ledger, batch, error)
                       : error->code;
    }
    return failed;
}

/* ---- what is said ---------------------------------------------------------------------------- */

static const char *write_sentence(struct planning *planning) {
    const struct estimate *estimate = &planning->estimate;
    char *out = planning->sentence, text[SENTENCE], advice[DOUBTS_TEXT];
    if (!estimate->stopped_by)
        return NULL;
    if (planning->pause.since_ms)
        snprintf(out, SENTENCE, "the ledger is %s; nothing is ordered before it is resumed",
                 pause_text(&planning->pause, text));
    else if (estimate->barred)
        snprintf(out, SENTENCE, "%s; %s", doubts_text(&planning->doubts, text),
                 doubts_advice(&planning->doubts, advice));
    else if (text_is(TEXT("balance"), estimate->stopped_by))
        snprintf(out, SENTENCE, "the balance isn't enough from row %llu on",
                 (unsigned long long)estimate->stopped_row);
    else
        snprintf(out, SENTENCE, "spend.%s stops it at row %llu", estimate->stopped_by,
                 (unsigned long long)estimate->stopped_row);
    return out;
}

static const sluice_text names[] = {
    TEXT("read"),     TEXT("new"),        TEXT("repeats"),     TEXT("ordered"),       TEXT("twice"),
    TEXT("in_doubt"), TEXT("invalid"),    TEXT("busy"),        TEXT("passed"),        TEXT("cost"),
    TEXT("currency"), TEXT("account"),    TEXT("balance"),     TEXT("balance_after"), TEXT("placed"),
    TEXT("spent"),    TEXT("stopped_by"), TEXT("stopped_row"), TEXT("stopped_text"),  TEXT("dearest"),
};

static void keep_counts(struct planning *planning, struct handout_page *page, sluice_text *row) {
    const struct estimate *estimate = &planning->estimate;
    const struct forecast *forecast = &planning->forecast;
    const uint64_t counts[] = {forecast->read,
                               estimate->orders,
                               estimate->repeats,
                               estimate->duplicate - estimate->twice,
                               estimate->twice + forecast->counts.duplicates,
                               estimate->in_doubt,
                               estimate->rejected,
                               estimate->skipped,
                               forecast->counts.filtered + forecast->passed};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        row[i] = handout_number(page, (int64_t)counts[i]);
}

static money find_dearest(const struct estimate *estimate) {
    money dearest = MONEY_NONE; /* less than any */
    for (size_t i = 0; i < estimate->service_count; i++)
        if (estimate->services[i].orders && estimate->services[i].price > dearest)
            dearest = estimate->services[i].price;
    return dearest;
}

static int give(struct planning *planning, struct handout *out, sluice_error *error) {
    struct handout_page page = {.names = names, .columns = sizeof names / sizeof *names};
    const struct estimate *estimate = &planning->estimate;
    const struct forecast *forecast = &planning->forecast;
    bool known = planning->left != MONEY_NONE, stops = estimate->stopped_by != NULL;
    sluice_text *row = handout_page_add(&page);
    if (row) {
        keep_counts(planning, &page, row);
        row[9] = handout_money(&page, estimate->cost);
        row[10] = *forecast->currency ? handout_string(&page, forecast->currency) : (sluice_text){0};
        row[11] = handout_text(&page, forecast->maker.account);
        row[12] = handout_money(&page, planning->left);
        row[13] = handout_money(&page, known ? money_add(planning->left, -estimate->spent) : MONEY_NONE);
        row[14] = handout_number(&page, (int64_t)estimate->placed);
        row[15] = handout_money(&page, estimate->spent);
        row[16] = handout_string(&page, estimate->stopped_by);
        row[17] = stops ? handout_number(&page, (int64_t)estimate->stopped_row) : (sluice_text){0};
        row[18] = handout_string(&page, write_sentence(planning));
        row[19] = handout_money(&page, find_dearest(estimate));
    }
    return handout_give_page(out, &page, error);
}

int clerk_plan(struct clerk *clerk, const sluice_query *asked, struct handout *out, sluice_error *error) {
    struct planning planning = {0};
    sluice_error unknown = ERROR_INIT;
    if (!clerk_spender(clerk))
        return fail(error, SLUICE_E_CONFIG,
                    "%s: no action of this pipeline spends, so there is nothing to plan",
                    clerk->post.pipeline->file);
    (void)offer_credit(clerk, false, &planning.credit, &unknown); /* a plan is worth something without it */
    int failed = forecast_open(&planning.forecast, clerk, asked, error);
    if (failed)
        return failed;
    planning.forecast.refused = on_refused;
    planning.forecast.user = &planning;
    failed = read_caps(&planning, clerk, error);
    prepare(&planning);
    if (!failed)
        failed = count_rows(&planning, error);
    if (!failed)
        failed = give(&planning, out, error);
    estimate_free(&planning.estimate);
    forecast_close(&planning.forecast);
    return failed;
}
