#include "weigh.h"

#include "text.h"

static struct weight doubt(const char *code, sluice_text reason) {
    return (struct weight){T8, EFFECT_IN_DOUBT, code, reason};
}

static struct weight said(enum transition transition, enum effect effect, const char *code,
                          const struct verdict *verdict) {
    return (struct weight){transition, effect, code, verdict->text};
}

static const char *code_or(const struct verdict *verdict, const char *other) {
    return verdict->code.len ? verdict->code.ptr : other;
}

/* `own`: the verdict names the order, or the call was about nothing else. */
static struct weight weigh_verdict(const struct verdict *verdict, bool own, bool single) {
    if (verdict->twice)
        return doubt("contradiction", TEXT("the reply says two different things about this identifier"));
    switch (verdict->kind) {
    case 0:
        return doubt("not_mentioned", TEXT("the reply doesn't mention this identifier"));
    case SLUICE_VERDICT_PLACED:
        if (own && verdict->order_id.len)
            return said(T3, EFFECT_PLACED, "", verdict);
        break;
    case SLUICE_VERDICT_DUPLICATE:
        if (own)
            return said(T7, EFFECT_IN_DOUBT, "duplicate", verdict);
        break;
    case SLUICE_VERDICT_REJECTED:
        if (own)
            return (struct weight){T6, EFFECT_REJECTED, code_or(verdict, "rejected"), verdict->text};
        break;
    case SLUICE_VERDICT_NO_CREDIT: /* of several orders some may have been paid before the credit ran out */
        if (single)
            return said(T5, EFFECT_NO_CREDIT, "no_credit", verdict);
        break;
    case SLUICE_VERDICT_REFUSED_AUTH:
        return said(T5, EFFECT_AUTH, "auth", verdict);
    case SLUICE_VERDICT_REFUSED_CONFIG:
        return said(T5, EFFECT_CONFIG, "config", verdict);
    case SLUICE_VERDICT_RETRY_LATER:
        return said(T5, EFFECT_CLAIM_AGAIN, "retry_later", verdict);
    default:
        break;
    }
    return doubt(code_or(verdict, "unclear"), verdict->text);
}

/* "Maintenance" for the whole call, and an order of it placed: then who knows what became of the others. */
static bool some_bought(const struct flight *flight) {
    for (uint32_t i = 0; i < flight->count; i++)
        if (flight->call.verdicts[i].kind == SLUICE_VERDICT_PLACED ||
            flight->call.verdicts[i].kind == SLUICE_VERDICT_DUPLICATE)
            return true;
    return false;
}

static struct weight weigh_reply(const struct flight *flight, uint32_t index) {
    const struct verdict *verdict = call_verdict(&flight->call, index);
    bool named = verdict != &flight->call.whole;
    if (!named && verdict->kind && some_bought(flight))
        return doubt("contradiction", verdict->text);
    return weigh_verdict(verdict, named || flight->count == 1, flight->count == 1);
}

enum effect weigh_answer(enum answer answer, bool ours) {
    switch (answer) {
    case ANSWER_DUPLICATE:
        return EFFECT_DUPLICATE;
    case ANSWER_REJECTED:
        return EFFECT_WAS_REJECTED;
    case ANSWER_LIVE: /* ours: the same identity stands twice in the input */
        return ours ? EFFECT_DUPLICATE : EFFECT_LIVE;
    case ANSWER_DIFFERS:
        return EFFECT_DIFFERS;
    case ANSWER_IN_DOUBT:
    case ANSWER_CLAIMED:
        break;
    }
    return EFFECT_WAS_IN_DOUBT;
}

struct weight weigh(const struct flight *flight, uint32_t index) {
    switch (flight->end) {
    case FLIGHT_UNSENT:
        return (struct weight){T4, flight->failure ? EFFECT_FAILED : EFFECT_CLAIM_AGAIN, "not_sent",
                               text_of(flight->text)};
    case FLIGHT_RETURNED:
        return (struct weight){T4, EFFECT_STOPPED, "stopped", text_of(flight->text)};
    case FLIGHT_REPLIED:
        return weigh_reply(flight, index);
    case FLIGHT_DOUBT:
        break;
    }
    return doubt("no_reply", text_of(flight->text));
}
