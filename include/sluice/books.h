/* books.h - the orders that a sandbox has taken. Not a part of the contract, and not in sluice.h: see text.h.
 *
 * They are kept through host->remember, so that they outlive the process where `sluice sandbox --state FILE`
 * was given, and counted through host->charged, which is what tests look at. */
#ifndef SLUICE_BOOKS_H
#define SLUICE_BOOKS_H

#include <stdio.h>
#include <stdlib.h>

#include "amount.h"
#include "host.h"
#include "text.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { BOOKS_TEXT = 100, BOOKS_KEY = 256, BOOKS_LINE = 600 };

/* One order. Texts are terminated; one that is longer is cut. */
struct books_order {
    int64_t number;    /* from 1, in the order in which they came */
    int64_t placed_ms; /* since 1970-01-01 UTC */
    int64_t price;     /* millionths */
    int64_t refunded;  /* 1: it was paid back */
    char identifier[BOOKS_TEXT], service[BOOKS_TEXT], reference[BOOKS_TEXT];
};

/* Take an order in: number and placed_ms (unless it is set) are filled in, its price is charged. */
static inline void books_enter(const sluice_host *host, sluice_self *self, sluice_arena *arena,
                               struct books_order *order);
/* By its number. */
static inline bool books_find(const sluice_host *host, sluice_self *self, sluice_arena *arena, int64_t number,
                              struct books_order *order);
/* Was this ordered before? */
static inline bool books_has(const sluice_host *host, sluice_self *self, sluice_arena *arena,
                             sluice_text service, sluice_text identifier);
/* The newest order for these. False: there is none. For providers that name it when they refuse a second one.
 */
static inline bool books_find_twin(const sluice_host *host, sluice_self *self, sluice_arena *arena,
                                   sluice_text service, sluice_text identifier, struct books_order *order);
/* Pay the order back, once. */
static inline void books_refund(const sluice_host *host, sluice_self *self, sluice_arena *arena,
                                struct books_order *order);
/* What all orders cost, less what was paid back; in millionths. */
static inline int64_t books_spent(const sluice_host *host, sluice_self *self, sluice_arena *arena);
/* How many there are: the newest has this number. */
static inline int64_t books_count(const sluice_host *host, sluice_self *self, sluice_arena *arena);

/* ---- how ------------------------------------------------------------------------------------- */

static inline int64_t books_number(const sluice_host *host, sluice_self *self, sluice_arena *arena,
                                   const char *key) {
    char digits[24];
    sluice_text value;
    if (!host->recall(self, text_of(key), arena, &value))
        return 0;
    snprintf(digits, sizeof digits, "%.*s", TEXT_ARG(value));
    return strtoll(digits, NULL, 10);
}

static inline void books_keep_number(const sluice_host *host, sluice_self *self, const char *key,
                                     int64_t number) {
    char digits[24];
    snprintf(digits, sizeof digits, "%lld", (long long)number);
    host->remember(self, text_of(key), text_of(digits));
}

static inline sluice_text books_key(char room[BOOKS_KEY], int64_t number) {
    snprintf(room, BOOKS_KEY, "order:%lld", (long long)number);
    return text_of(room);
}

static inline sluice_text books_twin(char room[BOOKS_KEY], sluice_text service, sluice_text identifier) {
    snprintf(room, BOOKS_KEY, "twin:%.*s:%.*s", TEXT_ARG(text_cut(service, BOOKS_TEXT)),
             TEXT_ARG(text_cut(identifier, BOOKS_TEXT)));
    return text_of(room);
}

static inline void books_keep(const sluice_host *host, sluice_self *self, const struct books_order *order) {
    char line[BOOKS_LINE], key[BOOKS_KEY];
    snprintf(line, sizeof line, "%lld\t%lld\t%lld\t%s\t%s\t%s", (long long)order->placed_ms,
             (long long)order->price, (long long)order->refunded, order->identifier, order->service,
             order->reference);
    host->remember(self, books_key(key, order->number), text_of(line));
}

static inline void books_enter(const sluice_host *host, sluice_self *self, sluice_arena *arena,
                               struct books_order *order) {
    char amount[AMOUNT_TEXT], twin[BOOKS_KEY];
    order->number = books_count(host, self, arena) + 1;
    if (!order->placed_ms)
        order->placed_ms = host->now_ms();
    if (host->flag(self, "taken")) /* the order of somebody else, who has another reference */
        order->reference[0] = 0;
    books_keep_number(host, self, "count", order->number);
    books_keep_number(host, self, "spent", books_spent(host, self, arena) + order->price);
    books_keep(host, self, order);
    books_twin(twin, text_of(order->service), text_of(order->identifier));
    books_keep_number(host, self, twin, order->number);
    host->charged(self, text_of(order->identifier), text_of(order->service),
                  text_of(amount_format(order->price, amount)));
}

/* The next field of a line. */
static inline sluice_text books_field(sluice_text *line) {
    const char *tab = line->len ? (const char *)memchr(line->ptr, '\t', line->len) : NULL;
    sluice_text field = tab ? text_view(line->ptr, (uint64_t)(tab - line->ptr)) : *line;
    *line = tab ? text_view(tab + 1, line->len - field.len - 1) : text_none();
    return field;
}

static inline int64_t books_field_number(sluice_text *line) {
    char digits[24];
    sluice_text field = books_field(line);
    snprintf(digits, sizeof digits, "%.*s", TEXT_ARG(field));
    return strtoll(digits, NULL, 10);
}

static inline void books_field_text(sluice_text *line, char out[BOOKS_TEXT]) {
    sluice_text field = books_field(line);
    snprintf(out, BOOKS_TEXT, "%.*s", TEXT_ARG(field));
}

static inline bool books_find(const sluice_host *host, sluice_self *self, sluice_arena *arena, int64_t number,
                              struct books_order *order) {
    char key[BOOKS_KEY];
    sluice_text line;
    if (!host->recall(self, books_key(key, number), arena, &line))
        return false;
    order->number = number;
    order->placed_ms = books_field_number(&line);
    order->price = books_field_number(&line);
    order->refunded = books_field_number(&line);
    books_field_text(&line, order->identifier);
    books_field_text(&line, order->service);
    books_field_text(&line, order->reference);
    return true;
}

static inline bool books_has(const sluice_host *host, sluice_self *self, sluice_arena *arena,
                             sluice_text service, sluice_text identifier) {
    char twin[BOOKS_KEY];
    sluice_text value;
    return host->recall(self, books_twin(twin, service, identifier), arena, &value);
}

static inline bool books_find_twin(const sluice_host *host, sluice_self *self, sluice_arena *arena,
                                   sluice_text service, sluice_text identifier, struct books_order *order) {
    char key[BOOKS_KEY];
    books_twin(key, service, identifier);
    return books_find(host, self, arena, books_number(host, self, arena, key), order) &&
           text_is(service, order->service) && text_is(identifier, order->identifier);
}

static inline void books_refund(const sluice_host *host, sluice_self *self, sluice_arena *arena,
                                struct books_order *order) {
    if (order->refunded)
        return;
    order->refunded = 1;
    books_keep(host, self, order);
    books_keep_number(host, self, "spent", books_spent(host, self, arena) - order->price);
}

static inline int64_t books_spent(const sluice_host *host, sluice_self *self, sluice_arena *arena) {
    return books_number(host, self, arena, "spent");
}

static inline int64_t books_count(const sluice_host *host, sluice_self *self, sluice_arena *arena) {
    return books_number(host, self, arena, "count");
}

#ifdef __cplusplus
}
#endif
#endif
