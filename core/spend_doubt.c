#include "spend_parts.h"

#include <stdlib.h>

#include "client.h"
#include "clock.h"
#include "log.h"
#include "lost_zeros.h"
#include "settler.h"
#include "text.h"

const char spend_doubts_rule[] = "max_in_doubt";

struct doubts spend_doubts(const struct spend *spend) {
    return (struct doubts){.count = spend->doubts,
                           .most = (uint64_t)spend->run->pipeline->spend.max_in_doubt,
                           .later = spend->doubts_later < spend->doubts ? spend->doubts_later : spend->doubts,
                           .later_ms = spend->doubts_later_ms,
                           .file = spend->run->pipeline->file ? spend->run->pipeline->file : "FILE"};
}

bool spend_is_doubtful(const struct spend *spend) {
    return spend->doubtful || spend->unasked ||
           spend->doubts >= (uint64_t)spend->run->pipeline->spend.max_in_doubt ||
           spend->doubts_in_row >= spend->doubts_in_row_most;
}

void spend_note_doubt(struct spend *spend) {
    spend->doubts++;
    spend->doubts_in_row++;
    if (!spend_is_doubtful(spend))
        return;
    spend->doubtful = true; /* whatever lands now: the sender takes nothing before spend_clear_doubts */
    sender_return(&spend->sender);
}

/* Without memory the row is counted as in doubt even when it gets settled: it is named all the same. */
void spend_note_asked(struct spend *spend, int64_t order) {
    if (spend->asked_count == spend->asked_room) {
        size_t room = spend->asked_room ? spend->asked_room * 2 : 64;
        int64_t *more = realloc(spend->asked, room * sizeof *more);
        if (!more)
            return;
        spend->asked = more;
        spend->asked_room = room;
    }
    spend->asked[spend->asked_count++] = order;
}

/* ---- what a decision means for this run's sums ---------------------------------------------- */

/* Rows that asked for the order while it was in doubt. */
static void answer_asked(struct spend *spend, const struct settler_news *news) {
    struct tally *tally = &spend->run->tally;
    size_t kept = 0;
    for (size_t i = 0; i < spend->asked_count; i++) {
        if (spend->asked[i] != news->order)
            spend->asked[kept++] = spend->asked[i];
        else
            tally_move(tally, TALLY_IN_DOUBT, news->kind == SETTLE_ABSENT ? TALLY_FAILED : TALLY_DUPLICATE);
    }
    spend->asked_count = kept;
}

static void say(struct spend *spend, const struct settler_news *news, const char *state) {
    struct order_line line = {.state = state,
                              .row = news->row,
                              .identifier = news->identifier,
                              .service = news->service.ptr,
                              .order_id = news->order_id,
                              .key = &news->key,
                              .price = news->price,
                              .reason = news->text};
    run_say(spend->run, &line);
}

/* This run's own: its row has another end than the one that was said. */
static void correct(struct spend *spend, const struct settler_news *news) {
    struct tally *tally = &spend->run->tally;
    if (news->kind == SETTLE_PLACED) {
        tally_move(tally, TALLY_IN_DOUBT, TALLY_PLACED);
        atomic_fetch_add(&tally->spent, news->price);
        say(spend, news, "placed");
    } else if (news->kind == SETTLE_EXISTS) {
        tally_move(tally, TALLY_IN_DOUBT, TALLY_DUPLICATE);
        say(spend, news, "duplicate");
    } else {
        tally_move(tally, TALLY_IN_DOUBT, TALLY_FAILED);
        cap_count(&spend->cap, -news->price);
        if (spend->run->watch)
            spend->run->watch->count(spend->run->watch->user, news->row, -news->price);
        say(spend, news, "failed");
    }
}

/* A service runs for weeks, and nobody sees it ask: so it says why an order is in doubt still. */
static void say_reason(struct spend *spend, const struct settler_news *news) {
    if (!spend->reasons)
        return;
    if (news->kind != SETTLE_STAYS)
        doubt_reasons_forget(spend->reasons, news->key.bytes);
    else if (doubt_reasons_news(spend->reasons, news->key.bytes, news->text, clock_us()))
        log_line(SLUICE_LOG_INFO, spend->component->place, "%.*s stays in doubt: %.*s",
                 TEXT_ARG(news->identifier), TEXT_ARG(news->text));
}

