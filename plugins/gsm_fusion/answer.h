/* answer.h - the reply to placeorder, matched row by row.
 *
 * A row is placed when the reply gives an order id for just its identifier; that is proof whatever else
 * came. Everything else that a reply says counts only when it is whole and doesn't contradict itself.
 * What is left unsaid is in doubt, and the core makes it so. */
#ifndef GSM_FUSION_ANSWER_H
#define GSM_FUSION_ANSWER_H

#include <sluice/buffer.h>
#include <sluice/identity.h>

#include "provider.h"

enum { ORDER_ID_TEXT = 64, STATUS_TEXT = 64 };

/* A part of answer.notes. */
struct note {
    size_t start, length;
};

struct answer_row {
    sluice_text key, wire;
    uint32_t kind; /* enum sluice_verdict_kind; 0: nothing was said */
    const char *code;
    struct note text; /* the provider's words */
    struct note raw;  /* the order's own elements, as JSON */
    char order_id[ORDER_ID_TEXT], status[STATUS_TEXT];
};

/* The state of a PLACE call. */
struct answer {
    struct exchange exchange;
    struct buffer notes;
    uint32_t next;    /* the row that the next record is likely to be about */
    uint32_t foreign; /* identifiers in the reply that weren't asked for */
    uint32_t row_count;
    struct answer_row rows[];
};

/* exchange.record of a PLACE call. */
void answer_record(void *state, const struct record *record);
/* The reply is over: give the verdicts. */
void answer_end(struct answer *answer, const sluice_reply *reply, enum reply_state state, const char *came);

#endif
