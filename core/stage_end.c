#include "stage_parts.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "policy.h"
#include "text.h"

/* When asking on is of no use to anybody. */
enum {
    GIVEN_UP_MOST = 5,  /* calls in a row, each tried as often as policy.h says */
    TIMEOUTS_LEAST = 8, /* calls in a row that timed out; or three rounds of all slots, if that is more */
    REFUSALS_MOST = 64, /* replies in a row that only say no, whatever they were asked about */
    SEARCHED_MOST = 4, /* lists in a row that were halved for want of a reply: one bad row needs one or two */
};

/* ---- one call ------------------------------------------------------------------------------ */

void stage_skip(struct stage *stage, struct inquiry *inquiry) {
    for (uint32_t i = 0; i < inquiry->count; i++)
        tally_skip(&stage->run->tally, inquiry->rows[i].batch->numbers[inquiry->rows[i].row]);
    stage_keep_spare(stage, inquiry);
}

/* Where the call was about several rows, each half is asked about by itself. */
static bool halve(struct stage *stage, struct inquiry *inquiry, int64_t not_before_us) {
    struct inquiry *other = inquiry->count > 1 ? stage_inquiry(stage, inquiry->count) : NULL;
    if (!other)
        return false;
    inquiry_split(inquiry, inquiry->count / 2, other);
    call_end(&inquiry->call);
    other->attempt = inquiry->attempt;
    stage_again(stage, inquiry, not_before_us);
    stage_again(stage, other, not_before_us);
    return true;
}

/* Somebody was there, and answered to this one record something that can't be used. */
static bool is_spoilt(const struct inquiry *inquiry, const struct http_result *result) {
    return inquiry->count == 1 && result->outcome == HTTP_REPLIED && result->status != 429 &&
           (result->status < 502 || result->status > 504);
}

/* The rows stay as they are; the next run asks again. */
static void give_up(struct stage *stage, struct inquiry *inquiry, const struct http_result *result,
                    const char *why) {
    log_line(SLUICE_LOG_WARN, stage->component->place, "%u record%s can't be asked about now: %s",
             inquiry->count, inquiry->count == 1 ? "" : "s", why);
    stage_fail_rows(stage, inquiry);
    atomic_fetch_add(&stage->run->spoilt, is_spoilt(inquiry, result));
    stage_keep_spare(stage, inquiry);
    if (++stage->given_up >= GIVEN_UP_MOST)
        run_stop(stage->run, STOP_UNAVAILABLE, 69, "%s: %u calls in a row came to nothing; try again later",
                 stage->component->place, stage->given_up);
}

/* It may be one of its rows, which would keep the others from their results in every run. A provider that is
 * away is found out by a few calls more: each half is tried once. */
static void give_up_or_halve(struct stage *stage, struct inquiry *inquiry, const struct http_result *result,
                             const char *why) {
    bool others = stage->replies != inquiry->replies;
    inquiry->attempt = POLICY_ATTEMPTS;
    if ((others || stage->searched < SEARCHED_MOST) && halve(stage, inquiry, 0))
        stage->searched += !others;
    else
        give_up(stage, inquiry, result, why);
}

static void send_again(struct stage *stage, struct inquiry *inquiry, const struct http_result *result,
                       bool hold_all, const char *why) {
    int64_t delay_ms = policy_delay_ms(result, inquiry->attempt, (uint32_t)clock_us() ^ inquiry->count);
    int64_t until_us = clock_us() + delay_ms * 1000;
    log_line(SLUICE_LOG_DEBUG, stage->component->place, "attempt %u: %s", inquiry->attempt, why);
    inquiry->attempt++;
    call_end(&inquiry->call);
    if (hold_all || result->retry_after_ms > 0)
        limit_pause(&stage->limit, until_us);
    stage_again(stage, inquiry, until_us);
}

void stage_unsent(struct stage *stage, struct inquiry *inquiry, const sluice_error *error) {
    if (error->code == SLUICE_E_CONFIG || error->code == SLUICE_E_AUTH || error->code == SLUICE_E_PLUGIN) {
        run_stop(stage->run, STOP_FAILED, -error->code, "%s: %s", stage->component->place, error->text);
        stage_skip(stage, inquiry);
        return;
    }
    if (halve(stage, inquiry, 0))
        return;
    /* Not even the request about this one row can be made: what is wrong is in the row. */
    log_line(SLUICE_LOG_WARN, stage->component->place, "row %llu: %s",
             (unsigned long long)inquiry->rows[0].batch->numbers[inquiry->rows[0].row], error->text);
    stage->unheard[UNHEARD_DOUBT]++;
    stage_pass_unchanged(stage, inquiry);
    stage_keep_spare(stage, inquiry);
}

/* ---- no reply ------------------------------------------------------------------------------ */

static bool too_many_timeouts(const struct stage *stage) {
    unsigned rounds = 3 * stage->limit.slots;
    return stage->timeouts >= (rounds > TIMEOUTS_LEAST ? rounds : TIMEOUTS_LEAST);
}

/* The provider may need longer for so many: fewer, from now on. */
static void timed_out(struct stage *stage, struct inquiry *inquiry, const struct http_result *result) {
    uint32_t half = inquiry->count / 2;
    stage->timeouts++;
    if (too_many_timeouts(stage)) {
        run_stop(
            stage->run, STOP_UNAVAILABLE, 69,
            "%s: %u calls in a row got no reply in time, the last one about %u record%s; try again later, "
            "or give 'limits' a longer timeout",
            stage->component->place, stage->timeouts, inquiry->count, inquiry->count == 1 ? "" : "s");
        stage_fail_rows(stage, inquiry);
        stage_keep_spare(stage, inquiry);
        return;
    }
    if (half && half < stage->list)
        stage->list = half;
    if (half) {
        inquiry->attempt++;
        if (halve(stage, inquiry, 0))
            return;
    }
    if (inquiry->attempt < POLICY_ATTEMPTS)
        send_again(stage, inquiry, result, false, result->text);
    else
        give_up(stage, inquiry, result, result->text);
}

