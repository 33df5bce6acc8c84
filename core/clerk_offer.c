/* The catalogue and the balance of the pipeline's account. Both are free, and kept for a while: a page that
 * shows them must be quick, and many may look at it. */
#include <stdlib.h>

#include "account.h"
#include "clerk_parts.h"
#include "client.h"
#include "clock.h"
#include "text.h"
#include "zone.h"

enum {
    CATALOGUE_US = 300000000,
    CREDIT_US = 60000000,
    AGAIN_US = 10000000,  /* after a failure: who waits for a page doesn't wait for each try */
    PAUSE_MOST_MS = 1000, /* before another try of the same question */
    DAYS_MS = 2 * 24 * 60 * 60 * 1000,
};

int offer_begin(struct clerk *clerk, sluice_error *error) {
    struct offer *offer = &clerk->offer;
    const struct component *spender = clerk_spender(clerk);
    pthread_mutex_init(&offer->asking, NULL);
    pthread_mutex_init(&offer->lock, NULL);
    if (!spender)
        return 0;
    int failed = instance_open(&offer->instance, spender->type, spender->config, spender->place,
                               &offer->inputs, true, error);
    if (failed)
        return fail_within(error, "%s", spender->place);
    offer->opened = true;
    offer->provider = offer->instance.self.endpoint.provider;
    offer->account = account_name(&offer->instance.self.arena, &offer->instance.self.endpoint);
    return 0;
}

void offered_unref(struct offered *offered) {
    if (!offered || atomic_fetch_sub(&offered->references, 1) != 1)
        return;
    catalogue_free(&offered->catalogue);
    free(offered);
}

void offer_end(struct offer *offer) {
    if (offer->opened)
        instance_close(&offer->instance);
    inputs_free(&offer->inputs);
    offered_unref(offer->offered);
    pthread_mutex_destroy(&offer->lock);
    pthread_mutex_destroy(&offer->asking);
}

/* ---- asking: under `asking` ------------------------------------------------------------------ */

static int open_client(struct clerk *clerk, struct client *client, sluice_error *error) {
    *client = (struct client){0};
    if (!clerk->offer.opened)
        return fail(error, SLUICE_E_CONFIG, "%s: no action of this pipeline spends",
                    clerk->post.pipeline->file);
    int failed =
        client_open(client, &clerk->offer.instance, &clerk_spender(clerk)->limits, &clerk->stopping, error);
    client->pause_most_ms = PAUSE_MOST_MS;
    return failed;
}

static int ask_catalogue(struct clerk *clerk, sluice_error *error) {
    struct offer *offer = &clerk->offer;
    struct offered *heard = calloc(1, sizeof *heard), *old = NULL;
    struct client client = {0};
    int failed = heard ? open_client(clerk, &client, error) : fail_memory(error);
    if (!failed)
        failed = catalogue_fetch(&heard->catalogue, &client, error);
    if (heard) {
        client_close(&client);
        heard->references = 1;
        heard->heard_ms = clock_wall_ms();
    }
    pthread_mutex_lock(&offer->lock);
    offer->catalogue_until_us = clock_us() + (failed ? AGAIN_US : CATALOGUE_US);
    offer->catalogue_trouble = failed ? *error : (sluice_error)ERROR_INIT;
    if (!failed) {
        old = offer->offered;
        offer->offered = heard;
    }
    pthread_mutex_unlock(&offer->lock);
    offered_unref(failed ? heard : old);
    return failed;
}

/* What an older order becomes doesn't change what the account has. */
static int count(const struct offer *offer, struct ledger *ledger, struct ledger_counted *out,
                 sluice_error *error) {
    int32_t since = (int32_t)((clock_wall_ms() - DAYS_MS) / ZONE_QUARTER_MS);
    *out = (struct ledger_counted){0};
    return ledger ? ledger_account_counted(ledger, offer->provider, offer->account, since, out, error) : 0;
}

