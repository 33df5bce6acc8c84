/* spend_parts.h - the pieces of spend.c's turn: claims, outcomes, effects. Nobody else includes it. */
#ifndef CORE_SPEND_PARTS_H
#define CORE_SPEND_PARTS_H

#include "spend.h"
#include "weigh.h"

enum {
    GROUP_ROWS = 512,              /* claims in one transaction, about */
    CLAIM_ATTEMPTS = 5,            /* of an order that never left */
    DOUBTS_IN_ROW = SENDER_DOUBTS, /* stop placing, at first */
    ADDED_MOST = PACKER_ADDED,
    BACKLOG_MOST = 10000, /* placed orders that wait for a sink */
    DELIVER_ROWS = 1000,  /* placed orders that go to the sinks together, at most */
};

/* What became of an order in the turn under way; takes effect once the turn is committed. */
struct result {
    struct order *order;
    enum effect effect;
    struct flight *flight; /* NULL: the claim was refused */
    uint32_t index;        /* in the flight */
    money charged;
    int64_t version;
    uint64_t own_row; /* of a duplicate */
    const char *code;
    sluice_text order_id, reason; /* in the lot's or the call's arena */
};

/* Of sender->landed. */
void spend_landed(void *user, struct flight *flights);

uint32_t spend_list(const struct spend *spend);
/* The order is counted in the caps with so much more; negative: given back. */
void spend_count(struct spend *spend, const struct order *order, money price);
/* Rows that fit in flight. */
uint64_t spend_slots(const struct spend *spend);
struct result *spend_add_result(struct spend *spend, struct order *order, enum effect effect);

/* ---- spend_claim.c ------------------------------------------------------------------------ */

/* The next order to claim; NULL: none for now. */
struct order *spend_next_order(struct spend *spend);
/* Later, when order->not_before_us has come. */
void spend_claim_later(struct spend *spend, struct order *order);
/* As if it had never been taken: it is the next one again. */
void spend_put_back(struct spend *spend, struct order *order);
/* T1 and T2 for up to `most` orders, grouped into calls; what is refused becomes a result. */
int spend_claim(struct spend *spend, uint64_t most, struct flight **flights, uint64_t *count,
                sluice_error *error);

/* ---- spend_ahead.c ------------------------------------------------------------------------- */

/* Before the transaction: what it will ask for, with those outcomes and claims of so many rows. */
void spend_expect(struct spend *spend, const struct flight *landed, uint64_t rows);

/* ---- spend_backlog.c ----------------------------------------------------------------------- */

/* Of the `rows` that may be claimed in this turn, those that leave what waits for the sinks within its limit,
 * with those in flight. None, and all sinks well: it is waited for them. None, nothing in flight, and one
 * isn't: the run stops. Inside a transaction. */
int spend_limit_backlog(struct spend *spend, uint64_t in_flight, uint64_t *rows, sluice_error *error);

/* ---- spend_outcome.c ---------------------------------------------------------------------- */

/* T3-T8 for one row of a call that landed, and its result. */
int spend_apply(struct spend *spend, struct flight *flight, uint32_t index, sluice_error *error);
/* The ledger can't be reached: keep the order of a reply that placed one in the state directory, whence the
 * next run brings it into the ledger. False: it couldn't be kept. */
bool spend_keep_late(struct spend *spend, struct flight *flight, uint32_t index);
struct added_texts {
    char price[MONEY_TEXT];
    char date[24];
};
void spend_added_values(struct spend *spend, const struct result *result, sluice_text *values,
                        struct added_texts *texts);

/* ---- spend_doubt.c ------------------------------------------------------------------------ */

/* Too much is in doubt: nothing new may be bought until some of it is settled. */
bool spend_is_doubtful(const struct spend *spend);
/* One more. When that is too much, what wasn't started is taken back. */
void spend_note_doubt(struct spend *spend);
/* A row asked for an order that is in doubt. */
void spend_note_asked(struct spend *spend, int64_t order);
/* Nothing is in flight: settle what can be, and go on, or stop the run. */
void spend_clear_doubts(struct spend *spend);

/* ---- spend_effect.c ----------------------------------------------------------------------- */

/* Counts, messages, delivery, what is done next: of each result, after the commit. */
void spend_take_effects(struct spend *spend);
void spend_flush_placed(struct spend *spend);
void spend_skip(struct spend *spend, const struct result *result);
void spend_say(struct spend *spend, const struct result *result, const char *state);
/* Of packer->full. */
void spend_packed(void *user, struct batch *batch);

/* ---- spend_reserve.c ---------------------------------------------------------------------- */

int spend_reserve_start(struct spend *spend, sluice_error *error);
/* How much of the account may be spent; asks for the balance from time to time. In a turn. */
int spend_read_reserve(struct spend *spend, sluice_error *error);
/* The reserve is reached and nothing is in flight: is there one more answer to wait for? */
bool spend_reserve_asks(struct spend *spend);
void spend_reserve_end(struct spend *spend);

#endif
