/* order_id.h - what an order id may be. Pure. */
#ifndef CORE_ORDER_ID_H
#define CORE_ORDER_ID_H

#include <stdbool.h>

#include <sluice/base.h>
#include <sluice/made_id.h>

enum { ORDER_ID_BYTES = 127 }; /* a longer text is none, wherever it comes from */

/* Made up (sluice/made_id.h) for an order whose id at the provider nobody knows: it may stand in a store, but
 * means nothing to the provider. */
bool order_id_is_made_up(sluice_text id);
#endif
