/* query.h - the calls that cost nothing and are no CHECK: what is asked, and how the answer is read. */
#ifndef DHRU_QUERY_H
#define DHRU_QUERY_H

#include "provider.h"
#include "reply.h"

struct query {
    uint32_t op; /* enum sluice_op */
    const char *action;
    /* Its parameters; NULL: it needs none. */
    int32_t (*write)(const struct provider *provider, const sluice_call *call, sluice_request *request,
                     sluice_error *error);
    bool may_be_none; /* NoResultFound is an answer: there is no such order */
    /* One item of SUCCESS. */
    void (*read)(const struct provider *provider, sluice_call *call, struct reply *reply, sluice_text item);
};

extern const struct query query_services; /* SERVICES, in catalogue.c */
extern const struct query query_page;     /* PAGE: the same as records, in catalogue.c */
extern const struct query query_balance;  /* BALANCE, in balance.c */
extern const struct query query_order;    /* SETTLE for one order id, in found.c */

/* `queries`: those that the component has, NULL-terminated. */
int32_t query_build(const struct query *const *queries, const struct provider *provider,
                    const sluice_call *call, sluice_request *request, sluice_error *error);
int32_t query_parse(const struct query *const *queries, const struct provider *provider, sluice_call *call,
                    const sluice_reply *reply, sluice_error *error);

#endif
