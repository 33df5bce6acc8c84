/* currency.h - is it the same currency? Pure. */
#ifndef CORE_CURRENCY_H
#define CORE_CURRENCY_H

#include <stdbool.h>

#include <sluice/base.h>

/* Both are named, and not alike; letter case is no difference. */
bool currency_differs(sluice_text a, sluice_text b);

#endif
