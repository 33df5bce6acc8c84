/* order_json.h - an order of the ledger, and what happened to it, as JSON. */
#ifndef CORE_ORDER_JSON_H
#define CORE_ORDER_JSON_H

#include "json.h"
#include "ledger.h"

/* The members of an object that is open. */
void order_json(struct json *json, const struct order_row *row);
/* An object. */
void event_json(struct json *json, const struct event_row *event);

#endif
