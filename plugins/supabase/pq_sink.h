/* pq_sink.h - the parts of an opened sink that the store's own verbs need. */
#ifndef SUPABASE_PQ_SINK_H
#define SUPABASE_PQ_SINK_H

#include "connection.h"

struct pq_parts {
    struct connection *connection; /* connect it first */
    sluice_text table;             /* the option */
    struct sql *script;            /* a text that lives as long as the sink */
};

struct pq_parts pq_sink_parts(void *instance);
/* The statements of `store init`, in that text. */
int32_t pq_store_script(void *instance, sluice_text *script, sluice_error *error);

#endif
