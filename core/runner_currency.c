#include "runner_parts.h"

#include <stdio.h>

#include "currency.h"
#include "text.h"

/* What the pipeline's own service costs, it costs in that currency. */
static sluice_text of_service(const struct runner *runner) {
    const struct catalogue *catalogue = runner->spend.maker.catalogue;
    const struct service *service = catalogue_find(catalogue, runner->spender.self.endpoint.service);
    return service ? service->currency : (sluice_text){NULL, 0};
}

int runner_check_currency(struct runner *runner, sluice_error *error) {
    const char *place = runner->spend.component->place;
    sluice_text wanted = text_of(runner->pipeline->spend.currency), service = of_service(runner);
    sluice_text balance = text_of(runner->balance.currency);
    sluice_text currency = wanted.len ? wanted : balance.len ? balance : service;
    if (currency_differs(wanted, balance))
        return fail(error, SLUICE_E_CONFIG,
                    "%s: spend.currency is %.*s, but the account is kept in %.*s; the limits under `spend:` "
                    "must be in the account's currency",
                    place, TEXT_ARG(wanted), TEXT_ARG(balance));
    if (currency_differs(currency, service))
        return fail(error, SLUICE_E_CONFIG,
                    "%s: the price of service '%.*s' is in %.*s, but %s is in %.*s; a pipeline spends one "
                    "currency",
                    place, TEXT_ARG(runner->spender.self.endpoint.service), TEXT_ARG(service),
                    wanted.len ? "spend.currency" : "the balance", TEXT_ARG(currency));
    snprintf(runner->currency, sizeof runner->currency, "%.*s", TEXT_ARG(currency));
    runner->spend.currency = runner->currency;
    runner->spend.maker.currency = text_of(runner->currency);
    return 0;
}
