/* settings.h - the options of the action and of the source; the source has those of a request and of a list
 * only. */
#ifndef HTTP_SETTINGS_H
#define HTTP_SETTINGS_H

#include <sluice/plugin.h>

struct settings {
    /* the request */
    sluice_text url;
    int64_t method; /* index in method_choices; 0: by what is sent */
    sluice_pairs headers, query, form;
    sluice_text body;
    sluice_secret api_key;
    sluice_text username;
    sluice_secret password;
    /* whose account */
    sluice_text provider, account;
    /* the action */
    uint8_t spends, refunds;
    sluice_text service_id;
    sluice_pairs prices;
    sluice_text order_id, price, status, identifier; /* pointers */
    sluice_texts message;
    sluice_pairs statuses, fields, verdicts;
    sluice_pairs services, balance, orders, order; /* calls of their own */
    int64_t minor_units; /* decimals of amounts that are whole numbers; 0: they are as they are written */
    /* the source */
    sluice_text items, next;
    int64_t first_page, max_pages;
};

extern const char *const method_choices[];

#endif
