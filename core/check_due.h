/* check_due.h - is it time to ask about an order again? The older it is, the more seldom. Pure. */
#ifndef CORE_CHECK_DUE_H
#define CORE_CHECK_DUE_H

#include <stdbool.h>
#include <stdint.h>

/* How long to leave an order of that age alone after it was asked about: a twelfth of its age, six hours at
 * most. `salt` (of the order) takes up to a quarter off, so that orders that were asked about together aren't
 * so for ever. */
int64_t check_due_after_ms(int64_t age_ms, uint32_t salt);
bool check_due(int64_t age_ms, int64_t since_ms, uint32_t salt);

#endif
