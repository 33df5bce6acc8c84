/* dhru_site.h - what the tests of dhru's calls share: a row or some, a recorded reply, and what came of it.
 */
#ifndef TESTS_DHRU_SITE_H
#define TESTS_DHRU_SITE_H

#include <stdio.h>
#include <stdlib.h>

#include "harness.h"
#include "text.h"

#define A "001001001234563"
#define B "004400000000016"

struct asking {
    struct harness *h;
    struct batch *batch;
    struct call call;
    sluice_row rows[8];
    sluice_text references[8]; /* r-0, r-1, … */
    char body[65536];
    size_t length;
};

/* Build a call for the rows of `lines` (harness_batch); NULL: it has none. */
void site_ask(struct harness *h, struct asking *asking, uint32_t op, const char *const *lines);
/* Feed the reply that is recorded in tests/plugins/dhru/FILE. Returns what parse answered. */
int site_hear(struct asking *asking, const char *file, int status);
void site_end(struct asking *asking);
/* A letter a row: - nothing said, P placed, c checked, D duplicate, R rejected, N no credit, A auth, L later,
 * i in doubt, r refunded, n no news; C configuration; behind a space that on the whole, with s: to be split.
 */
void site_describe(const struct call *call, char out[32]);
/* The text of the first row's verdict, or of the whole. */
sluice_text site_words(const struct call *call);
/* A value that the verdict on the first row sets; null: none. */
sluice_text site_value(const struct harness *h, const struct call *call, const char *name);

#endif
