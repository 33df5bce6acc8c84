/* order_filter.h - which orders are looked for: from the parameters behind the ? or, when they are too many
 * for an address, from a form that was sent. */
#ifndef FORM_ORDER_FILTER_H
#define FORM_ORDER_FILTER_H

#include "ask.h"
#include "buffer.h"
#include "request.h"

struct order_filter {
    sluice_text text, status, service, since, until, to, imeis, after; /* `to`: a day, itself included */
    char day_behind[16];                                               /* `to` */
    bool sent; /* by a form: what follows is sent likewise */
    struct sheet list;
    bool listed;
};

/* What it names is valid as long as the request. DATA: the list of IMEIs can't be read. */
int order_filter_read(struct request *request, struct order_filter *out, sluice_error *error);
void order_filter_free(struct order_filter *filter);
/* Onto a question for SLUICE_QUERY_STORE and its kin. */
void order_filter_ask(struct order_filter *filter, struct ask *ask);
/* As hidden fields, as a query (with & in front of each). Without `after`. */
void order_filter_fields(struct buffer *page, const struct order_filter *filter);
void order_filter_query(struct buffer *page, const struct order_filter *filter);

#endif
