/* spend.h - the ledger's thread of a run that pays: claims, hands to the sender, records outcomes.
 *
 * One loop, one transaction a turn: the outcomes of the calls that landed, the claims of the next ones,
 * the sinks' cursors; then COMMIT; only then are the new calls given to the sender and the placed orders
 * to the sinks. At any time at most 2 × calls in flight × rows in a call are `sending` on disk. */
#ifndef CORE_SPEND_H
#define CORE_SPEND_H

#include <pthread.h>
#include <stdbool.h>

#include "balance_watch.h"
#include "cap.h"
#include "catalogue.h"
#include "doubt_reasons.h"
#include "doubts.h"
#include "ledger.h"
#include "order.h"
#include "packer.h"
#include "run.h"
#include "sender.h"
#include "settle.h"
#include "zone.h"

struct cursor_move {
    const char *sink;
    int64_t run, version;
};

enum { SPEND_RESERVE_US = 60 * 1000000 };

/* What is known of the balance, for spend.reserve. Readings, each with what was counted when it was asked
 * for; MONEY_NONE: there is none. */
struct reserve {
    struct balance_watch watch;
    int32_t since_quarter; /* what is counted begins there */
    money start, newest;
    struct ledger_counted start_counted, newest_counted, asked_counted;
    money absent; /* orders in doubt that were counted by the start, and weren't bought: no money came back */
    bool asking, asked_idle;
    bool idle;   /* the newest was read with nothing of this run in flight */
    bool warned; /* that it can't be read */
    int64_t every_us, due_us;
};

struct spend {
    struct run *run;
    struct ledger *ledger;     /* the thread's, between start and join */
    bool moved;                /* its files were: that is said */
    struct instance *instance; /* the spending action */
    const struct component *component;
    struct order_maker maker;
    struct catalogue catalogue;
    struct suspects suspects;
    struct sender sender;
    struct packer packer; /* placed orders on their way to the sinks */
    bool hole;            /* a placed order couldn't be packed: cursors must not move over it */
    int64_t packed_since_us;
    pthread_t thread;
    bool started;

    pthread_mutex_t lock; /* of these, filled by other threads */
    pthread_cond_t wake, space;
    struct flight *landed, **landed_last;
    unsigned landed_count;
    int64_t landed_since_us;
    struct lot *lots, **lots_last;
    unsigned lot_count;
    uint64_t given; /* orders in all lots so far */
    bool input_ended;
    struct cursor_move *moves;
    unsigned move_count, move_room;

    struct lot *lot; /* the one being claimed from */
    uint32_t lot_next;
    uint64_t taken;                    /* of `given`, those taken out of their lots */
    struct order *again, **again_last; /* released, to be claimed once more */
    struct flight *spare;              /* flights that can be used again */
    struct flight **boarding;          /* of the turn under way, one a service of the catalogue */
    struct flight **flights_last;      /* the end of the turn's chain */
    const char *currency;
    const char *zone_name;
    struct zone *zone;             /* in which a day of max_day is counted */
    int32_t quarter;               /* of an hour, in which the turn under way counts */
    struct zone_span today;        /* the day that it lies in */
    struct repeat repeat;          /* what may be ordered again */
    struct doubt_reasons *reasons; /* what was said of orders in doubt; NULL: nothing is */
    uint64_t looks;                /* orders that may be looked up in the turn under way */
    uint64_t refused;              /* of those of the last one */
    int64_t failing_us;            /* since when the ledger can't be reached; 0: it can */
    uint64_t sending;              /* rows that are `sending` on disk */
    bool proven;                   /* the first call of the run has landed; until then it goes alone */
    uint64_t waiting;              /* rows claimed once more later */
    int64_t calls;
    uint64_t doubts;                            /* of the account, not settled now */
    uint64_t doubts_later;                      /* of them, those that a later list may decide on */
    uint64_t doubts_later_old;                  /* of those, the ones of earlier runs */
    int64_t doubts_later_ms;                    /* then */
    bool unasked;                               /* whether to order: there were too many doubts */
    uint64_t doubts_in_row, doubts_in_row_most; /* so many stop placing */
    bool doubtful;       /* too many at once: nothing is claimed before they were looked for */
    uint64_t seeded;     /* T0: orders that the provider lists and nobody knew, at the start */
    bool said_unsettled; /* that the list settles nothing of what is in doubt: once a run */
    int64_t *asked;      /* orders that were found in doubt, one for each row that asked for them */
    size_t asked_count, asked_room;
    int64_t pause_most_ms; /* of a back-off; POLICY_WAIT_MOST_MS unless a test has no time */
    struct cap cap;
    money max_share;    /* of one asker, where the run is of many (run_watch); MONEY_NONE: not given */
    uint64_t room;      /* orders that may be placed before those that wait for a sink are counted again */
    bool held;          /* too many wait: none is placed */
    struct pause pause; /* the ledger's, once it was seen: this run orders nothing more */
    struct reserve reserve;
    int64_t reserve_every_us; /* the balance is read so often; SPEND_RESERVE_US unless a test has no time */
    const char *at_cap;       /* the rule that forbade the last order; NULL: none */
    struct result *results;   /* of the turn under way */
    size_t result_count, result_room;
    const sluice_text *added_names;
    uint32_t added_count;
};

int spend_open(struct spend *spend, struct run *run, const struct component *component,
               struct instance *instance, struct ledger *ledger, sluice_error *error);
/* The columns that a placed order gets: first what every provider has, then what the plugin reads. Before
 * spend_start, which does it as well; when the provider's services are known. */
int spend_name_columns(struct spend *spend, sluice_error *error);
int spend_start(struct spend *spend, sluice_error *error);
/* Orders of a batch (the reference is taken over). Waits when enough are waiting. From the source's thread.
 */
int spend_give(struct spend *spend, struct batch *batch, sluice_error *error);
void spend_input_ended(struct spend *spend);
/* A sink has got this far. Any thread. */
void spend_kept(struct spend *spend, const char *sink, int64_t run, int64_t version);
/* Look at the stop of the run at once. Any thread. */
void spend_wake(struct spend *spend);
void spend_join(struct spend *spend);
/* Ask the provider what became of the orders in doubt (settler.h), and count what that tells about this run.
 * `seeds`: also those of earlier runs, and take note of the orders that it lists and the ledger doesn't know
 * (T0): before the sinks are told what waits for them. Only when nothing is in flight: before spend_start,
 * after spend_join, or by the ledger's thread. */
int spend_settle(struct spend *spend, bool seeds, sluice_error *error);
extern const char spend_doubts_rule[]; /* "max_in_doubt" */
/* What is known of the orders in doubt, as it is said to people. */
struct doubts spend_doubts(const struct spend *spend);
/* The provider lists this order, and its title doesn't tell the service. Before spend_start. */
int spend_suspect(struct spend *spend, const struct settle_listed *order, sluice_text title,
                  sluice_error *error);
/* After the sinks have ended: their last cursors. */
int spend_flush_cursors(struct spend *spend, sluice_error *error);
void spend_close(struct spend *spend);
/* Before the balance is read for the first time: take note of what is counted by then. */
int spend_reserve_begin(struct spend *spend, sluice_error *error);
/* The quarter of an hour in which an order that is claimed now would count, and what has been spent on its
 * day. It may be later than the clock's, after that was stepped back. */
int spend_look_day(struct spend *spend, int32_t *quarter, money *counted, sluice_error *error);

#endif
