#include "confirm.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "progress.h"
#include "text.h"
#include "utf8.h"

static void amount(char *out, size_t room, const char *label, bool known, money value, const char *currency) {
    char text[MONEY_TEXT];
    out[0] = 0;
    if (known)
        snprintf(out, room, "%s%s%s%s", label, money_format(value, text), *currency ? " " : "", currency);
}

/* The first service of which something is ordered. */
static const struct service_estimate *ordered(const struct estimate *estimate) {
    const struct service_estimate *service = estimate->services;
    while (!service->orders)
        service++;
    return service;
}

/* "Place 6,000 orders at 0.08 = 480.00 on tester@provider". */
static void sentence(const struct confirm *confirm, char *out, size_t room) {
    const struct estimate *estimate = confirm->estimate;
    char count[32], repeats[80] = "", cost[80], at[80] = "", balance[100];
    amount(cost, sizeof cost, "", true, estimate->cost, confirm->currency);
    if (estimate_ordered(estimate) == 1)
        amount(at, sizeof at, " at ", true, ordered(estimate)->price, "");
    amount(balance, sizeof balance, ". Balance ", confirm->balance->known, confirm->balance->amount,
           confirm->currency);
    if (estimate->repeats)
        snprintf(repeats, sizeof repeats, " (of which %s repeat%s)", progress_count(estimate->repeats, count),
                 estimate->repeats == 1 ? "" : "s");
    snprintf(out, room, "%s%s order%s%s%s = %s on %.*s%s", estimate->at_most ? "at most " : "",
             progress_count(estimate->orders, count), estimate->orders == 1 ? "" : "s", repeats, at, cost,
             TEXT_ARG(confirm->account), balance);
}

static void say_rest(const struct confirm *confirm) {
    const struct estimate *estimate = confirm->estimate;
    char read[32], duplicate[32], rejected[32], doubt[32];
    log_line(SLUICE_LOG_INFO, confirm->name, "%s row%s read: %s duplicate, %s rejected, %s in doubt",
             progress_count(estimate->read, read), estimate->read == 1 ? "" : "s",
             progress_count(estimate->duplicate, duplicate), progress_count(estimate->rejected, rejected),
             progress_count(estimate->in_doubt, doubt));
    for (size_t i = 0; estimate_ordered(estimate) > 1 && i < estimate->service_count; i++) {
        const struct service_estimate *service = &estimate->services[i];
        if (!service->orders)
            continue;
        char count[32], price[MONEY_TEXT], cost[MONEY_TEXT];
        log_line(SLUICE_LOG_INFO, confirm->name, "service %.*s (%.*s): %s at %s = %s",
                 TEXT_ARG(service->service->id), TEXT_ARG(service->service->title),
                 progress_count(service->orders, count), money_format(service->price, price),
                 money_format(service->cost, cost));
    }
}

/* Also of a balance that isn't enough, though some accounts may be overdrawn: only the provider knows. */
static void warn_of_cap(const struct confirm *confirm) {
    const struct estimate *estimate = confirm->estimate;
    char spent[MONEY_TEXT], placed[32];
    bool balance = estimate->stopped_by && strcmp(estimate->stopped_by, "balance") == 0;
    if (estimate->stopped_by)
        log_line(SLUICE_LOG_WARN, confirm->name, "%s%s stops the run at %s, after %s orders, at row %llu",
                 balance ? "the " : "spend.", estimate->stopped_by, money_format(estimate->spent, spent),
                 progress_count(estimate->placed, placed), (unsigned long long)estimate->stopped_row);
}

static bool answered_yes(void) {
    char answer[16];
    if (!fgets(answer, sizeof answer, stdin))
        return false;
    answer[strcspn(answer, "\r\n")] = 0;
    return strcmp(answer, "y") == 0 || strcmp(answer, "Y") == 0 || strcmp(answer, "yes") == 0;
}

int confirm_spending(const struct confirm *confirm, sluice_error *error) {
    char text[700];
    if (confirm->estimate->duplicate || confirm->estimate->rejected || confirm->estimate->in_doubt ||
        estimate_ordered(confirm->estimate) > 1)
        say_rest(confirm);
    if (!confirm->estimate->orders) {
        log_line(SLUICE_LOG_INFO, confirm->name, "nothing new to order");
        return 0;
    }
    sentence(confirm, text, sizeof text);
    warn_of_cap(confirm);
    if (confirm->yes) {
        log_line(SLUICE_LOG_INFO, confirm->name, "placing %s", text);
        return 0;
    }
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
        return fail(error, SLUICE_E_USAGE,
                    "this would place %s; nothing was sent: add --yes, or `confirm: false` under `spend:`",
                    text);
    text[utf8_flatten(text, strlen(text))] = 0; /* the currency is the provider's word */
    fprintf(stderr, "Place %s. [y/N] ", text);
    fflush(stderr);
    return answered_yes() ? 0 : 1;
}
