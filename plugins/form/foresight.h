/* foresight.h - what would become of a sheet's rows if they were ordered: the core's word for each of them,
 * and the sum. */
#ifndef FORM_FORESIGHT_H
#define FORM_FORESIGHT_H

#include "form.h"

enum { FORESIGHT_TEXT = 300, FORESIGHT_AMOUNT = 32 };

/* The sum (SLUICE_QUERY_PLAN). */
struct foresight {
    uint64_t rows, fresh, repeats, ordered, twice, in_doubt, invalid, busy, passed, placed;
    char cost[FORESIGHT_AMOUNT], currency[FORESIGHT_AMOUNT], spent[FORESIGHT_AMOUNT];
    char balance[FORESIGHT_AMOUNT], balance_after[FORESIGHT_AMOUNT];
    char dearest[FORESIGHT_AMOUNT]; /* of what would be ordered */
    char account[128];
    char stopped_by[FORESIGHT_AMOUNT], stopped_text[FORESIGHT_TEXT];
    uint64_t stopped_row;
};

int foresight_sum(struct form *form, const struct sheet *sheet, bool repeat, struct foresight *out,
                  sluice_error *error);
/* Does it cost more, in all or for one, than somebody has agreed to? "": to whatever it is. */
bool foresight_costs_more(struct form *form, const struct sheet *sheet, bool repeat, sluice_text cost,
                          sluice_text price);
/* Row by row (SLUICE_QUERY_KNOWN): `sheet_row` is its index in the sheet. 1 from `each` stops. */
typedef int foresight_each(void *user, uint32_t sheet_row, const sluice_row *known);
int foresight_rows(struct form *form, const struct sheet *sheet, foresight_each *each, void *user,
                   sluice_error *error);

#endif
