#include "runner_parts.h"

#include "client.h"
#include "log.h"

enum { CENT = 10000 };

/* After these nobody should wait for one more answer. */
static bool ended_badly(struct run *run) {
    return run_said(run, STOP_SIGNAL) || run_said(run, STOP_AUTH) || run_said(run, STOP_IN_DOUBT) ||
           run_said(run, STOP_UNAVAILABLE) || run_said(run, STOP_FAILED);
}

/* What the ledger counts may have changed the balance by so much at least, and so much at most: an order that
 * another run had in flight at either reading may be in it or not. */
struct expected {
    money least, most;
};

static struct expected expect(const struct reserve *reserve, const struct ledger_counted *now) {
    const struct ledger_counted *then = &reserve->start_counted;
    money closed = money_add(now->closed, reserve->absent);
    return (struct expected){money_add(closed, -money_add(then->closed, then->open)),
                             money_add(money_add(closed, now->open), -then->closed)};
}

/* A provider that shows cents rounds what has more decimals. */
static bool fits(money change, const struct expected *expected) {
    money room = expected->most % CENT || expected->least % CENT ? CENT - 1 : 0;
    return change >= money_add(expected->least, -room) && change <= money_add(expected->most, room);
}

static void compare(struct runner *runner, const struct balance *now, const struct ledger_counted *counted) {
    const struct spend *spend = &runner->spend;
    struct expected expected = expect(&spend->reserve, counted);
    money change = money_add(runner->balance.amount, -now->amount);
    char fell[MONEY_TEXT], sum[MONEY_TEXT], from[MONEY_TEXT], to[MONEY_TEXT];
    if (fits(change, &expected))
        return;
    if (change < expected.least && !spend->doubts) {
        log_line(
            SLUICE_LOG_INFO, runner->pipeline->name,
            "the balance is %s, that is %s more than orders for %s leave: the provider pays back what it "
            "rejects, or somebody topped it up",
            money_format(now->amount, to), money_format(money_add(expected.least, -change), fell),
            money_format(expected.least, sum));
        return;
    }
    log_line(
        SLUICE_LOG_WARN, runner->pipeline->name,
        "the balance changed by %s (from %s to %s), but orders for %s were counted, %llu of the account in "
        "doubt; if nothing else uses the account, ask the provider",
        money_format(change, fell), money_format(runner->balance.amount, from), money_format(now->amount, to),
        money_format(expected.most, sum), (unsigned long long)spend->doubts);
}

void runner_compare_balance(struct runner *runner) {
    struct spend *spend = &runner->spend;
    struct client client;
    struct balance now = {0};
    struct ledger_counted counted;
    sluice_error error = ERROR_INIT;
    if (!runner->balance.known || !spend->calls || ended_badly(&runner->run))
        return;
    int failed = client_open(&client, &runner->spender, &spend->component->limits, NULL, &error);
    if (!failed)
        failed = balance_fetch(&now, &client, &error);
    client_close(&client);
    if (!failed)
        failed = ledger_account_counted(runner->ledger, spend->maker.provider, spend->maker.account,
                                        spend->reserve.since_quarter, &counted, &error);
    if (failed || !now.known)
        log_line(SLUICE_LOG_WARN, spend->component->place,
                 "the balance after the run can't be read, so it isn't compared with what was counted: %s",
                 failed ? error.text : "there is none in the answer");
    else
        compare(runner, &now, &counted);
}
