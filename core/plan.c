#include "plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "json.h"
#include "printable.h"
#include "progress.h"
#include "text.h"

static bool by_balance(const struct estimate *estimate) {
    return strcmp(estimate->stopped_by, "balance") == 0;
}

/* ---- as text ------------------------------------------------------------------------------ */

static void print_amount(const struct plan *plan, money amount) {
    char text[MONEY_TEXT];
    printf("%s%s", money_format(amount, text), *plan->currency ? " " : "");
    printable_put(stdout, text_of(plan->currency));
}

static void print_count(const char *what, uint64_t count) {
    char number[32];
    if (count)
        printf("  %-12s %8s\n", what, progress_count(count, number));
}

static void print_new(const struct plan *plan, const struct service_estimate *service) {
    char number[32], repeats[32];
    printf("  %-12s %8s", "new", progress_count(service->orders, number));
    if (service->orders) {
        printf("  for ");
        print_amount(plan, service->cost);
    }
    if (service->repeats)
        printf(", of which %s repeats", progress_count(service->repeats, repeats));
    printf("\n");
}

static void print_known(const struct service_estimate *service) {
    char number[32], time[CLOCK_TEXT];
    if (!service->known)
        return;
    printf("  %-12s %8s", "ordered", progress_count(service->known, number));
    if (service->newest_ms)
        printf("  the newest on %s UTC", clock_format(service->newest_ms, time));
    if (*service->newest) {
        printf("%s order ", service->newest_ms ? "," : " ");
        printable_put(stdout, text_of(service->newest));
    }
    printf("\n");
}

static void print_service(const struct plan *plan, const struct service_estimate *service) {
    printf("service ");
    printable_put(stdout, service->service->id);
    if (service->service->title.len) {
        printf(" (");
        printable_put(stdout, service->service->title);
        printf(")");
    }
    if (service->price != MONEY_NONE) {
        printf(" at ");
        print_amount(plan, service->price);
    }
    printf("\n");
    print_new(plan, service);
    print_known(service);
    print_count("in doubt", service->in_doubt);
    print_count("invalid", service->rejected);
    print_count("elsewhere", service->skipped);
}

/* Of rows that belong to no service. */
static uint64_t without_service(const struct estimate *estimate) {
    uint64_t count = estimate->rejected;
    for (size_t i = 0; i < estimate->service_count; i++)
        count -= estimate->services[i].rejected;
    return count;
}

/* Why nothing new is ordered at all, whatever it costs. */
static void print_bars(const struct plan *plan) {
    char text[DOUBTS_TEXT], advice[DOUBTS_TEXT];
    if (plan->paused) {
        printf("the ledger is ");
        printable_put(stdout, text_of(plan->paused));
        printf("; nothing is ordered before 'sluice ledger resume'\n");
    }
    if (doubts_forbid(&plan->doubts))
        printf("%s; %s\n", doubts_text(&plan->doubts, text), doubts_advice(&plan->doubts, advice));
}

static void print_stop(const struct plan *plan) {
    const struct estimate *estimate = plan->estimate;
    char placed[32], orders[32];
    print_bars(plan);
    if (!estimate->stopped_by || estimate->barred)
        return;
    if (by_balance(estimate))
        printf("the balance isn't enough from row %" PRIu64 " on", estimate->stopped_row);
    else
        printf("spend.%s stops the run at row %" PRIu64, estimate->stopped_by, estimate->stopped_row);
    printf(": %s of %s orders are placed\n", progress_count(estimate->placed, placed),
           progress_count(estimate->orders, orders));
}

void plan_print(const struct plan *plan) {
    const struct estimate *estimate = plan->estimate;
    char number[32];
    printf("%s: %s rows read, account ", plan->name, progress_count(estimate->read, number));
    printable_put(stdout, plan->account);
    printf("\n");
    for (size_t i = 0; i < estimate->service_count; i++)
        print_service(plan, &estimate->services[i]);
    if (without_service(estimate) || estimate->twice)
        printf("rows without an order\n");
    print_count("invalid", without_service(estimate));
    print_count("twice", estimate->twice);
    printf("cost %s", estimate->at_most ? "at most " : "");
    print_amount(plan, estimate->spent);
    if (plan->balance->known) {
        printf(", balance ");
        print_amount(plan, plan->balance->amount);
        printf(", afterwards ");
        print_amount(plan, money_add(plan->balance->amount, -estimate->spent));
    }
    printf("\n");
    print_stop(plan);
}

