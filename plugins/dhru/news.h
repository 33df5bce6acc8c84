/* news.h - the reply to getimeiorder or getimeiorderbulk: what became of the orders that were asked about. */
#ifndef DHRU_NEWS_H
#define DHRU_NEWS_H

#include <shared/code.h>

#include "provider.h"
#include "refusal.h"

struct asked {
    sluice_text order_id;
    sluice_text imei, imei_as_written; /* null: the record has none */
};

/* The state of a CHECK call. */
struct news {
    struct provider *provider;
    sluice_call *call;
    struct code *code; /* used again from order to order */
    struct reply reply;
    uint32_t row_count;
    struct asked rows[];
};

/* In a bulk call an order stands under this and its id. A key of digits alone is renumbered by some servers.
 */
#define NEWS_KEY 'o'

/* The reply has come: give the verdicts. */
void news_read(struct news *news, const sluice_reply *from);

#endif
