/* weigh.h - what a call that is over proves about one of its orders: T3 to T8 of the ledger, and what the run
 * does next. Pure.
 *
 * Only evidence that names the order, or an answer that is free for every order of the call, takes it out of
 * doubt. Whatever isn't in the table is a doubt: it costs a question, never money. */
#ifndef CORE_WEIGH_H
#define CORE_WEIGH_H

#include "exchange.h"
#include "order.h"
#include "transition.h"

/* What happens to the order once its outcome is on the disk. */
enum effect {
    /* Of a claim that was refused. */
    EFFECT_DUPLICATE,
    EFFECT_WAS_IN_DOUBT,
    EFFECT_WAS_REJECTED,
    EFFECT_LIVE, /* another run has it */
    EFFECT_DIFFERS,
    EFFECT_LEFT_OUT, /* whoever asks has spent what one may, or agreed to less */
    /* Of a call. */
    EFFECT_PLACED,   /* it goes to the sinks */
    EFFECT_REJECTED, /* it goes to on_reject */
    EFFECT_IN_DOUBT,
    EFFECT_CLAIM_AGAIN, /* nothing was bought: once more, later */
    EFFECT_FAILED,      /* the request can't be built; the run stops */
    EFFECT_STOPPED,     /* it never left, because the run stops */
    EFFECT_NO_CREDIT,   /* nothing was bought; the run stops */
    EFFECT_AUTH,        /* likewise */
    EFFECT_CONFIG       /* likewise */
};

struct weight {
    enum transition transition;
    enum effect effect;
    const char *code;   /* in the call's memory, or constant */
    sluice_text reason; /* likewise */
};

/* The ledger said something else than "claimed"; `ours`: this run itself has the order. */
enum effect weigh_answer(enum answer answer, bool ours);
/* The flight has come back; `index` is the order's in it. */
struct weight weigh(const struct flight *flight, uint32_t index);

#endif
