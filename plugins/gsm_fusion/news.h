/* news.h - the reply to getimeis: what became of the orders that were asked about.
 *
 * Each order that the reply has is a verdict at once; whether they hold is known when the reply is over:
 * one that isn't whole takes them back, by the verdict that all are to be asked again. */
#ifndef GSM_FUSION_NEWS_H
#define GSM_FUSION_NEWS_H

#include <sluice/buffer.h>
#include <shared/code.h>
#include <shared/code_pairs.h>
#include <sluice/identity.h>

#include "provider.h"

enum { ORDER_ID_MOST = 63 };

struct asked {
    sluice_text order_id;
    sluice_text imei, imei_as_written; /* null: the record has none */
    sluice_text status;                /* what was answered; null: nothing yet */
};

/* What verdicts are written with, used again from order to order. */
struct news_writer {
    struct code code;
    struct buffer raw;
};

/* The state of a CHECK call. */
struct news {
    struct exchange exchange;
    struct news_writer *writer;
    uint32_t next;    /* the row that the next order is likely to be about */
    uint32_t foreign; /* orders that weren't asked for */
    bool repeats;     /* some order id stands in several rows */
    uint32_t row_count;
    struct asked rows[];
};

/* The rows are filled in. */
void news_begin(struct news *news);
/* exchange.record of the call. */
void news_record(void *state, const struct record *record);
/* The reply is over. */
void news_end(struct news *news, const sluice_reply *reply, enum reply_state state, const char *came);
void news_writer_free(struct news_writer *writer);

#endif
