#include "spend_parts.h"

#include <stdlib.h>

#include "clock.h"
#include "crash_point.h"
#include "lease.h"
#include "log.h"
#include "text.h"

enum {
    GATHER_US = 2000,    /* an outcome waits this long for company before it is committed */
    LATE_LEASES = 3,     /* so long outcomes are tried to be written, when the ledger can't be reached */
    DELIVER_US = 100000, /* a placed order waits this long for company before the sinks get it */
};

uint32_t spend_list(const struct spend *spend) {
    return spend->instance->self.endpoint.list;
}

uint64_t spend_slots(const struct spend *spend) {
    return (uint64_t)spend->component->limits.concurrency * spend_list(spend);
}

struct result *spend_add_result(struct spend *spend, struct order *order, enum effect effect) {
    if (spend->result_count == spend->result_room) {
        size_t room = spend->result_room ? spend->result_room * 2 : 1024;
        struct result *more = realloc(spend->results, room * sizeof *more);
        if (!more)
            abort(); /* the outcome of a paid call can't be kept: the ledger says "in doubt" to the next run
                      */
        spend->results = more;
        spend->result_room = room;
    }
    struct result *result = &spend->results[spend->result_count++];
    *result = (struct result){.order = order, .effect = effect, .code = ""};
    return result;
}

static void recycle(struct spend *spend, struct flight *flights) {
    for (struct flight *flight = flights, *next; flight; flight = next) {
        next = flight->next;
        call_end(&flight->call);
        flight->next = spend->spare;
        spend->spare = flight;
    }
}

/* ---- a turn ------------------------------------------------------------------------------- */

struct turn {
    struct flight *landed;
    uint64_t landed_rows;
    struct cursor_move *moves;
    unsigned move_count;
    uint64_t rows; /* that may be claimed */
    bool over;     /* nothing is left and nothing will come */
};

/* How many rows may become `sending`, so that never more than twice what fits in flight are. */
static uint64_t quota(const struct spend *spend, uint64_t landed_rows) {
    uint64_t list = spend_list(spend), held = spend->sending - landed_rows;
    uint64_t limit = spend->proven || landed_rows ? 2 * spend_slots(spend) : list;
    uint64_t free_rows = held < limit ? limit - held : 0;
    uint64_t group = GROUP_ROWS > list ? GROUP_ROWS / list * list : list;
    return free_rows < group ? free_rows / list * list : group;
}

/* Is there something to claim from? In whole calls, as long as more may come and something is under way.
 * Under the lock. */
static bool has_orders(const struct spend *spend) {
    uint64_t prepared = spend->given - spend->taken;
    bool whole = prepared >= spend_list(spend) || spend->input_ended || !spend->sending;
    return (prepared && whole) || (spend->again && spend->again->not_before_us <= clock_us());
}

/* Rows that may be claimed, as far as there are any: whole calls, but at the end the rest. Under the lock. */
static uint64_t claimable(const struct spend *spend) {
    uint64_t prepared = spend->given - spend->taken, list = spend_list(spend);
    if (!has_orders(spend))
        return 0;
    if (!spend->input_ended && spend->sending)
        prepared = prepared / list * list;
    return prepared + spend->waiting;
}

static bool all_done(const struct spend *spend) {
    return spend->input_ended && spend->given == spend->taken && !spend->again && !spend->sending &&
           !spend->landed;
}

/* How long until there is something to do, in microseconds; 0: now. Under the lock. */
static int64_t until_due(struct spend *spend) {
    bool stopping = atomic_load(&spend->run->stopping);
    uint64_t room = quota(spend, 0), slots = spend_slots(spend);
    int64_t due = 200000, now = clock_us();
    if (all_done(spend) || (stopping && (has_orders(spend) || spend->again)))
        return 0;
    if (!stopping && !spend->at_cap && !spend->held && has_orders(spend) && room &&
        (2 * room >= slots || room >= GROUP_ROWS / 2 || !spend->sending))
        return 0;
    if (spend->landed) {
        bool enough =
            3 * spend->landed_count >= 2 * (unsigned)spend->component->limits.concurrency || spend->at_cap;
        int64_t left = spend->landed_since_us + GATHER_US - now;
        due = enough || left < 0 ? 0 : left;
    }
    if (packer_rows(&spend->packer)) {
        int64_t left = spend->packed_since_us + DELIVER_US - now;
        due = left < 0 ? 0 : left < due ? left : due;
    }
    if (spend->again && spend->again->not_before_us > now && spend->again->not_before_us - now < due)
        due = spend->again->not_before_us - now;
    return due;
}

