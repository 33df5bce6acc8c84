/* handout.h - rows of text on their way to whoever has asked for them (host->query).
 *
 * What is asked for is copied into a page while the inbox or the ledger is read, and given when nothing of
 * them is held: a plugin may hand each row to somebody at the end of a slow line. */
#ifndef CORE_HANDOUT_H
#define CORE_HANDOUT_H

#include <stdbool.h>

#include <sluice/query.h>

#include "arena.h"
#include "error.h"
#include "money.h"

struct handout {
    sluice_each_row *each;
    void *user;
    uint64_t left; /* so many are still wanted */
    bool enough;   /* says who gets them */
};

struct handout handout_to(const sluice_query *asked, sluice_each_row *each, void *user);
bool handout_wants_more(const struct handout *out);
/* One row, as a batch that lives during the call. */
void handout_give(struct handout *out, const sluice_text *names, const sluice_text *values, uint32_t count);

enum { HANDOUT_PAGE = 256 };

/* Rows of the same columns, and the memory of their texts. */
struct handout_page {
    const sluice_text *names;
    uint32_t columns;
    sluice_text *rows[HANDOUT_PAGE];
    uint32_t count;
    bool failed; /* no memory */
    sluice_arena arena;
};

/* How many rows to read for the next page, at most. */
uint64_t handout_page_rows(const struct handout *out);
/* A new row, all null, to be filled column by column; NULL: the page is full, or there is no memory. */
sluice_text *handout_page_add(struct handout_page *page);
/* Values, copied. */
sluice_text handout_text(struct handout_page *page, sluice_text text);
sluice_text handout_string(struct handout_page *page, const char *string);
sluice_text handout_number(struct handout_page *page, int64_t number);
sluice_text handout_time(struct handout_page *page, int64_t ms);    /* 0: null */
sluice_text handout_money(struct handout_page *page, money amount); /* MONEY_NONE: null */
/* Give what is wanted of it, and empty it. */
int handout_give_page(struct handout *out, struct handout_page *page, sluice_error *error);
/* The same, unless something has failed: then it is only emptied, and `failed` returned. */
int handout_end_page(struct handout *out, struct handout_page *page, int failed, sluice_error *error);

/* ---- the question --------------------------------------------------------------------------- */

/* The values of a condition; none: it isn't there. */
sluice_texts query_values(const sluice_query *asked, const char *name);
/* The first one; null: none. */
sluice_text query_value(const sluice_query *asked, const char *name);
/* Is the condition there, and not 0 or empty? */
bool query_flag(const sluice_query *asked, const char *name);
/* PLUGIN when there is a condition that `names` (NULL-terminated) doesn't have. */
int query_check(const sluice_query *asked, const char *const *names, sluice_error *error);
/* A number that was given as text, as `after`; 0: null, or none. */
int64_t query_number(sluice_text text);

#endif
