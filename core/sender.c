#include "sender.h"

#include <stdio.h>
#include <string.h>

#include "client.h"
#include "clock.h"
#include "crash_point.h"
#include "lease.h"
#include "policy.h"
#include "text.h"
#include "traffic.h"
#include "weigh.h"

enum { LATER_US = 200000 }; /* the provider said "later": until its word is weighed */

static void land(struct sender *sender, struct flight *flight, enum flight_end end, const char *text) {
    flight->end = end;
    snprintf(flight->text, sizeof flight->text, "%s", text);
    call_finish(&flight->call);
    flight->next = NULL;
    *sender->done_last = flight;
    sender->done_last = &flight->next;
}

/* ---- callbacks of the HTTP engine --------------------------------------------------------- */

static int on_data(void *user, void *tag, int status, const char *content_type, sluice_text piece) {
    struct flight *flight = tag;
    (void)user;
    call_data(&flight->call, status, content_type, piece);
    /* Read on, whatever the plugin thinks of it: a reply cut off by us would prove nothing. */
    return 0;
}

static bool may_send(void *user) {
    const struct sender *sender = user;
    return !sender->lease || lease_holds(sender->lease, lease_now_us());
}

/* What the reply means for the next calls, until whoever gets the flight has had a look at it: one that the
 * run stops for is the last, one that says "later" holds them up, one without a word on any order counts as
 * none. */
static void heed(struct sender *sender, const struct flight *flight) {
    bool useful = false, later = false;
    for (uint32_t i = 0; i < flight->count; i++) {
        enum effect effect = weigh(flight, i).effect;
        useful |= effect != EFFECT_IN_DOUBT;
        later |= effect == EFFECT_CLAIM_AGAIN;
        sender->refused |= effect == EFFECT_NO_CREDIT || effect == EFFECT_AUTH || effect == EFFECT_CONFIG;
    }
    if (useful)
        sender->doubts = 0;
    if (later)
        sender_pause(sender, clock_us() + LATER_US);
}

static void on_done(void *user, void *tag, const struct http_result *result) {
    struct sender *sender = user;
    struct flight *flight = tag;
    sluice_error error = ERROR_INIT;
    crash_point("reply");
    sender->in_flight--;
    limit_end(&sender->limit);
    traffic_note(sender->traffic, result);
    sender->doubts++;
    switch (policy_for(true, result, 1)) {
    case POLICY_PARSE:
        if (call_reply_end(&flight->call, result, &error))
            land(sender, flight, FLIGHT_DOUBT, error.text);
        else {
            land(sender, flight, FLIGHT_REPLIED, "");
            heed(sender, flight);
        }
        break;
    case POLICY_RELEASE:
        sender->doubts = 0;
        land(sender, flight, FLIGHT_UNSENT, result->text);
        break;
    default:
        land(sender, flight, FLIGHT_DOUBT, result->text);
    }
}

/* ---- the thread --------------------------------------------------------------------------- */

static int name_orders(struct flight *flight, sluice_error *error) {
    sluice_arena *arena = &flight->call.arena;
    sluice_text *references = arena_array(arena, flight->count, sizeof *references);
    char *texts = arena_array(arena, flight->count, ORDER_REFERENCE);
    if (!references || !texts)
        return fail_memory(error);
    for (uint32_t i = 0; i < flight->count; i++, texts += ORDER_REFERENCE) {
        const struct order *order = flight->orders[i];
        references[i] = (sluice_text){texts, order_reference(&order->key, order->id, texts)};
    }
    flight->call.view.client_refs = references;
    return 0;
}

/* It is the next one again, once there is a token. */
static void wait_for_login(struct sender *sender, struct flight *flight) {
    call_end(&flight->call);
    limit_end(&sender->limit);
    sender->login_wanted = true;
    sender->begun = !sender->alone;
    pthread_mutex_lock(&sender->lock);
    flight->next = sender->ready;
    sender->ready = flight;
    if (!flight->next)
        sender->ready_last = &flight->next;
    pthread_mutex_unlock(&sender->lock);
}

