/* amount.h - the SDK's, which every author of a plugin has. */
#ifndef SHARED_AMOUNT_H
#define SHARED_AMOUNT_H

#include <sluice/amount.h>

#endif
