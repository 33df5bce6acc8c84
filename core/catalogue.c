#include "catalogue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static void on_service(void *user, const sluice_service *said) {
    struct catalogue *catalogue = user;
    if (catalogue->count == catalogue->room) {
        size_t room = catalogue->room ? catalogue->room * 2 : 256;
        struct service *more = realloc(catalogue->services, room * sizeof *more);
        if (!more) {
            fail_memory(&catalogue->error);
            return;
        }
        catalogue->services = more;
        catalogue->room = room;
    }
    struct service *service = &catalogue->services[catalogue->count];
    *service = (struct service){
        .id = arena_copy(&catalogue->arena, said->id),
        .title = arena_copy(&catalogue->arena, said->title),
        .category = arena_copy(&catalogue->arena, said->category),
        .time = arena_copy(&catalogue->arena, said->time),
        .currency = arena_copy(&catalogue->arena, said->currency),
        .price = MONEY_NONE,
        .index = catalogue->count,
    };
    money price;
    if (money_parse(said->price, &price) && price >= 0)
        service->price = price;
    if (said->id.len && !service->id.ptr)
        fail_memory(&catalogue->error);
    if (service->id.len)
        catalogue->count++;
}

static void on_begin(void *user) {
    struct catalogue *catalogue = user;
    catalogue->mark = catalogue->count;
}

static void on_take_back(void *user) {
    struct catalogue *catalogue = user;
    catalogue->count = catalogue->mark;
}

static int index_services(struct catalogue *catalogue, sluice_error *error) {
    size_t slots = 16;
    while (slots < catalogue->count * 2)
        slots *= 2;
    catalogue->slots = calloc(slots, sizeof *catalogue->slots);
    if (!catalogue->slots)
        return fail_memory(error);
    catalogue->slot_count = slots;
    for (size_t i = 0; i < catalogue->count; i++) {
        size_t at = text_hash(catalogue->services[i].id) & (slots - 1);
        while (catalogue->slots[at])
            at = (at + 1) & (slots - 1);
        catalogue->slots[at] = i + 1;
    }
    return 0;
}

int catalogue_fetch(struct catalogue *catalogue, struct client *client, sluice_error *error) {
    struct call_results results = {
        .begin = on_begin, .take_back = on_take_back, .service = on_service, .user = catalogue};
    *catalogue = (struct catalogue){.error = ERROR_INIT};
    int failed = client_run(client, SLUICE_OP_SERVICES, &results, error);
    if (!failed && catalogue->error.code)
        failed = fail(error, catalogue->error.code, "%s", catalogue->error.text);
    return failed ? failed : index_services(catalogue, error);
}

const struct service *catalogue_find(const struct catalogue *catalogue, sluice_text id) {
    if (!catalogue->slot_count)
        return NULL;
    for (size_t at = text_hash(id) & (catalogue->slot_count - 1); catalogue->slots[at];
         at = (at + 1) & (catalogue->slot_count - 1)) {
        const struct service *service = &catalogue->services[catalogue->slots[at] - 1];
        if (text_equal(service->id, id))
            return service;
    }
    return NULL;
}

void catalogue_free(struct catalogue *catalogue) {
    arena_free(&catalogue->arena);
    free(catalogue->services);
    free(catalogue->slots);
    *catalogue = (struct catalogue){0};
}

static void on_balance(void *user, sluice_text amount, sluice_text currency) {
    struct balance *balance = user;
    balance->known = money_parse(amount, &balance->amount);
    snprintf(balance->currency, sizeof balance->currency, "%.*s", TEXT_ARG(currency));
}

int balance_fetch(struct balance *balance, struct client *client, sluice_error *error) {
    struct call_results results = {.balance = on_balance, .user = balance};
    *balance = (struct balance){0};
    return client_run(client, SLUICE_OP_BALANCE, &results, error);
}
