/* rest_query.h - which rows of a table the source asks for, as the address of a request. Pure. */
#ifndef SUPABASE_REST_QUERY_H
#define SUPABASE_REST_QUERY_H

#include "options.h"
#include "rest_layout.h"

enum {
    REST_LIST_BYTES = 8000, /* of an address, which has to stay below 16 KiB with the headers */
    REST_LIST_BYTES_LEAST = 1000
};

#define REST_QUERY_KEY "sluice_key"

struct rest_query {
    const struct source_options *options;
    const char *since;                  /* in full, with its zone; "": from the start */
    const char *key;                    /* the column that rows are read by */
    const struct rest_columns *columns; /* those that are known to be missing aren't asked for */
    uint64_t list_bytes; /* of that part in an address; less after a gateway found one too long */
    uint64_t from, to;   /* part of the longest list, imei or order_id, that goes into one request */
};

/* The longest list of the options, which is divided over requests; NULL: none is given. */
const sluice_texts *rest_query_list(const struct source_options *options);
/* How far a request may reach into it, from query->from on. */
uint64_t rest_query_reach(const struct rest_query *query);
/* select=…&order=…&limit=…, and the conditions. `after`: the key of the row before; empty: none. */
void rest_query_add(struct sql *url, const struct rest_query *query, sluice_text after, uint64_t limit);

#endif
