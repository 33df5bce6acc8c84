/* api_body.h - the JSON that a script sends to order something. Pure but for memory. */
#ifndef FORM_API_BODY_H
#define FORM_API_BODY_H

#include "sheet.h"

enum { API_NAME = 64, API_SERVICE = 64, API_PRICE = 32 };

struct api_body {
    struct sheet sheet; /* to be freed when api_body_read has returned 0 */
    char name[API_NAME + 1], service[API_SERVICE + 1], max_price[API_PRICE + 1]; /* "": none */
    bool repeat;
};

/* {"imeis": ["…"], "service": "1739", "repeat": false, "name": "…", "max_price": "0.08"}, or "rows":
 * [{"imei": "…", …}] instead of imeis. DATA, with a sentence. */
int api_body_read(const sluice_host *host, sluice_text text, struct api_body *out, sluice_error *error);
/* Letters, digits, '-', '_' and '.', at most API_NAME. */
bool api_name_good(sluice_text name);

#endif
