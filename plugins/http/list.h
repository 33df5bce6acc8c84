/* list.h - a reply with several things in it, on one page or many: where they stand, and what comes next. */
#ifndef HTTP_LIST_H
#define HTTP_LIST_H

#include "reply.h"
#include "shape.h"

enum { CURSOR_TEXT = 3000, OLDEST_TEXT = sizeof "2025-01-31 23:59:59" };

struct list {
    struct target *target;
    sluice_text items; /* pointer; empty: the whole reply */
    sluice_text next;  /* pointer to the next page's address or cursor; null: none */
    int64_t first_page, max_pages;
};

/* Which page a call is about; it travels in the call's cookie. */
struct page {
    int64_t number, count; /* as the API counts it, and how many there were */
    char oldest[OLDEST_TEXT];
    char cursor[CURSOR_TEXT]; /* an address or a cursor of the reply before; empty: none */
};

void page_read(struct page *page, const struct list *list, sluice_text cookie);
/* {{page}} and {{next}}; `room` keeps their texts. */
enum { PAGE_TEXT = 24 };
void page_name(const struct page *page, struct scope *scope, char room[PAGE_TEXT]);
/* The address of the page, when the reply before gave a whole one; null: it didn't. */
sluice_text page_path(const struct page *page, const struct shape *shape);

/* Each thing of the page; null members are passed over. False: there is nothing like a list. */
bool list_each(const struct list *list, struct reply *reply,
               void (*each)(void *user, struct reply *reply, sluice_text item), void *user, uint64_t *count);

/* Ask for the next page, if there is one. 1: there is, host->more was called; 0: that was the last. */
int32_t list_go_on(const struct list *list, const struct shape *shape, struct reply *reply, sluice_call *call,
                   struct page *page, uint64_t count, sluice_error *error);

#endif
