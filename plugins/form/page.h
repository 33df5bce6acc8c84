/* page.h - what all pages have, and the pieces that several of them share. */
#ifndef FORM_PAGE_H
#define FORM_PAGE_H

#include "html.h"
#include "request.h"

/* Up to the beginning of <main>. `active`: the path of the section that it belongs to; NULL: none. */
void page_begin(struct buffer *page, const struct request *request, const char *title, const char *active);
void page_end(struct buffer *page, const struct request *request);

/* What makes a form ours. */
void page_csrf(struct buffer *page, const struct request *request);
/* Milliseconds since 1970 as a <time>, UTC; a dash for 0. */
void page_when(struct buffer *page, int64_t ms);
/* The same of a text, 2026-11-23 04:17:26 in UTC; what is none is shown as it is, nothing as a dash. */
void page_date(struct buffer *page, sluice_text text);
/* How long ago, or in how long: "2 min". */
void page_span(struct buffer *page, int64_t ms);
/* A word for a state, with its colour. `state` is that of a row, of the ledger, or an order's status. */
void page_state(struct buffer *page, sluice_text state);
/* <p class="note KIND">, its text and the end: for one sentence. KIND: info, warn, bad. */
void page_note(struct buffer *page, const char *kind, const char *text);
/* "1 order", "2,000 orders" */
void page_plural(struct buffer *page, uint64_t count, const char *one, const char *many);
/* "0.08 EUR"; a dash when there is none. */
void page_money(struct buffer *page, sluice_text amount, sluice_text currency);
/* A cell of a table: its label is shown where tables are cards. What is null is a dash. */
void page_cell(struct buffer *page, const char *label, sluice_text text);

#endif