/* A log-in takes the thread's time, so it is made when no reply is waited for. What it fails with is the end
 * of the first call that waits, and of the run. */
static void log_in(struct sender *sender) {
    sluice_error error = ERROR_INIT;
    sender->login_wanted = false;
    pthread_mutex_lock(&sender->lock);
    bool waited_for = sender->ready && !sender->returning;
    pthread_mutex_unlock(&sender->lock);
    int failed =
        waited_for ? client_log_in_once(sender->instance, sender->limits, &sender->no_login, &error) : 0;
    sender->logged_in = waited_for && !failed;
    if (!failed || atomic_load(&sender->no_login)) /* what waits is given back */
        return;
    pthread_mutex_lock(&sender->lock);
    struct flight *flight = sender->ready;
    if (flight) {
        sender->ready = flight->next;
        if (!sender->ready)
            sender->ready_last = &sender->ready;
    }
    pthread_mutex_unlock(&sender->lock);
    if (!flight)
        return;
    sender->refused = true;
    flight->failure = failed;
    land(sender, flight, FLIGHT_UNSENT, error.text);
}

static void launch(struct sender *sender, struct flight *flight) {
    sluice_error error = ERROR_INIT;
    struct call *call = &flight->call;
    sender->begun = true;
    int failed = call_begin(call, sender->instance, SLUICE_OP_PLACE, flight->rows, flight->count, &error);
    if (!failed)
        failed = name_orders(flight, &error);
    if (!failed) {
        call->view.service = flight->orders[0]->service->id;
        failed = call_build(call, &error);
    }
    if (failed == SLUICE_LOGIN_FIRST && sender->logged_in)
        failed = client_login_twice(sender->instance, &error);
    if (failed == SLUICE_LOGIN_FIRST) {
        wait_for_login(sender, flight);
        return;
    }
    sender->logged_in = false;
    if (!failed) {
        struct http_request request = call_http(call, flight);
        sender->in_flight++;
        failed = http_start(sender->http, &request, &error);
        if (failed)
            sender->in_flight--;
    }
    if (failed) {
        flight->failure = failed;
        limit_end(&sender->limit);
        land(sender, flight, FLIGHT_UNSENT, error.text);
    }
}

/* The next flight that may leave now; NULL: none, *wait_us says how long (-1: until something happens). */
static struct flight *next_ready(struct sender *sender, int64_t *wait_us) {
    struct flight *flight = NULL;
    int64_t now = clock_us();
    *wait_us = -1;
    pthread_mutex_lock(&sender->lock);
    if (sender->resuming) {
        sender->resuming = sender->returning = false;
        sender->doubts = 0;
        sender->doubts_most = sender->doubts_next;
    }
    bool holding = (sender->alone && sender->begun) || sender->refused ||
                   sender->doubts >= sender->doubts_most || sender->login_wanted;
    if (sender->ready && !sender->returning && !holding) {
        if (sender->pause_until_us > now)
            *wait_us = sender->pause_until_us - now;
        else if (http_free_slots(sender->http) && (*wait_us = limit_start(&sender->limit, now)) == 0) {
            flight = sender->ready;
            sender->ready = flight->next;
            if (!sender->ready)
                sender->ready_last = &sender->ready;
        }
    }
    pthread_mutex_unlock(&sender->lock);
    return flight;
}

static void give_back(struct sender *sender) {
    pthread_mutex_lock(&sender->lock);
    struct flight *flight = sender->returning && !sender->resuming ? sender->ready : NULL;
    if (flight) {
        sender->ready = NULL;
        sender->ready_last = &sender->ready;
    }
    pthread_mutex_unlock(&sender->lock);
    for (struct flight *next; flight; flight = next) {
        next = flight->next;
        land(sender, flight, FLIGHT_RETURNED, "the run was stopped before this order was sent");
    }
}

static void report(struct sender *sender) {
    if (!sender->done)
        return;
    struct flight *done = sender->done;
    sender->done = NULL;
    sender->done_last = &sender->done;
    sender->landed(sender->user, done);
}

