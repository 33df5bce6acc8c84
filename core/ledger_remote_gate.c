/* A gate that is held by somebody who doesn't go on. */
#include "ledger_remote.h"

/* A program that is stopped, or a machine that is gone, in the middle of a round trip: the server has run a
 * part of it and waits for the rest, and no time-out of its own counts while it does (idle_in_transaction_…
 * begins behind a Sync). Everybody at the gate would wait until TCP gives up, which is hours. The server can
 * be told to end such a transaction: it is rolled back, and its owner, should it come back, finds its
 * connection lost. Whoever waits for the gate has the mode, too, but waits for a lock, not for a client. */
void remote_free_gate(struct remote *remote) {
    const struct pg_command command = {
        .sql =
            "SELECT pg_terminate_backend(a.pid) FROM pg_catalog.pg_locks AS l"
            " JOIN pg_catalog.pg_stat_activity AS a USING (pid)"
            " WHERE l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())"
            " AND l.relation = 'sluice.gate'::regclass AND l.mode = 'RowShareLock'"
            " AND a.wait_event_type = 'Client'"
            " AND a.state_change < clock_timestamp() - interval '10 s'"}; /* REMOTE_PATIENCE_MS */
    PGresult *ended = NULL;
    if (pg_link_connect(&remote->link, REMOTE_CONNECT_MS, NULL) ||
        pg_link_ask(&remote->link, &command, &ended, NULL))
        return; /* the next attempt says what is wrong */
    remote->link.pq->PQclear(ended);
}