static int ask_credit(struct clerk *clerk, sluice_error *error) {
    struct offer *offer = &clerk->offer;
    struct credit heard = {0};
    struct ledger *ledger = NULL;
    struct client client;
    int failed = open_client(clerk, &client, error);
    if (!failed)
        failed = clerk_open_ledger(clerk, &ledger, error);
    if (!failed)
        failed = count(offer, ledger, &heard.counted, error);
    if (!failed)
        failed = balance_fetch(&heard.balance, &client, error);
    if (!failed && !heard.balance.known)
        failed = fail(error, SLUICE_E_UNAVAILABLE, "the provider's answer holds no balance");
    client_close(&client);
    ledger_close(ledger);
    heard.heard_ms = clock_wall_ms();
    pthread_mutex_lock(&offer->lock);
    offer->credit_until_us = clock_us() + (failed ? AGAIN_US : CREDIT_US);
    offer->credit_trouble = failed ? *error : (sluice_error)ERROR_INIT;
    if (!failed)
        offer->credit = heard;
    pthread_mutex_unlock(&offer->lock);
    return failed;
}

/* ---- what is known --------------------------------------------------------------------------- */

/* Is it old? Under the lock. */
static bool is_old(int64_t heard_ms, int64_t until_us, int64_t since_ms) {
    return since_ms ? heard_ms < since_ms : clock_us() >= until_us;
}

static bool catalogue_is_old(const struct offer *offer, int64_t since_ms) {
    return is_old(offer->offered ? offer->offered->heard_ms : 0, offer->catalogue_until_us, since_ms);
}

static bool credit_is_old(const struct offer *offer, int64_t since_ms) {
    return is_old(offer->credit.heard_ms, offer->credit_until_us, since_ms);
}

/* Those who waited while another asked need not ask again. Returns with the lock. */
static void bring_up_to_date(struct clerk *clerk, bool fresh,
                             bool (*is_old_now)(const struct offer *offer, int64_t since_ms),
                             int (*ask)(struct clerk *clerk, sluice_error *error)) {
    struct offer *offer = &clerk->offer;
    int64_t since_ms = fresh ? clock_wall_ms() : 0;
    sluice_error kept_elsewhere = ERROR_INIT;
    pthread_mutex_lock(&offer->lock);
    if (!is_old_now(offer, since_ms))
        return;
    pthread_mutex_unlock(&offer->lock);
    pthread_mutex_lock(&offer->asking);
    pthread_mutex_lock(&offer->lock);
    bool old = is_old_now(offer, since_ms);
    pthread_mutex_unlock(&offer->lock);
    if (old)
        (void)ask(clerk, &kept_elsewhere);
    pthread_mutex_unlock(&offer->asking);
    pthread_mutex_lock(&offer->lock);
}

int offer_catalogue(struct clerk *clerk, bool fresh, struct offered **out, sluice_error *error) {
    struct offer *offer = &clerk->offer;
    bring_up_to_date(clerk, fresh, catalogue_is_old, ask_catalogue);
    *out = offer->offered;
    if (*out)
        atomic_fetch_add(&(*out)->references, 1);
    else
        *error = offer->catalogue_trouble;
    pthread_mutex_unlock(&offer->lock);
    return *out ? 0 : error->code;
}

int offer_credit(struct clerk *clerk, bool fresh, struct credit *out, sluice_error *error) {
    struct offer *offer = &clerk->offer;
    bring_up_to_date(clerk, fresh, credit_is_old, ask_credit);
    *out = offer->credit;
    if (!out->heard_ms)
        *error = offer->credit_trouble;
    pthread_mutex_unlock(&offer->lock);
    return out->heard_ms ? 0 : error->code;
}

int credit_left(const struct clerk *clerk, const struct credit *credit, struct ledger *ledger, money *out,
                sluice_error *error) {
    struct ledger_counted now;
    int failed = count(&clerk->offer, ledger, &now, error);
    money since = money_add(money_add(now.closed, now.open), -credit->counted.closed);
    *out = money_add(credit->balance.amount, -since);
    return failed;
}

/* ---- the catalogue --------------------------------------------------------------------------- */

