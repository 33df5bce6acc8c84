/* query.h - the calls that cost nothing: what is asked, and how the answer is read. */
#ifndef GSM_FUSION_QUERY_H
#define GSM_FUSION_QUERY_H

#include "provider.h"

struct query {
    uint32_t op; /* enum sluice_op */
    const char *action;
    /* What else the request has. May be NULL. */
    int32_t (*write)(struct provider *provider, const sluice_call *call, sluice_request *request,
                     sluice_error *error);
    bool may_be_none; /* "Invalid Order ID" is an answer: there are no such orders */
    size_t state;     /* bytes; a struct exchange first */
    void (*record)(void *state, const struct record *record);
    void (*end)(void *state); /* the reply was complete; may be NULL */
};

extern const struct query query_services; /* SERVICES, in catalogue.c */
extern const struct query query_page;     /* PAGE: the same as records, in catalogue.c */
extern const struct query query_balance;  /* BALANCE, in balance.c */
extern const struct query query_orders;   /* SETTLE, in listing.c */

/* The query for an op of the list, NULL-terminated; NULL: none. */
const struct query *query_find(const struct query *const *queries, uint32_t op);
int32_t query_build(const struct query *query, struct provider *provider, sluice_call *call,
                    sluice_request *request, sluice_error *error);
int32_t query_parse(const struct query *query, sluice_call *call, const sluice_reply *reply,
                    sluice_error *error);

#endif