static void on_settled(void *user, const struct settler_news *news) {
    struct spend *spend = user;
    log_line(SLUICE_LOG_DEBUG, spend->component->place, "%.*s: %.*s", TEXT_ARG(news->identifier),
             TEXT_ARG(news->text));
    say_reason(spend, news);
    if (news->kind == SETTLE_STAYS)
        return;
    if (news->run == spend->run->id)
        correct(spend, news);
    else
        atomic_fetch_add(&spend->run->tally.settled, 1);
    if (news->kind == SETTLE_ABSENT && news->run != spend->run->id && news->price != MONEY_NONE)
        spend->reserve.absent = money_add(spend->reserve.absent, news->price);
    answer_asked(spend, news);
}

/* ---- delivery ------------------------------------------------------------------------------- */

struct handing {
    struct spend *spend;
    struct outlet *outlet;
    struct packer packer;
    sluice_error error;
};

static void on_packed(void *user, struct batch *batch) {
    struct handing *handing = user;
    outlet_give(handing->outlet, batch, handing->spend->run->id, handing->packer.version);
    batch_unref(batch);
}

static int pack(void *user, const struct delivery *delivery) {
    struct handing *handing = user;
    if (delivery->run != handing->spend->run->id) /* the next run of its pipeline delivers it */
        return 0;
    return backlog_pack(&handing->packer, delivery, &handing->error);
}

static int hand_over(struct spend *spend, struct outlet *outlet, int64_t after, sluice_error *error) {
    struct handing handing = {.spend = spend, .outlet = outlet, .error = ERROR_INIT};
    handing.packer = (struct packer){.row_limit = DELIVER_ROWS, .full = on_packed, .user = &handing};
    int failed = ledger_undelivered(spend->ledger, spend->run->id, outlet->component->id, after, 0, pack,
                                    &handing, error);
    if (!failed && handing.error.code)
        failed = fail(error, handing.error.code, "%s", handing.error.text);
    if (!failed)
        packer_flush(&handing.packer);
    packer_free(&handing.packer);
    return failed;
}

/* What this run placed after all goes to its sinks, behind what was placed before it. With a hole before it
 * the cursors must not move; the next run delivers it. */
static int deliver(struct spend *spend, int64_t after, sluice_error *error) {
    int failed = 0;
    for (size_t i = 0; !failed && !spend->hole && i < spend->run->outlet_count; i++)
        failed = hand_over(spend, &spend->run->outlets[i], after, error);
    spend->hole |= failed != 0;
    return failed;
}

/* ---- asking --------------------------------------------------------------------------------- */

static void report(struct spend *spend, const struct settler *settler) {
    uint64_t placed = settler->kinds[SETTLE_PLACED], exists = settler->kinds[SETTLE_EXISTS],
             absent = settler->kinds[SETTLE_ABSENT], stays = settler->kinds[SETTLE_STAYS];
    const struct doubts doubts = spend_doubts(spend);
    char advice[DOUBTS_TEXT];
    if (settler->found)
        log_line(
            SLUICE_LOG_INFO, spend->component->place,
            "the provider lists %llu orders that this ledger doesn't know: they count as ordered, and go to "
            "the sinks",
            (unsigned long long)settler->found);
    if (placed + exists + absent)
        log_line(
            SLUICE_LOG_INFO, spend->component->place,
            "orders in doubt: %llu found at the provider, %llu bought before, %llu proven not to be bought, "
            "%llu still in doubt",
            (unsigned long long)placed, (unsigned long long)exists, (unsigned long long)absent,
            (unsigned long long)stays);
    else if (stays && !spend->said_unsettled)
        log_line(SLUICE_LOG_WARN, spend->component->place,
                 stays == 1 ? "%llu order is in doubt, and the provider's list doesn't settle it: %s"
                            : "%llu orders are in doubt, and the provider's list settles none of them: %s",
                 (unsigned long long)stays, doubts_advice(&doubts, advice));
    spend->said_unsettled |= stays != 0;
}

int spend_suspect(struct spend *spend, const struct settle_listed *order, sluice_text title,
                  sluice_error *error) {
    char room[LOST_ZEROS_IMEI];
    sluice_text forms[LOST_ZEROS_FORMS];
    size_t count = lost_zeros_forms(order->identifier, room, forms);
    int failed = 0;
    for (size_t i = 0; !failed && i < count; i++) {
        const struct suspect suspect = {.provider = spend->maker.provider,
                                        .account = spend->maker.account,
                                        .identifier = forms[i],
                                        .order_id = order->order_id,
                                        .title = title};
        failed = suspects_add(&spend->suspects, &spend->catalogue, &suspect, error);
    }
    return failed;
}