static void take_moves(struct spend *spend, struct turn *turn) {
    turn->moves = spend->moves;
    turn->move_count = spend->move_count;
    spend->moves = NULL;
    spend->move_count = spend->move_room = 0;
}

static void gather(struct spend *spend, struct turn *turn) {
    *turn = (struct turn){0};
    pthread_mutex_lock(&spend->lock);
    for (int64_t due; (due = until_due(spend)) > 0;) {
        struct timespec until = clock_deadline(0);
        until.tv_nsec += (long)(due % 1000000) * 1000;
        until.tv_sec += due / 1000000 + until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        if (pthread_cond_timedwait(&spend->wake, &spend->lock, &until))
            break;
    }
    turn->over = all_done(spend);
    turn->rows = claimable(spend);
    turn->landed = spend->landed;
    spend->landed = NULL;
    spend->landed_last = &spend->landed;
    spend->landed_count = 0;
    if (!turn->over) /* else they are left to spend_flush_cursors */
        take_moves(spend, turn);
    pthread_mutex_unlock(&spend->lock);
    for (const struct flight *flight = turn->landed; flight; flight = flight->next)
        turn->landed_rows += flight->count;
    uint64_t most = quota(spend, turn->landed_rows);
    if (turn->rows > most)
        turn->rows = most;
    if (atomic_load(&spend->run->stopping))
        turn->rows = 0;
}

/* Calls that landed, for another turn: this one hasn't happened. */
static void put_landed_back(struct spend *spend, struct turn *turn) {
    struct flight *last = turn->landed;
    unsigned count = 0;
    if (!last)
        return;
    for (count = 1; last->next; last = last->next)
        count++;
    pthread_mutex_lock(&spend->lock);
    last->next = spend->landed;
    if (!spend->landed)
        spend->landed_last = &last->next;
    spend->landed = turn->landed;
    spend->landed_count += count;
    pthread_mutex_unlock(&spend->lock);
    turn->landed = NULL;
}

/* A ledger that is a network away may come back. As long as the lease lasts, and some time longer for what
 * has been paid, turns are tried again. */
static bool tries_again(struct spend *spend, const sluice_error *error) {
    if (!ledger_may_retry(spend->ledger))
        return false;
    if (!spend->failing_us)
        log_line(SLUICE_LOG_WARN, spend->component->place, "%s; trying again", error->text);
    spend->failing_us = spend->failing_us ? spend->failing_us : clock_us();
    return !ledger_in_place(spend->ledger, NULL) ||
           clock_us() - spend->failing_us < LATE_LEASES * 1000 * ledger_lease(spend->ledger)->length_ms;
}

static int record_landed(struct spend *spend, const struct turn *turn, sluice_error *error) {
    int failed = 0;
    for (struct flight *flight = turn->landed; !failed && flight; flight = flight->next)
        for (uint32_t i = 0; !failed && i < flight->count; i++)
            failed = spend_apply(spend, flight, i, error);
    return failed;
}

static int move_cursors(struct spend *spend, const struct cursor_move *moves, unsigned count,
                        sluice_error *error) {
    int failed = 0;
    for (unsigned i = 0; !failed && i < count; i++)
        failed = ledger_delivered(spend->ledger, moves[i].run, moves[i].sink, moves[i].version, error);
    return failed;
}

/* The ledger can't be written: nothing more is sent. What the provider has accepted meanwhile is said
 * here, since it can be kept nowhere else; the next run finds these orders in doubt. */
