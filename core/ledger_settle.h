/* ledger_settle.h - orders that the ledger learns of from elsewhere, and the end of those in doubt: T0, T10,
 * T11, T12. What is changed is changed between ledger_begin and ledger_commit (ledger.h). */
#ifndef CORE_LEDGER_SETTLE_H
#define CORE_LEDGER_SETTLE_H

#include "ledger.h"

/* The number of an account; 0: the ledger knows nothing of it. With `add` it is made known (in a
 * transaction). */
int ledger_account(struct ledger *ledger, sluice_text provider, sluice_text account, bool add, int64_t *id,
                   sluice_error *error);

/* ---- reading ------------------------------------------------------------------------------- */

struct doubt {
    int64_t id, run;
    struct order_key key;
    uint64_t row;
    const char *service, *identifier, *currency, *code, *reason;
    money price;
    int64_t sent_ms;
    int64_t missed_ms; /* when a whole list was first seen that lacks it; 0: never */
    bool live;         /* its run isn't over: nobody else may settle it */
};

/* Orders of the account in doubt, oldest first; texts are valid until `each` returns. It may stop with
 * non-zero. */
int ledger_doubts(struct ledger *ledger, int64_t account, int (*each)(void *user, const struct doubt *doubt),
                  void *user, sluice_error *error);
/* The order, if it is in doubt. */
int ledger_doubt(struct ledger *ledger, int64_t order, int (*each)(void *user, const struct doubt *doubt),
                 void *user, sluice_error *error);
/* Orders of the account that a run was sending when it died, and that no run has put in doubt yet. */
int ledger_orphans(struct ledger *ledger, int64_t account, int (*each)(void *user, const struct doubt *doubt),
                   void *user, sluice_error *error);
int ledger_count_doubts(struct ledger *ledger, int64_t account, uint64_t *out, sluice_error *error);
/* Each account that has orders in doubt. */
int ledger_doubtful_accounts(struct ledger *ledger,
                             int (*each)(void *user, const char *provider, const char *account), void *user,
                             sluice_error *error);

/* The row that has this order id. */
struct holder {
    int64_t order; /* 0: none */
    enum order_state state;
    int64_t sent_ms;
};

int ledger_holder(struct ledger *ledger, int64_t account, sluice_text order_id, struct holder *out,
                  sluice_error *error);

/* ---- changes ------------------------------------------------------------------------------- */

/* An order that this ledger didn't buy, as a list or a store has it. */
struct foreign {
    int64_t account;
    struct order_key key;
    sluice_text service, identifier;
    sluice_text order_id; /* null: nobody knows it */
    int64_t created_ms;   /* 0: not known */
    sluice_text code, evidence;
    int64_t deliver;      /* to the sinks of that run; 0: it is where it belongs */
    struct record record; /* for them */
};

/* T0, unless its order id is known, or an order for its key is under way or in doubt: then *added is false.
 * Without an order id (nobody knows it, or it is another form of an identifier): only when nothing else is
 * known of the key. */
int ledger_add_foreign(struct ledger *ledger, int64_t run, const struct foreign *foreign, bool *added,
                       sluice_error *error);

/* Has the ledger taken note, for this account, of what the provider lists? Until then it may be a new one in
 * the place of one that was lost. */
int ledger_listed(struct ledger *ledger, sluice_text provider, sluice_text account, bool *listed,
                  sluice_error *error);
int ledger_set_listed(struct ledger *ledger, sluice_text provider, sluice_text account, sluice_error *error);

struct verdict_on_doubt {
    enum transition transition; /* T10, T11, T12 */
    sluice_text order_id;       /* T10; T11: may be null */
    sluice_text who;            /* a person; null: the core */
    sluice_text code, reason, evidence;
    struct record added; /* T10: what the sinks get beside the record as it was read */
};

/* T10, T11 or T12, by `run`. After T10 the order waits for the sinks of the run that sent it. *became: the
 * state afterwards, which is the old one when the order isn't in doubt (any more), when its run is still at
 * work, or when its order id is another order's. By a person T10 also takes one that exists without an order
 * id. */
int ledger_settle(struct ledger *ledger, int64_t run, int64_t order, const struct verdict_on_doubt *verdict,
                  enum order_state *became, sluice_error *error);
/* A whole list, taken at that time, lacks the order. The first time is kept. */
int ledger_note_missed(struct ledger *ledger, int64_t order, int64_t taken_ms, sluice_error *error);

#endif
