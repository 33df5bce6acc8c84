/* status.h - what STATUS means. Pure.
 *
 * Dhru's own numbers: 4 is success here, and "in process" at GSM Fusion. The two tables have nothing in
 * common and must never become one. */
#ifndef DHRU_STATUS_H
#define DHRU_STATUS_H

#include <stdbool.h>

#include <sluice/base.h>

/* 0 Pending, 1 In Process, 3 Rejected (and paid back), 4 Completed; null: any other, which is no end. */
sluice_text status_name(sluice_text number);
bool status_is_rejected(sluice_text name);
/* That of an order whose result isn't here: one that has an end would never be asked about. */
sluice_text status_without_result(sluice_text name);

#endif
