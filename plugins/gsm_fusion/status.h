/* status.h - what an order's status is called. Pure. */
#ifndef GSM_FUSION_STATUS_H
#define GSM_FUSION_STATUS_H

#include <stdbool.h>

#include <sluice/base.h>

/* From the number, else from the text in any letter case: Pending, Completed, Rejected, In Process.
 * Another text stays as it is; null when there is neither. */
sluice_text status_name(sluice_text number, sluice_text text);

/* Both are known, they differ, and one of them is an end: neither can be believed. */
bool status_contradicts(sluice_text number, sluice_text text);

/* That of an order whose result isn't here: one that has an end would never be asked about. */
sluice_text status_without_result(sluice_text status);

#endif