static void broken(struct spend *spend, struct turn *turn, const sluice_error *error) {
    struct run *run = spend->run;
    run_stop(run, STOP_FAILED, error->code < 0 ? -error->code : 74, "the ledger can't be written: %s",
             error->text);
    for (struct flight *flight = turn->landed; flight; flight = flight->next)
        for (uint32_t i = 0; i < flight->count; i++) {
            struct order *order = flight->orders[i];
            const struct verdict *verdict =
                flight->end == FLIGHT_REPLIED ? call_verdict(&flight->call, i) : NULL;
            if (verdict && verdict->kind == SLUICE_VERDICT_PLACED && !spend_keep_late(spend, flight, i))
                log_line(SLUICE_LOG_ERROR, spend->component->place,
                         "paid, but not recorded: row %llu, %.*s, order %.*s",
                         (unsigned long long)order_number(order), TEXT_ARG(order->identifier),
                         TEXT_ARG(verdict->order_id));
            bool free_row = flight->end == FLIGHT_UNSENT || flight->end == FLIGHT_RETURNED;
            tally_add(&run->tally, free_row ? TALLY_FAILED : TALLY_IN_DOUBT, 1);
            order_close(order);
        }
}

/* The claims of a turn that wasn't committed never happened. */
static void forget_claims(struct spend *spend, struct flight *flights) {
    for (struct flight *flight = flights; flight; flight = flight->next)
        for (uint32_t i = 0; i < flight->count; i++)
            spend_put_back(spend, flight->orders[i]);
    for (size_t i = 0; i < spend->result_count; i++)
        if (!spend->results[i].flight)
            spend_put_back(spend, spend->results[i].order);
    recycle(spend, flights);
}

static void skip_the_rest(struct spend *spend) {
    struct order *order;
    for (struct order *again = spend->again; again; again = again->next)
        again->not_before_us = 0;
    while ((order = spend_next_order(spend))) {
        struct result result = {.order = order, .code = "stopped"};
        spend_skip(spend, &result);
        order_close(order);
    }
}

static void commit_effects(struct spend *spend, struct turn *turn, struct flight *flights, uint64_t claimed) {
    bool first = turn->landed && !spend->proven;
    spend->proven |= first;
    spend->sending = spend->sending - turn->landed_rows + claimed;
    if (flights) {
        crash_point("sending");
        ledger_run_sends(spend->ledger, spend->run->id);
        sender_send(&spend->sender, flights);
    }
    if (turn->landed)
        crash_point("placed");
    spend_take_effects(spend);
    if (first && !atomic_load(&spend->run->stopping))
        sender_go(&spend->sender);
    recycle(spend, turn->landed);
}

/* All of it is written, and nothing is durable. */
static void crash_before_commit(const struct turn *turn, uint64_t claimed) {
    if (claimed)
        crash_point("claimed");
    if (turn->landed)
        crash_point("outcome");
    if (turn->move_count)
        crash_point("cursor");
}

/* Outcomes can be recorded in a ledger that was moved, but nothing may be bought on it. */
static void check_place(struct spend *spend, struct turn *turn) {
    sluice_error error = ERROR_INIT;
    if (!turn->rows || !ledger_in_place(spend->ledger, &error))
        return;
    turn->rows = 0;
    spend->moved = true;
    run_stop(spend->run, STOP_FAILED, -error.code, "%s", error.text);
}

/* The same, as the transaction sees it. */
static void check_owner(struct spend *spend, struct turn *turn) {
    sluice_error error = ERROR_INIT;
    if (!turn->rows || !ledger_may_claim(spend->ledger, &error))
        return;
    turn->rows = 0;
    run_stop(spend->run, STOP_FAILED, -error.code, "%s", error.text);
}

static void do_turn(struct spend *spend, struct turn *turn) {
    struct flight *flights = NULL;
    sluice_error error = ERROR_INIT;
    uint64_t count = 0;
    const struct cap cap = spend->cap;
    spend->result_count = 0;
    check_place(spend, turn);
    spend_expect(spend, turn->landed, turn->rows);
    int failed = ledger_begin(spend->ledger, &error);
    if (!failed)
        check_owner(spend, turn);
    if (!failed)
        failed = record_landed(spend, turn, &error);
    if (!failed && turn->rows)
        failed = spend_limit_backlog(spend, spend->sending - turn->landed_rows, &turn->rows, &error);
    if (!failed && turn->rows)
        failed = spend_claim(spend, turn->rows, &flights, &count, &error);
    if (!failed)
        failed = move_cursors(spend, turn->moves, turn->move_count, &error);
    if (!failed)
        crash_before_commit(turn, count);
    if (failed)
        ledger_rollback(spend->ledger);
    else
        failed = ledger_commit(spend->ledger, &error);
    if (!failed)
        spend->failing_us = 0;
    if (spend->run->watch)
        spend->run->watch->counted(spend->run->watch->user, !failed);
    if (failed && tries_again(spend, &error)) {
        forget_claims(spend, flights);
        put_landed_back(spend, turn);
        spend->cap = cap;
        spend->room = 0; /* count again */
    } else if (failed) {
        forget_claims(spend, flights);
        broken(spend, turn, &error);
        spend->sending -= turn->landed_rows;
        recycle(spend, turn->landed);
    } else {
        commit_effects(spend, turn, flights, count);
    }
    for (unsigned i = 0; failed && i < turn->move_count; i++) /* else their rows would be delivered again */
        spend_kept(spend, turn->moves[i].sink, turn->moves[i].run, turn->moves[i].version);
    free(turn->moves);
}

