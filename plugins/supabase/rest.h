/* rest.h - a project's REST interface: where it is, with which key, and what every request to it has. */
#ifndef SUPABASE_REST_H
#define SUPABASE_REST_H

#include <sluice/plugin.h>

#include "rest_fault.h"
#include "sql.h"

enum { REST_ROWS = 1000 }; /* that a reply has at most, whatever is asked for */

struct rest {
    const sluice_host *host;
    sluice_self *self;
    sluice_secret key;
    bool bearer; /* a key of the older kind stands in both headers */
    enum rest_role role;
    char schema[64];
    char table[64];
    char shown[130]; /* schema.table */
    char server[128];
    struct sql path; /* of the request that is being made */
};

/* A string of JSON. */
void rest_add_string(struct sql *body, sluice_text text);
/* The path of another table of the same schema. */
void rest_begin_at(struct rest *rest, const char *table);

/* Read the key's looks, name the endpoint. CONFIG when one of the two is missing. `list`: rows in a call. */
int rest_open(struct rest *rest, const sluice_host *host, sluice_self *self, sluice_text url,
              sluice_secret key, sluice_text table, uint32_t list, sluice_error *error);
void rest_free(struct rest *rest);
int rest_no_memory(const struct rest *rest, sluice_error *error);

/* Begin the path: /rest/v1/TABLE?… */
void rest_begin(struct rest *rest);
/* Headers and path into the request. `prefer`: may be NULL. */
int rest_request(struct rest *rest, sluice_request *request, uint32_t method, const char *prefer,
                 sluice_error *error);
/* A reply that isn't what was asked for: REST_FINE is for yes, and nothing was said; FATAL: a failure;
 * the others: a verdict on the whole call. *kind: which. */
int rest_hear(struct rest *rest, sluice_call *call, const sluice_reply *reply, enum rest_kind *kind,
              struct rest_fault *fault, sluice_error *error);
/* The same, when what it says is known. */
int rest_answer(struct rest *rest, sluice_call *call, const struct rest_fault *fault, sluice_error *error);
/* The reply says yes and can't be read: it may have been cut off. */
void rest_unread(struct rest *rest, sluice_call *call, const char *what);
/* Rows affected, or found in all, by Content-Range; -1: it doesn't say. */
int64_t rest_count(const struct rest *rest, sluice_call *call);

#endif
