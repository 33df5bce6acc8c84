/* answer.h - the reply to an order, or to several, matched row by row.
 *
 * A row is placed when the reply gives one order id for it: the whole reply of a call with one row, or what
 * stands under the row's reference. Everything else counts only in a whole reply that doesn't contradict
 * itself. What is left unsaid is in doubt, and the core makes it so. */
#ifndef DHRU_ANSWER_H
#define DHRU_ANSWER_H

#include <sluice/identity.h>

#include "provider.h"
#include "refusal.h"

enum { ORDER_ID_TEXT = 64 };

struct answer_row {
    sluice_text reference; /* the key of a bulk call; null: the call has one row */
    sluice_text key, wire; /* the identifier */
    uint32_t kind;         /* enum sluice_verdict_kind; 0: nothing was said */
    const char *code;
    char order_id[ORDER_ID_TEXT];
    char text[REFUSAL_TEXT]; /* the provider's words, or ours */
    int64_t retry_after_ms;
    sluice_text item; /* of the reply: what the order id stands in */
};

/* The state of a PLACE call. */
struct answer {
    struct provider *provider;
    sluice_call *call;
    struct reply reply;
    uint32_t foreign; /* references and identifiers in the reply that weren't asked for */
    uint32_t row_count;
    struct answer_row rows[];
};

/* The reply has come: give the verdicts. */
void answer_read(struct answer *answer, const sluice_reply *reply);

/* Letters, digits, '-' and '_'; not all zeros, which is how PHP says "none". */
bool answer_is_order_id(sluice_text id);

#endif
