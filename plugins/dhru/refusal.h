/* refusal.h - an ERROR, in whichever form it comes, and what it means. Pure.
 *
 * A list of {MESSAGE, FULL_DESCRIPTION}; a plain text; the same names in lower case; a MESSAGE that is an
 * object. What it means is read from every text in it; texts that are known and mean different things mean
 * nothing. */
#ifndef DHRU_REFUSAL_H
#define DHRU_REFUSAL_H

#include "errors.h"
#include "reply.h"

enum { REFUSAL_TEXT = 320 };

struct refusal {
    const struct error_kind *kind;
    char text[REFUSAL_TEXT]; /* the provider's words, on one line */
    int64_t retry_after_ms;  /* LATER; -1: it doesn't say */
};

/* Has the object an ERROR that says something? Its name is in upper case everywhere; {"error": …} is what
 * gateways and frameworks in front of a site say. */
bool refusal_find(struct refusal *refusal, struct reply *reply, sluice_text object, sluice_texts refusals);
/* The value of an ERROR, or of a message. */
void refusal_read(struct refusal *refusal, struct reply *reply, sluice_text value, sluice_texts refusals);

#endif
