/* money.h - decimal amounts as whole millionths. Pure; no floating point. */
#ifndef CORE_MONEY_H
#define CORE_MONEY_H

#include <stdbool.h>
#include <stdint.h>

#include <sluice/base.h>

typedef int64_t money; /* millionths of the currency's unit */

#define MONEY_NONE INT64_MIN /* not given, not known */
#define MONEY_TEXT 32        /* room for the longest amount as text */

/* "0.08", "1,234.50", "$ 150.00 USD" -> the amount. False: no amount in it, more than 6 decimals that
 * aren't zero, or beyond ±9 trillion. A sign, digits, one '.', ',' between groups of three; around
 * them only spaces, currency signs and letters. */
bool money_parse(sluice_text text, money *out);
/* Only the amount itself: what a user may write in a pipeline. */
bool money_parse_strict(sluice_text text, money *out);
/* At least two decimals, no trailing zeros behind them: 0.08, 480.00, 0.125. Returns `out`. */
char *money_format(money amount, char out[MONEY_TEXT]);
/* Saturates instead of wrapping round. */
money money_add(money a, money b);

#endif
