/* pq_library.h - libpq as the core uses it, loaded when a ledger on Postgres is first opened. The plugin
 * `supabase` loads it for itself: a plugin links against nothing of the core. */
#ifndef CORE_PQ_LIBRARY_H
#define CORE_PQ_LIBRARY_H

#include <libpq-fe.h>

#include "library.h"

#define PQ_SYMBOLS(X) \
    X(PQclear) \
    X(PQconnectPoll) \
    X(PQconnectStartParams) \
    X(PQconninfoFree) \
    X(PQconninfoParse) \
    X(PQconsumeInput) \
    X(PQenterPipelineMode) \
    X(PQerrorMessage) \
    X(PQfinish) \
    X(PQflush) \
    X(PQfreemem) \
    X(PQgetResult) \
    X(PQgetisnull) \
    X(PQgetlength) \
    X(PQgetvalue) \
    X(PQisBusy) \
    X(PQnfields) \
    X(PQntuples) \
    X(PQpipelineSync) \
    X(PQresultErrorField) \
    X(PQresultErrorMessage) \
    X(PQresultStatus) \
    X(PQsendQueryParams) \
    X(PQsetNoticeProcessor) \
    X(PQsetnonblocking) \
    X(PQsocket) \
    X(PQstatus)

struct pq_library {
    PQ_SYMBOLS(LIBRARY_MEMBER)
};

/* The library, or NULL: SLUICE_E_UNAVAILABLE with a sentence. Thread-safe; loaded once. */
const struct pq_library *pq_library(sluice_error *error);

#endif