/* ---- as JSON ------------------------------------------------------------------------------ */

static void put_count(struct json *json, const char *key, uint64_t count) {
    json_key(json, key);
    json_number(json, (int64_t)count);
}

static void put_amount(struct json *json, const char *key, money amount) {
    char text[MONEY_TEXT];
    json_key(json, key);
    json_string(json, amount == MONEY_NONE ? NULL : money_format(amount, text));
}

static void put_newest(struct json *json, const struct service_estimate *service) {
    char time[CLOCK_TEXT];
    json_key(json, "newest");
    if (!service->known) {
        json_string(json, NULL);
        return;
    }
    json_open(json, '{');
    json_key(json, "order_id");
    json_string(json, *service->newest ? service->newest : NULL);
    json_key(json, "date");
    json_string(json, service->newest_ms ? clock_format(service->newest_ms, time) : NULL);
    json_close(json, '}');
}

static void put_service(struct json *json, const struct service_estimate *service) {
    json_open(json, '{');
    json_key(json, "service_id");
    json_text(json, service->service->id);
    json_key(json, "title");
    json_text(json, service->service->title);
    put_amount(json, "price", service->price);
    put_count(json, "new", service->orders);
    put_count(json, "repeats", service->repeats);
    put_count(json, "ordered", service->known);
    put_newest(json, service);
    put_count(json, "in_doubt", service->in_doubt);
    put_count(json, "invalid", service->rejected);
    put_count(json, "elsewhere", service->skipped);
    put_count(json, "placed", service->placed);
    put_amount(json, "cost", service->spent);
    put_amount(json, "cost_of_all", service->cost);
    json_close(json, '}');
}

static void put_stop(struct json *json, const struct estimate *estimate) {
    json_key(json, "stopped_by");
    if (!estimate->stopped_by) {
        json_string(json, NULL);
        return;
    }
    json_open(json, '{');
    json_key(json, "rule");
    json_string(json, estimate->stopped_by);
    put_count(json, "row", estimate->stopped_row);
    json_close(json, '}');
}

static void put_sums(struct json *json, const struct plan *plan) {
    const struct estimate *estimate = plan->estimate;
    const struct balance *balance = plan->balance;
    put_count(json, "read", estimate->read);
    put_count(json, "new", estimate->orders);
    put_count(json, "repeats", estimate->repeats);
    put_count(json, "duplicate", estimate->duplicate);
    put_count(json, "twice", estimate->twice);
    put_count(json, "in_doubt", estimate->in_doubt);
    put_count(json, "invalid", estimate->rejected);
    put_count(json, "elsewhere", estimate->skipped);
    put_count(json, "placed", estimate->placed);
    put_amount(json, "cost", estimate->spent);
    put_amount(json, "cost_of_all", estimate->cost);
    json_key(json, "at_most");
    json_bool(json, estimate->at_most);
    put_amount(json, "balance", balance->known ? balance->amount : MONEY_NONE);
    put_amount(json, "balance_after",
               balance->known ? money_add(balance->amount, -estimate->spent) : MONEY_NONE);
}

void plan_print_json(const struct plan *plan) {
    struct json json = {0};
    char later[CLOCK_TEXT];
    json_open(&json, '{');
    json_key(&json, "type");
    json_string(&json, "plan");
    json_key(&json, "pipeline");
    json_string(&json, plan->name);
    json_key(&json, "account");
    json_text(&json, plan->account);
    json_key(&json, "currency");
    json_string(&json, *plan->currency ? plan->currency : NULL);
    put_sums(&json, plan);
    put_stop(&json, plan->estimate);
    json_key(&json, "paused");
    json_string(&json, plan->paused);
    put_count(&json, "account_in_doubt", plan->doubts.count);
    put_count(&json, "max_in_doubt", plan->doubts.most);
    json_key(&json, "ask_again_after");
    json_string(&json, plan->doubts.later ? clock_format(plan->doubts.later_ms, later) : NULL);
    json_key(&json, "services");
    json_open(&json, '[');
    for (size_t i = 0; i < plan->estimate->service_count; i++)
        put_service(&json, &plan->estimate->services[i]);
    json_close(&json, ']');
    json_close(&json, '}');
    if (!json.failed)
        printf("%s\n", json.text);
    json_free(&json);
}