/* At a cap the calls in flight are waited for, since one that is refused gives its price back. In a pause
 * nothing that isn't under way is sent. */
static void check_cap(struct spend *spend) {
    char why[PAUSE_TEXT];
    if (!spend->at_cap || atomic_load(&spend->run->stopping))
        return;
    if (spend->pause.since_ms)
        run_stop(spend->run, STOP_PAUSED, 12,
                 "the ledger is %s; nothing more is ordered before 'sluice ledger resume'",
                 pause_text(&spend->pause, why));
    else if (!spend->sending && spend->at_cap == spend_doubts_rule)
        spend_clear_doubts(spend);
    else if (!spend->sending && !spend_reserve_asks(spend))
        run_stop(spend->run, STOP_CAP, 12, "spend.%s is reached: the next order would go over it",
                 spend->at_cap);
}

/* Even when there is nothing to claim: calls that wait to be sent must come back. */
static void check_lease(struct spend *spend) {
    sluice_error error = ERROR_INIT;
    if (ledger_lease(spend->ledger) && !spend->moved && ledger_in_place(spend->ledger, &error)) {
        spend->moved = true;
        run_stop(spend->run, STOP_FAILED, -error.code, "%s", error.text);
    }
}

static void *spend_thread(void *user) {
    struct spend *spend = user;
    struct turn turn;
    bool told = false;
    for (;;) {
        gather(spend, &turn);
        if (turn.over)
            break;
        check_lease(spend);
        if (atomic_load(&spend->run->stopping)) {
            if (!told)
                sender_return(&spend->sender);
            told = true;
            skip_the_rest(spend);
        }
        if (turn.landed || turn.move_count || (!told && turn.rows))
            do_turn(spend, &turn);
        check_cap(spend);
        if (packer_rows(&spend->packer) && clock_us() - spend->packed_since_us >= DELIVER_US)
            spend_flush_placed(spend);
    }
    spend_flush_placed(spend);
    return NULL;
}

/* ---- starting and ending ------------------------------------------------------------------- */

int spend_start(struct spend *spend, sluice_error *error) {
    int failed = spend_name_columns(spend, error);
    spend->boarding = calloc(spend->catalogue.count + 1, sizeof *spend->boarding);
    if (!failed && !spend->boarding)
        failed = fail_memory(error);
    if (!failed)
        failed = sender_start(&spend->sender, spend->instance, &spend->component->limits, spend_landed, spend,
                              error);
    spend->sender.lease = failed ? NULL : ledger_lease(spend->ledger);
    if (!failed && (failed = spend_reserve_start(spend, error)) != 0)
        sender_close(&spend->sender);
    if (failed)
        return failed;
    if (pthread_create(&spend->thread, NULL, spend_thread, spend)) {
        spend_reserve_end(spend);
        sender_close(&spend->sender);
        return fail(error, SLUICE_E_IO, "no thread can be started for the ledger");
    }
    spend->started = true;
    return 0;
}

void spend_join(struct spend *spend) {
    if (spend->started)
        pthread_join(spend->thread, NULL);
    spend->started = false;
    spend_reserve_end(spend);
    sender_close(&spend->sender);
}

int spend_flush_cursors(struct spend *spend, sluice_error *error) {
    if (!spend->move_count)
        return 0;
    int failed = ledger_begin(spend->ledger, error);
    if (failed)
        return failed;
    failed = move_cursors(spend, spend->moves, spend->move_count, error);
    if (failed) {
        ledger_rollback(spend->ledger);
        return failed;
    }
    spend->move_count = 0;
    crash_point("last-cursor");
    return ledger_commit(spend->ledger, error);
}
