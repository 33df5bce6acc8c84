/* columns.h - what the fields of a record are set to, from a reply. */
#ifndef HTTP_COLUMNS_H
#define HTTP_COLUMNS_H

#include <shared/code.h>

#include "reply.h"
#include "settings.h"

enum { COLUMNS_MOST = 50 };

struct columns {
    const struct settings *settings;
    sluice_text names[COLUMNS_MOST];
    sluice_texts pointers[COLUMNS_MOST]; /* none: it is made here */
    uint32_t count;
    bool orders;                  /* they are about orders: with status and raw_response */
    int32_t result_code, derived; /* where the result stands, and what is taken out of it; -1: nothing is */
    struct code code;
    struct buffer raw, pairs; /* of the row that was read last */
    sluice_text values[COLUMNS_MOST];
};

int32_t columns_read(struct columns *columns, const sluice_host *host, sluice_self *self,
                     const struct settings *settings, bool orders, sluice_error *error);
void columns_free(struct columns *columns);

/* Fill `values` from the reply; `step` is its name in raw_response: "place", "check". False: no memory. */
bool columns_fill(struct columns *columns, struct reply *reply, sluice_text status, const char *step);

/* The status that the reply has, in our words; null: none of `statuses`. */
sluice_text columns_status(const struct columns *columns, struct reply *reply);

#endif
