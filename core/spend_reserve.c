/* What spend.reserve leaves: the balance that was read last, less what was counted since.
 *
 * Two readings are kept: the one at the start of the run, when nothing of it was in flight, and the newest.
 * The lower of what they leave counts. The first one is exact as long as nobody else spends on the account;
 * the newest sees others, but takes an order in flight while it was read for one that was not charged yet. So
 * before the run ends at the reserve for that reason, the balance is read once more with nothing in flight.
 */
#include "spend_parts.h"

#include <string.h>

#include "clock.h"
#include "log.h"

enum { DAYS_MS = 2 * 24 * 60 * 60 * 1000 };

static int count(const struct spend *spend, struct ledger_counted *out, sluice_error *error) {
    return ledger_account_counted(spend->ledger, spend->maker.provider, spend->maker.account,
                                  spend->reserve.since_quarter, out, error);
}

int spend_reserve_begin(struct spend *spend, sluice_error *error) {
    struct reserve *reserve = &spend->reserve;
    *reserve = (struct reserve){.start = MONEY_NONE, .newest = MONEY_NONE};
    /* What an older order becomes doesn't change what the account has. */
    reserve->since_quarter = (int32_t)((clock_wall_ms() - DAYS_MS) / ZONE_QUARTER_MS);
    return spend->ledger ? count(spend, &reserve->start_counted, error) : 0;
}

int spend_reserve_start(struct spend *spend, sluice_error *error) {
    struct reserve *reserve = &spend->reserve;
    if (spend->cap.reserve == MONEY_NONE)
        return 0;
    reserve->start = spend->cap.balance;
    reserve->every_us = spend->reserve_every_us;
    reserve->due_us = clock_us() + reserve->every_us;
    return balance_watch_open(&reserve->watch, spend->component, spend->instance->self.inputs, error);
}

/* What a reading leaves now. What was in flight when it was made counts as charged since. */
static money left(money balance, const struct ledger_counted *then, const struct ledger_counted *now) {
    money since = money_add(money_add(now->closed, now->open), -then->closed);
    return balance == MONEY_NONE ? MONEY_NONE : money_add(balance, -since);
}

static money left_of_start(const struct reserve *reserve, const struct ledger_counted *now) {
    return money_add(left(reserve->start, &reserve->start_counted, now), -reserve->absent);
}

static money least(const struct reserve *reserve, const struct ledger_counted *now) {
    money first = left_of_start(reserve, now);
    money second = left(reserve->newest, &reserve->newest_counted, now);
    return second != MONEY_NONE && second < first ? second : first;
}

static void ask(struct reserve *reserve, const struct ledger_counted *now, bool idle) {
    reserve->asked_counted = *now;
    reserve->asked_idle = idle;
    reserve->asking = true;
    reserve->due_us = clock_us() + reserve->every_us;
    balance_watch_ask(&reserve->watch);
}

/* The answer, if it has come. */
static bool take(struct spend *spend) {
    struct reserve *reserve = &spend->reserve;
    struct balance balance;
    sluice_error error = ERROR_INIT;
    if (!reserve->asking || !balance_watch_take(&reserve->watch, &balance, &error))
        return false;
    reserve->asking = false;
    reserve->idle = reserve->asked_idle;
    if (balance.known) {
        reserve->newest = balance.amount;
        reserve->newest_counted = reserve->asked_counted;
        reserve->warned = false;
    } else if (!reserve->warned) {
        log_line(SLUICE_LOG_WARN, spend->component->place,
                 "the balance can't be read now, so spend.reserve goes by the last one: %s", error.text);
        reserve->warned = true;
    }
    return true;
}

int spend_read_reserve(struct spend *spend, sluice_error *error) {
    struct reserve *reserve = &spend->reserve;
    struct ledger_counted now;
    if (spend->cap.reserve == MONEY_NONE || reserve->start == MONEY_NONE)
        return 0;
    take(spend);
    int failed = count(spend, &now, error);
    if (failed)
        return failed;
    spend->cap.balance = least(reserve, &now);
    if (!reserve->asking && clock_us() >= reserve->due_us)
        ask(reserve, &now, now.open == 0);
    return 0;
}

/* Does a reading that nothing was in flight at say that it is over? */
static bool certain(const struct reserve *reserve, const struct ledger_counted *now) {
    return reserve->idle || reserve->newest == MONEY_NONE ||
           left_of_start(reserve, now) <= left(reserve->newest, &reserve->newest_counted, now);
}

bool spend_reserve_asks(struct spend *spend) {
    struct reserve *reserve = &spend->reserve;
    struct ledger_counted now;
    if (strcmp(spend->at_cap, "reserve") != 0 || reserve->start == MONEY_NONE || count(spend, &now, NULL) ||
        certain(reserve, &now))
        return false;
    if (take(spend))
        spend->at_cap = NULL; /* let the next turn have a look */
    else if (!reserve->asking)
        ask(reserve, &now, true);
    return true;
}

void spend_reserve_end(struct spend *spend) {
    balance_watch_close(&spend->reserve.watch);
}
