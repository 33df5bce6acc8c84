/* rest_adopt.h - what adopt.h says, over REST: an order that was imported under an id made up for it, and the
 * same order under the provider's, become one. */
#ifndef SUPABASE_REST_ADOPT_H
#define SUPABASE_REST_ADOPT_H

#include "rest_sink.h"

/* The next step for that, if one is left to take: false. */
bool rest_adopt_next(struct rest_sink *sink);
/* The requests of these steps: are there such orders at all? Those of the IMEIs at hand; one gets its id. */
int rest_adopt_ask(struct rest_sink *sink, sluice_request *request, sluice_error *error);
/* What the replies say. 1: this one can't be read. */
int rest_adopt_hear(struct rest_sink *sink, sluice_call *call, const sluice_reply *reply,
                    sluice_error *error);

/* There may be such orders. */
void rest_adopt_assume(struct rest_sink *sink);
/* The order at hand has its id. */
void rest_adopt_done(struct rest_sink *sink);

#endif
