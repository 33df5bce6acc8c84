/* ledger_remote.h - the ledger's queries, asked of Postgres instead of SQLite. For the ledger's files only.
 *
 * The rules are those of the other files, unchanged: they change the ledger in a transaction that is alone,
 * and know what it holds. Here a transaction is alone because it holds the row of sluice.gate from its first
 * statement to its end. What it asks and what it writes crosses the network as seldom as can be:
 *
 *   - begin, with all that was asked the last time and all that was said to be needed (ledger_ahead.h), is
 *     one round trip;
 *   - what is written waits, and leaves with COMMIT in one more;
 *   - anything else that is asked costs a round trip of its own, and is right all the same. */
#ifndef CORE_LEDGER_REMOTE_H
#define CORE_LEDGER_REMOTE_H

#include "ledger_ahead.h"
#include "ledger_db.h"
#include "pg_link.h"

struct lease_keeper;

/* How a statement is treated. */
enum remote_kind {
    REMOTE_ASK,   /* somebody waits for what it says */
    REMOTE_AGAIN, /* the same, and the next transaction will ask it, too */
    REMOTE_WRITE  /* nobody waits */
};

struct remote_statement {
    const char *sql;
    enum remote_kind kind;
    const char *sure; /* what is sent instead, without waiting, when its answer is known beforehand */
};

extern const struct remote_statement remote_statements[STATEMENT_COUNT];

/* An answer that was asked for at the beginning of the transaction. */
struct remote_memo {
    enum ledger_statement which;
    struct pg_command command; /* the values are `texts` */
    char *texts;
    PGresult *result; /* NULL: it wasn't asked, or something has been written since that may change it */
    bool used;
};

enum { REMOTE_MEMOS = 12, REMOTE_CONNECT_MS = 5000, REMOTE_PATIENCE_MS = 10000 };

/* A key that was said to be needed. */
struct remote_key {
    uint8_t bytes[16];
    int first, count;  /* its rows in ahead.key_rows, the newest generation first */
    bool asked, stale; /* stale: changed since */
    bool askers;       /* who has asked for it is known: its rows in ahead.asker_rows, the newest first */
    int first_asker, asker_count;
    int64_t order; /* claimed in this transaction; 0: not */
    int32_t gen;
    uint32_t attempt;
};

/* An order id that was said to be needed. */
struct remote_id {
    char *text;
    int first, count; /* its rows in ahead.id_rows, one an account */
    bool stale;       /* given to an order since, or that order has changed */
};

struct remote_ahead {
    struct remote_key *keys;
    uint32_t *places; /* by hash: the number of a key + 1 */
    size_t key_count, key_room, asked_keys;
    int64_t *orders;
    size_t order_count, order_room, asked_orders;
    struct remote_id *ids;
    uint32_t *id_places;
    size_t id_count, id_room, asked_ids;
    bool askers; /* who has asked for the keys is to be asked, too */
    PGresult *key_rows, *order_rows, *id_rows, *asker_rows; /* of what was asked last */
};

struct query {
    enum ledger_statement which; /* STATEMENT_COUNT: one that isn't kept */
    char *sql;                   /* of that one */
    struct pg_command command;
    char numbers[PG_PARAMETERS][24];
    char *copies[PG_PARAMETERS]; /* texts that weren't terminated */
    bool stepped;
    PGresult *result;
    bool shared;        /* the result is somebody else's */
    const int *columns; /* there: which of its columns are those of the query; NULL: the first ones */
    int row, end;
    void *blobs[4]; /* of the row, decoded */
    unsigned blob_count;
};

struct remote {
    struct ledger *ledger;
    struct pg_link link;
    char *uri;
    char identity[40]; /* of the ledger, whatever address leads to it */
    struct query *kept[STATEMENT_COUNT];
    struct remote_memo memos[REMOTE_MEMOS];
    unsigned next_memo;
    struct remote_ahead ahead;
    bool open;   /* a transaction is */
    int changed; /* rows, by the last statement */
    int64_t last_id;
    /* The run that this handle began. */
    int64_t run, token, turn; /* `turn`: the number of its last transaction */
    bool fenced; /* as this transaction has found it: the lease is over, or another run has closed it */
    struct lease_keeper *keeper;
    int64_t asked_us; /* when its lease was asked for */
    int64_t lease_ms; /* of a run that this handle begins */
};

/* ---- ledger_remote.c: queries --------------------------------------------------------------- */

int remote_statement(struct remote *remote, enum ledger_statement which, struct query **out,
                     sluice_error *error);
