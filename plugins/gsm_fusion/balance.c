/* balance.c - accountinfo: the credit of the account. */
#include <sluice/amount.h>
#include <sluice/text.h>

#include "query.h"

struct balance {
    struct exchange exchange;
    sluice_text amount, currency; /* in what follows */
    char amount_text[AMOUNT_TEXT], currency_text[CURRENCY_TEXT];
};

/* `Client/ClientCredits` holds both; a sister script writes `credit` and `currency`, each by itself. */
static void on_account(void *state, const struct record *record) {
    struct balance *balance = state;
    if (exchange_error(&balance->exchange, record))
        return;
    sluice_text credit = record_value(record, NAME_CLIENTCREDITS),
                currency = record_value(record, NAME_CURRENCY);
    if (!credit.len)
        credit = record_value(record, NAME_CREDIT);
    if (!currency.len)
        currency = credit;
    if (!balance->amount.ptr)
        balance->amount = amount_read(credit, balance->amount_text);
    if (!balance->currency.ptr)
        balance->currency = amount_currency(currency, balance->currency_text);
}

static void on_account_end(void *state) {
    const struct balance *balance = state;
    const struct exchange *exchange = &balance->exchange;
    exchange->provider->host->balance(exchange->call, balance->amount, balance->currency);
}

const struct query query_balance = {
    .op = SLUICE_OP_BALANCE,
    .action = "accountinfo",
    .state = sizeof(struct balance),
    .record = on_account,
    .end = on_account_end,
};