static int on_untold(void *user, const struct settle_listed *order, sluice_text title, sluice_error *error) {
    return spend_suspect(user, order, title, error);
}

static int recount(struct spend *spend, sluice_error *error) {
    int64_t account;
    int failed =
        ledger_account(spend->ledger, spend->maker.provider, spend->maker.account, false, &account, error);
    return failed ? failed : ledger_count_doubts(spend->ledger, account, &spend->doubts, error);
}

/* Which of the doubts a later list may decide on, and when all of them. Those of earlier runs are looked at
 * where a run begins; then they stay as they are. */
static void note_later(struct spend *spend, const struct settler *settler, bool begins) {
    if (begins) {
        spend->doubts_later_old = settler->later;
        spend->doubts_later_ms = settler->later_ms;
    } else if (settler->later_ms > spend->doubts_later_ms) {
        spend->doubts_later_ms = settler->later_ms;
    }
    spend->doubts_later = begins ? settler->later : spend->doubts_later_old + settler->later;
}

int spend_settle(struct spend *spend, bool seeds, sluice_error *error) {
    const struct limits *limits = &spend->component->limits;
    struct client client = {0};
    struct settler settler = {
        .ledger = spend->ledger,
        .client = &client,
        .catalogue = &spend->catalogue,
        .place = spend->component->place,
        .provider = spend->maker.provider,
        .account = spend->maker.account,
        .run = spend->run->id,
        .rules = {limits->timeout_ms, spend->run->pipeline->spend.settle_after_ms},
        .seeds = seeds,
        .own = !seeds, /* what is found of an earlier run is delivered where a run begins */
        .told = on_settled,
        .untold = on_untold,
        .user = spend,
    };
    int failed = recount(spend, error);
    if (failed || !spend->instance->self.endpoint.settles)
        return failed;
    failed = client_open(&client, spend->instance, limits, &spend->run->no_more_waiting, error);
    if (!failed)
        failed = settler_run(&settler, error);
    client_close(&client);
    if (!failed) {
        atomic_fetch_add(&spend->run->tally.settled, settler.found);
        spend->seeded += seeds ? settler.found : 0;
        note_later(spend, &settler, seeds);
        failed = recount(spend, error);
    }
    if (!failed)
        report(spend, &settler);
    if (!failed && (settler.kinds[SETTLE_PLACED] || settler.found))
        failed = deliver(spend, settler.before, error);
    return failed;
}

/* A provider that loses its replies, but lists each order, needn't be asked for its list, which may be long,
 * after every few of them. One that leaves something in doubt isn't trusted so far. */
static void learn_patience(struct spend *spend) {
    uint64_t most = (uint64_t)spend->run->pipeline->spend.max_in_doubt, twice = 2 * spend->doubts_in_row_most;
    if (spend->doubts)
        spend->doubts_in_row_most = DOUBTS_IN_ROW;
    else if (spend->doubts_in_row_most < most)
        spend->doubts_in_row_most = twice < most ? twice : most;
}

void spend_clear_doubts(struct spend *spend) {
    struct run *run = spend->run;
    sluice_error error = ERROR_INIT;
    uint64_t before = spend->doubts;
    spend_flush_placed(spend);
    if (spend_settle(spend, false, &error))
        log_line(SLUICE_LOG_WARN, spend->component->place, "orders in doubt can't be settled now: %s",
                 error.text);
    if (spend->doubts < before) {
        spend->doubts_in_row = 0;
        spend->doubtful = false;
        learn_patience(spend);
    }
    if (spend_is_doubtful(spend)) {
        const struct doubts doubts = spend_doubts(spend);
        char advice[DOUBTS_TEXT];
        run_stop(run, STOP_IN_DOUBT, 11, "too many orders are in doubt (%llu); placing stops: %s",
                 (unsigned long long)spend->doubts, doubts_advice(&doubts, advice));
        return;
    }
    spend->at_cap = NULL;
    sender_resume(&spend->sender, (unsigned)spend->doubts_in_row_most);
}
