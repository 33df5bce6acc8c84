/* ledger_ahead.h - what will be asked of a ledger that is a network away, so that it can be asked in one go.
 *
 * Only a help: what wasn't said is asked when it is needed. A ledger in a file needs none of it. */
#ifndef CORE_LEDGER_AHEAD_H
#define CORE_LEDGER_AHEAD_H

#include "ledger.h"

/* Does it pay to say beforehand what will be asked? */
bool ledger_is_far(const struct ledger *ledger);
/* Of the next transaction, or of what comes next in this one. */
void ledger_expect_key(struct ledger *ledger, const struct order_key *key); /* it will be claimed */
void ledger_expect_askers(struct ledger *ledger); /* of the keys: who has asked for what they have */
void ledger_expect_order(struct ledger *ledger, int64_t order);           /* it will be changed */
void ledger_expect_order_id(struct ledger *ledger, sluice_text order_id); /* one will be placed */
/* Ask for all of it now, rather than with the beginning of a transaction. */
int ledger_ask_ahead(struct ledger *ledger, sluice_error *error);

#endif
