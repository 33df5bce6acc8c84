/* pq_library.h - libpq, loaded when a database is first connected to.
 *
 * `pq.exec(connection, sql)` is PQexec(connection, sql). Filled once and never unloaded. */
#ifndef SUPABASE_PQ_LIBRARY_H
#define SUPABASE_PQ_LIBRARY_H

#include <libpq-fe.h>
#include <sluice/host.h>

#define PQ_SYMBOLS(X) \
    X(clear) \
    X(cmdTuples) \
    X(connectdbParams) \
    X(conninfoFree) \
    X(conninfoParse) \
    X(errorMessage) \
    X(escapeIdentifier) \
    X(exec) \
    X(execParams) \
    X(finish) \
    X(fname) \
    X(freemem) \
    X(getResult) \
    X(getisnull) \
    X(getlength) \
    X(getvalue) \
    X(nfields) \
    X(ntuples) \
    X(putCopyData) \
    X(putCopyEnd) \
    X(resultErrorField) \
    X(resultStatus) \
    X(sendQuery) \
    X(setNoticeProcessor) \
    X(status)

struct pq_library {
#define PQ_MEMBER(name) __typeof__(PQ##name) *name;
    PQ_SYMBOLS(PQ_MEMBER)
#undef PQ_MEMBER
};

extern struct pq_library pq;

int pq_library_load(const sluice_host *host, sluice_error *error);

#endif