int remote_query(struct remote *remote, const char *sql, struct query **out, sluice_error *error);
void remote_query_end(struct remote *remote, struct query *query);
void remote_reset(struct remote *remote, struct query *query);
int remote_step(struct remote *remote, struct query *query, sluice_error *error);
int remote_execute_unique(struct remote *remote, struct query *query, sluice_error *error);
void remote_bind(struct query *query, int at, sluice_text value, bool binary);
void remote_bind_int(struct query *query, int at, int64_t value);
int64_t remote_column_int(struct remote *remote, struct query *query, int at);
const char *remote_column_string(struct remote *remote, struct query *query, int at);
const void *remote_column_blob(struct remote *remote, struct query *query, int at, size_t *size);
bool remote_column_null(struct remote *remote, struct query *query, int at);

/* ---- ledger_remote_turn.c: transactions ------------------------------------------------------ */

int remote_begin(struct remote *remote, sluice_error *error);
int remote_commit(struct remote *remote, sluice_error *error);
void remote_rollback(struct remote *remote);
/* Keep a result of this transaction, to be asked for at once by the next one. */
void remote_remember(struct remote *remote, struct query *query);
/* The memo of a query, or NULL. */
struct remote_memo *remote_recall(struct remote *remote, const struct query *query);
/* `which` was written: what it may change isn't known any more. */
void remote_wrote(struct remote *remote, const struct query *query);

/* ---- ledger_remote_gate.c -------------------------------------------------------------------- */

/* The gate wasn't to be had: end the transaction that holds it, when its program has long stopped. */
void remote_free_gate(struct remote *remote);

/* ---- ledger_ahead_list.c ----------------------------------------------------------------------- */

/* Room for one more; false: out of memory. */
bool remote_ahead_grow(void **list, size_t *room, size_t count, size_t size);
/* NULL: it wasn't said. */
struct remote_key *remote_key_find(const struct remote_ahead *ahead, const void *key);
struct remote_id *remote_id_find(const struct remote_ahead *ahead, const char *text);
/* The one that is there, or a new one; NULL: out of memory. */
struct remote_key *remote_key_add(struct remote_ahead *ahead, const uint8_t *key);
void remote_id_add(struct remote_ahead *ahead, sluice_text order_id);

/* ---- ledger_ahead.c ---------------------------------------------------------------------------- */

/* Send what is to be asked, and take the answers after the sync. */
int remote_ahead_send(struct remote *remote, sluice_error *error);
int remote_ahead_take(struct remote *remote, sluice_error *error);
/* Everything that was said and answered is over. */
void remote_ahead_forget(struct remote *remote);
void remote_ahead_free(struct remote *remote);

/* ---- ledger_ahead_answer.c --------------------------------------------------------------------- */

/* What a query wants to know was asked beforehand: true, and the answer is the query's. */
bool remote_ahead_answer(struct remote *remote, struct query *query);
/* Is there a row of that key and generation? -1: not known. */
int remote_ahead_knows(struct remote *remote, const void *key, int64_t gen);
/* Nobody has that order id, and nobody else will get it in this transaction. */
bool remote_ahead_free_id(struct remote *remote, const char *order_id);
/* An order has changed. */
void remote_ahead_changed(struct remote *remote, int64_t order);
/* An order has got that order id. */
void remote_ahead_given(struct remote *remote, const char *order_id);
/* An order that was bought elsewhere was added. */
void remote_ahead_added(struct remote *remote, const void *key, const char *order_id);
/* A key was claimed by this transaction; and was it? */
void remote_ahead_note(struct remote *remote, const struct order_key *key, const struct claim *claim);
const struct remote_key *remote_ahead_claimed(struct remote *remote, const struct order_key *key);

/* ---- ledger_remote_schema.c ------------------------------------------------------------------ */

/* Look at the tables; make them where there are none and `writable`. */
int remote_check_schema(struct remote *remote, bool writable, sluice_error *error);

/* ---- ledger_remote_run.c: leases ------------------------------------------------------------- */

/* In the transaction that adds the run. */
int remote_run_add(struct remote *remote, int64_t run, int64_t timeout_ms, sluice_error *error);
/* The run's row is there: its lease is kept from now on. */
int remote_run_begun(struct remote *remote, int64_t run, sluice_error *error);
void remote_run_ended(struct remote *remote);
/* Orders of the run are about to be sent: what the ledger must know from now on is noted in the state
 * directory. */
void remote_mark(const struct remote *remote);
/* Does it still know that? One that was restored from a backup, or a replica that was behind, doesn't. */
int remote_check_age(struct remote *remote, sluice_error *error);
/* Is it this very run, or another one of its number? In a transaction. */
int remote_run_has_token(struct remote *remote, int64_t run, int64_t token, bool *has, sluice_error *error);
/* Is the lease of a run over for so long that nothing of it can be under way any more? In a transaction its
 * owner can't renew it meanwhile. */
int remote_run_dead(struct remote *remote, int64_t run, bool *dead, sluice_error *error);

/* ---- opening --------------------------------------------------------------------------------- */

int remote_open(struct ledger *ledger, const struct ledger_site *site, bool writable, struct remote **out,
                sluice_error *error);
void remote_close(struct remote *remote);

#endif
