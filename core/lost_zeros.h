/* lost_zeros.h - an IMEI that was kept as a number has lost its leading zeros, and would be another
 * identifier. Pure. */
#ifndef CORE_LOST_ZEROS_H
#define CORE_LOST_ZEROS_H

#include <stddef.h>

#include <sluice/base.h>

enum { LOST_ZEROS_FORMS = 2, LOST_ZEROS_IMEI = 15 };

/* What an order may be known by that a store or a list has under `identifier`: that itself and, when it is
 * shorter than an IMEI and would be a correct one with zeros before it, that as well. How many. The texts
 * point to `identifier` and into `room`. */
size_t lost_zeros_forms(sluice_text identifier, char room[LOST_ZEROS_IMEI],
                        sluice_text forms[LOST_ZEROS_FORMS]);

#endif