static bool over(struct sender *sender) {
    pthread_mutex_lock(&sender->lock);
    bool ends = sender->closing && !sender->ready && !sender->in_flight;
    pthread_mutex_unlock(&sender->lock);
    return ends;
}

static void *sender_thread(void *user) {
    struct sender *sender = user;
    sluice_error error = ERROR_INIT;
    while (!over(sender)) {
        struct flight *flight;
        int64_t wait_us;
        give_back(sender);
        while ((flight = next_ready(sender, &wait_us)))
            launch(sender, flight);
        if (sender->login_wanted && !sender->in_flight) {
            log_in(sender);
            report(sender);
            continue;
        }
        report(sender);
        (void)http_turn(sender->http, wait_us < 0 ? 1000 : wait_us / 1000 + 1,
                        &error); /* each call was told */
        report(sender);
    }
    return NULL;
}

int sender_start(struct sender *sender, struct instance *instance, const struct limits *limits,
                 void (*landed)(void *user, struct flight *flights), void *user, sluice_error *error) {
    *sender = (struct sender){.instance = instance,
                              .limits = limits,
                              .landed = landed,
                              .user = user,
                              .alone = true,
                              .doubts_most = SENDER_DOUBTS};
    sender->ready_last = &sender->ready;
    sender->done_last = &sender->done;
    pthread_mutex_init(&sender->lock, NULL);
    limit_init(&sender->limit, limits->rate, (unsigned)limits->concurrency);
    struct http_settings settings = {.connect_ms = limits->connect_ms,
                                     .timeout_ms = limits->timeout_ms,
                                     .reply_limit = instance->self.endpoint.reply_limit,
                                     .slots = (unsigned)limits->concurrency};
    struct http_events events = {.data = on_data, .done = on_done, .may_send = may_send, .user = sender};
    int failed = http_open(&settings, &events, &sender->http, error);
    if (failed)
        return failed;
    sender->traffic = traffic_join(&sender->limit, &instance->self.endpoint, limits->concurrency);
    if (pthread_create(&sender->thread, NULL, sender_thread, sender)) {
        sender_close(sender);
        return fail(error, SLUICE_E_IO, "no thread can be started for the network");
    }
    sender->started = true;
    return 0;
}

void sender_send(struct sender *sender, struct flight *flights) {
    pthread_mutex_lock(&sender->lock);
    *sender->ready_last = flights;
    while (*sender->ready_last)
        sender->ready_last = &(*sender->ready_last)->next;
    pthread_mutex_unlock(&sender->lock);
    http_wake(sender->http);
}

void sender_go(struct sender *sender) {
    pthread_mutex_lock(&sender->lock);
    sender->alone = false;
    pthread_mutex_unlock(&sender->lock);
    http_wake(sender->http);
}

void sender_pause(struct sender *sender, int64_t until_us) {
    pthread_mutex_lock(&sender->lock);
    if (sender->pause_until_us < until_us)
        sender->pause_until_us = until_us;
    pthread_mutex_unlock(&sender->lock);
}

void sender_return(struct sender *sender) {
    pthread_mutex_lock(&sender->lock);
    sender->returning = true;
    sender->resuming = false;
    atomic_store(&sender->no_login, true);
    pthread_mutex_unlock(&sender->lock);
    http_wake(sender->http);
}

void sender_resume(struct sender *sender, unsigned doubts_most) {
    pthread_mutex_lock(&sender->lock);
    sender->resuming = true;
    atomic_store(&sender->no_login, false);
    sender->doubts_next = doubts_most;
    pthread_mutex_unlock(&sender->lock);
    http_wake(sender->http);
}

void sender_close(struct sender *sender) {
    if (sender->started) {
        pthread_mutex_lock(&sender->lock);
        sender->closing = true;
        pthread_mutex_unlock(&sender->lock);
        http_wake(sender->http);
        pthread_join(sender->thread, NULL);
    }
    if (sender->http)
        http_close(sender->http);
    limit_leave(&sender->limit);
    sender->started = false;
    sender->http = NULL;
}
