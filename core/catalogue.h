/* catalogue.h - the services of an account and their prices, fetched once a run. Read-only afterwards. */
#ifndef CORE_CATALOGUE_H
#define CORE_CATALOGUE_H

#include "arena.h"
#include "client.h"
#include "money.h"

struct service {
    sluice_text id, title, category, time;
    money price; /* MONEY_NONE: unknown: it can't be bought */
    sluice_text currency;
    size_t index;
};

struct catalogue {
    sluice_arena arena;
    struct service *services;
    size_t count, room;
    size_t mark;   /* services before the request under way */
    size_t *slots; /* open addressing by id */
    size_t slot_count;
    sluice_error error; /* of a callback */
};

int catalogue_fetch(struct catalogue *catalogue, struct client *client, sluice_error *error);
const struct service *catalogue_find(const struct catalogue *catalogue, sluice_text id);
void catalogue_free(struct catalogue *catalogue);

struct balance {
    bool known;
    money amount;
    char currency[16];
};

int balance_fetch(struct balance *balance, struct client *client, sluice_error *error);

#endif