static void no_reply(struct stage *stage, struct inquiry *inquiry, const struct http_result *result) {
    char why[320];
    if (result->redirect) {
        run_stop(stage->run, STOP_FAILED, 78,
                 "%s: the provider redirects to %.300s; that is never followed: change the base URL",
                 stage->component->place, result->redirect);
        stage_skip(stage, inquiry);
        return;
    }
    if (inquiry->call.parse_failed)
        snprintf(why, sizeof why, "%s", inquiry->call.parse_error.text);
    else if (result->outcome == HTTP_REPLIED)
        snprintf(why, sizeof why, "the provider answered with HTTP %d", result->status);
    else
        snprintf(why, sizeof why, "%s", result->text);
    give_up_or_halve(stage, inquiry, result, why);
}

/* ---- a reply ------------------------------------------------------------------------------- */

static void refused_credentials(struct stage *stage, struct inquiry *inquiry) {
    run_stop(stage->run, STOP_AUTH, 77, "%s: the provider refused the credentials: %.*s",
             stage->component->place, TEXT_ARG(inquiry->call.whole.text));
    stage_skip(stage, inquiry);
}

static void refused_options(struct stage *stage, struct inquiry *inquiry) {
    run_stop(stage->run, STOP_FAILED, 78, "%s: the provider refuses what the options ask for: %.*s",
             stage->component->place, TEXT_ARG(inquiry->call.whole.text));
    stage_skip(stage, inquiry);
}

static void later(struct stage *stage, struct inquiry *inquiry, const struct http_result *result) {
    const struct verdict *whole = &inquiry->call.whole;
    struct http_result told = *result;
    char why[320];
    snprintf(why, sizeof why, "%.*s", TEXT_ARG(whole->text));
    if (whole->retry_after_ms > told.retry_after_ms)
        told.retry_after_ms = whole->retry_after_ms;
    if (inquiry->attempt < POLICY_ATTEMPTS && told.retry_after_ms <= POLICY_WAIT_MOST_MS)
        send_again(stage, inquiry, &told, true, why);
    else
        give_up_or_halve(stage, inquiry, result, why);
}

/* A refusal of the whole call that may be about one of its rows: those that have no word of their own. */
static void split(struct stage *stage, struct inquiry *inquiry) {
    bool done[CALL_ROWS_MOST], open[CALL_ROWS_MOST];
    uint32_t left = 0;
    for (uint32_t i = 0; i < inquiry->count; i++) {
        done[i] = inquiry->call.verdicts[i].kind != 0;
        open[i] = !done[i];
        left += open[i];
    }
    if (left < inquiry->count)
        stage_pass_rows(stage, inquiry, done);
    inquiry_keep(inquiry, open);
    if (!inquiry->count)
        stage_keep_spare(stage, inquiry);
    else if (!halve(stage, inquiry, 0)) { /* the last one of several: by itself now */
        call_end(&inquiry->call);
        stage_again(stage, inquiry, 0);
    }
}

static bool says_nothing_but_no(const struct inquiry *inquiry) {
    for (uint32_t i = 0; i < inquiry->count; i++)
        if (inquiry->call.verdicts[i].kind)
            return false;
    return inquiry->call.whole.kind == SLUICE_VERDICT_IN_DOUBT;
}

static void replied(struct stage *stage, struct inquiry *inquiry, const struct http_result *result) {
    const struct verdict *whole = &inquiry->call.whole;
    if (whole->kind == SLUICE_VERDICT_REFUSED_AUTH) {
        refused_credentials(stage, inquiry);
        return;
    }
    if (whole->kind == SLUICE_VERDICT_REFUSED_CONFIG) {
        refused_options(stage, inquiry);
        return;
    }
    if (whole->kind == SLUICE_VERDICT_RETRY_LATER) {
        later(stage, inquiry, result);
        return;
    }
    stage->replies++;
    stage->given_up = stage->timeouts = stage->searched = 0;
    stage->refusals = says_nothing_but_no(inquiry) ? stage->refusals + 1 : 0;
    if (stage->refusals >= REFUSALS_MOST)
        run_stop(stage->run, STOP_UNAVAILABLE, 69,
                 "%s: %u replies in a row are an error, the last one: %.*s; try again later",
                 stage->component->place, stage->refusals, TEXT_ARG(whole->text));
    if (whole->split && inquiry->count > 1) {
        split(stage, inquiry);
        return;
    }
    stage_pass_rows(stage, inquiry, NULL);
    stage_keep_spare(stage, inquiry);
}

void stage_landed(struct stage *stage, struct inquiry *inquiry, const struct http_result *result) {
    sluice_error error = ERROR_INIT;
    if (result->outcome == HTTP_TIMEOUT) {
        timed_out(stage, inquiry, result);
        return;
    }
    switch (policy_for(false, result, inquiry->attempt)) {
    case POLICY_PARSE:
        if (call_reply_end(&inquiry->call, result, &error))
            no_reply(stage, inquiry, result);
        else
            replied(stage, inquiry, result);
        break;
    case POLICY_RETRY:
        send_again(stage, inquiry, result, false, result->text);
        break;
    default:
        no_reply(stage, inquiry, result);
    }
}
