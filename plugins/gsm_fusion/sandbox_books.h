/* sandbox_books.h - the orders that the sandbox has taken, in what it remembers. The sandbox's own. */
#ifndef GSM_FUSION_SANDBOX_BOOKS_H
#define GSM_FUSION_SANDBOX_BOOKS_H

#include "sandbox.h"

enum { BOOKS_FIRST_ID = 5000001, BOOKS_KEY = 128 };

struct books_entry {
    int64_t id, placed_ms, price;
    char imei[40], service[24];
};

/* What an order is remembered by, and the last one of that service and IMEI. */
sluice_text books_order_key(char room[BOOKS_KEY], int64_t id);
sluice_text books_duplicate_key(char room[BOOKS_KEY], const char *service, sluice_text imei);
/* False: that isn't an order. */
bool books_read(sluice_text key, sluice_text value, struct books_entry *entry);
enum sandbox_status books_status(const struct sandbox *sandbox, const struct books_entry *entry,
                                 int64_t now_ms);
/* Charge a new order; its id. */
int64_t books_enter(struct sandbox *sandbox, const char *service, sluice_text imei, int64_t price,
                    int64_t placed_ms);

#endif