static void keep_service(struct handout_page *page, const struct clerk *clerk, const struct offered *offered,
                         size_t at) {
    const struct service *service = &offered->catalogue.services[at];
    money price = service->price;
    sluice_text *row = handout_page_add(page);
    if (!row)
        return;
    row[0] = handout_text(page, service->id);
    row[1] = handout_text(page, service->title);
    row[2] = handout_text(page, service->category);
    row[3] = handout_text(page, service->time);
    row[4] = handout_money(page, price == MONEY_NONE ? clerk->post.pipeline->spend.price : price);
    row[5] = handout_text(page, service->currency);
    row[6] = handout_number(page, text_equal(service->id, clerk->offer.instance.self.endpoint.service));
    row[7] = handout_time(page, offered->heard_ms);
}

int clerk_catalogue(struct clerk *clerk, const sluice_query *asked, struct handout *out,
                    sluice_error *error) {
    static const sluice_text names[] = {TEXT("service_id"), TEXT("title"),     TEXT("category"),
                                        TEXT("time"),       TEXT("price"),     TEXT("currency"),
                                        TEXT("chosen"),     TEXT("fetched_ms")};
    struct handout_page page = {.names = names, .columns = sizeof names / sizeof *names};
    struct offered *offered;
    int failed = offer_catalogue(clerk, query_flag(asked, "fresh"), &offered, error);
    for (size_t at = 0; !failed && at < offered->catalogue.count && handout_wants_more(out);) {
        while (at < offered->catalogue.count && page.count < handout_page_rows(out) && !page.failed)
            keep_service(&page, clerk, offered, at++);
        failed = handout_give_page(out, &page, error);
    }
    offered_unref(offered);
    return failed;
}

/* ---- the balance ----------------------------------------------------------------------------- */

int clerk_spent_today(struct clerk *clerk, struct ledger *ledger, sluice_text provider, sluice_text account,
                      money *out, sluice_error *error) {
    struct zone *zone = NULL;
    int32_t quarter;
    *out = 0;
    if (!ledger)
        return 0;
    int failed = zone_open(clerk->post.pipeline->spend.timezone, &zone, error);
    if (!failed)
        failed = ledger_now(ledger, (int32_t)(clock_wall_ms() / ZONE_QUARTER_MS), &quarter, error);
    if (!failed)
        failed = ledger_day_counted(ledger, provider, account, zone_day_span(zone, quarter), out, error);
    zone_close(zone);
    return failed;
}

int clerk_balance(struct clerk *clerk, const sluice_query *asked, struct handout *out, sluice_error *error) {
    static const sluice_text names[] = {TEXT("balance"),     TEXT("currency"),   TEXT("provider"),
                                        TEXT("account"),     TEXT("fetched_ms"), TEXT("max_price"),
                                        TEXT("max_run"),     TEXT("max_day"),    TEXT("reserve"),
                                        TEXT("spent_today"), TEXT("left_today")};
    struct handout_page page = {.names = names, .columns = sizeof names / sizeof *names};
    const struct spend_rules *rules = &clerk->post.pipeline->spend;
    const struct offer *offer = &clerk->offer;
    struct ledger *ledger = NULL;
    struct credit credit;
    money spent = 0, left = MONEY_NONE;
    int failed = offer_credit(clerk, query_flag(asked, "fresh"), &credit, error);
    if (!failed)
        failed = clerk_open_ledger(clerk, &ledger, error);
    if (!failed)
        failed = clerk_spent_today(clerk, ledger, offer->provider, offer->account, &spent, error);
    if (!failed)
        failed = credit_left(clerk, &credit, ledger, &left, error);
    ledger_close(ledger);
    sluice_text *row = failed ? NULL : handout_page_add(&page);
    if (row) {
        row[0] = handout_money(&page, left);
        row[1] = handout_string(&page, *credit.balance.currency ? credit.balance.currency : rules->currency);
        row[2] = handout_text(&page, offer->provider);
        row[3] = handout_text(&page, offer->account);
        row[4] = handout_time(&page, credit.heard_ms);
        row[5] = handout_money(&page, rules->max_price);
        row[6] = handout_money(&page, rules->max_run);
        row[7] = handout_money(&page, rules->max_day);
        row[8] = handout_money(&page, rules->reserve);
        row[9] = handout_money(&page, spent);
        row[10] = handout_money(&page, rules->max_day == MONEY_NONE ? MONEY_NONE
                                                                    : money_add(rules->max_day, -spent));
    }
    return failed ? failed : handout_give_page(out, &page, error);
}
