/* order_id.h - what an order id may be. Pure. */
#ifndef CORE_ORDER_ID_H
#define CORE_ORDER_ID_H

#include <stdbool.h>

#include <sluice/base.h>

enum {
    ORDER_ID_BYTES = 127, /* a longer text is none, wherever it comes from */
    ORDER_ID_MADE = 28    /* room for one that is made up */
};

/* Made up for an order whose id at the provider nobody knows: it may stand in a store, but means nothing to
 * the provider. */
bool order_id_is_made_up(sluice_text id);
/* Of what tells such orders apart: the same order always gets the same one, also from an import. */
sluice_text order_id_make_up(sluice_text service, sluice_text identifier, sluice_text date,
                             char out[ORDER_ID_MADE]);

#endif
