/* amount.h - amounts as the provider writes them: "$0.08", "0.08 USD", "1,234.50", "$ 150.00 USD". Pure. */
#ifndef SHARED_AMOUNT_H
#define SHARED_AMOUNT_H

#include <sluice/base.h>

enum { AMOUNT_TEXT = 32, CURRENCY_TEXT = 4 };

/* The amount as plain decimal text in `out`; null when the text holds none, or more than one. */
sluice_text amount_read(sluice_text text, char out[AMOUNT_TEXT]);
/* The currency's code in `out`; null when the text names none ("$" alone is the sign of many). */
sluice_text amount_currency(sluice_text text, char out[CURRENCY_TEXT]);

/* Millionths; text of amount_read's form with at most 6 decimals that count. */
int64_t amount_micros(sluice_text text);
/* At least two decimals: 0.08, 150.00, 0.125. Returns `out`. */
char *amount_format(int64_t micros, char out[AMOUNT_TEXT]);

#endif
