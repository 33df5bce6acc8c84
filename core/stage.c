#include "stage_parts.h"

#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "client.h"
#include "clock.h"
#include "log.h"
#include "policy.h"
#include "text.h"
#include "traffic.h"

enum {
    QUEUE_BYTES = 128 * 1024, /* on their way to it at most */
    PASS_ROWS = 128,          /* that go on together */
    PASS_US = 100000,         /* or what there is, after so long */
    AGAIN_ROUNDS = 2, /* calls that wait to be sent once more, in rounds of all slots: then no new ones */
    TURN_MS = 1000,
    GATHER_US =
        20000, /* a call that isn't full waits so long for more rows: each costs the provider's time */
};

/* ---- calls -------------------------------------------------------------------------------- */

struct inquiry *stage_inquiry(struct stage *stage, uint32_t rows) {
    struct inquiry *inquiry = stage->spare;
    if (!inquiry || inquiry->room < rows)
        inquiry = inquiry_new(rows);
    else
        stage->spare = inquiry->next;
    if (inquiry) {
        inquiry->next = NULL;
        inquiry->attempt = 1;
        inquiry->not_before_us = 0;
    }
    return inquiry;
}

void stage_keep_spare(struct stage *stage, struct inquiry *inquiry) {
    inquiry_clear(inquiry);
    inquiry->next = stage->spare;
    stage->spare = inquiry;
}

void stage_again(struct stage *stage, struct inquiry *inquiry, int64_t not_before_us) {
    inquiry->not_before_us = not_before_us;
    inquiry->next = NULL;
    *stage->again_last = inquiry;
    stage->again_last = &inquiry->next;
    stage->again_count++;
}

/* The first of those to be sent again whose time has come; else *wait_us is how long the next one has. */
static struct inquiry *take_again(struct stage *stage, int64_t now, int64_t *wait_us) {
    for (struct inquiry **at = &stage->again; *at; at = &(*at)->next) {
        struct inquiry *inquiry = *at;
        int64_t left = inquiry->not_before_us - now;
        if (left > 0) {
            *wait_us = *wait_us < 0 || left < *wait_us ? left : *wait_us;
            continue;
        }
        *at = inquiry->next;
        if (stage->again_last == &inquiry->next)
            stage->again_last = at;
        stage->again_count--;
        return inquiry;
    }
    return NULL;
}

/* Fewer rows wait than a call takes, and more may be on their way. */
static bool is_gathering(const struct stage *stage) {
    return stage->waiting && stage->waiting < stage->list && !stage->input_ended;
}

static struct inquiry *next_inquiry(struct stage *stage, int64_t now, int64_t *wait_us) {
    struct inquiry *inquiry = take_again(stage, now, wait_us);
    if (inquiry || stage->again_count >= AGAIN_ROUNDS * stage->limit.slots)
        return inquiry;
    stage_take(stage);
    int64_t left = is_gathering(stage) ? stage->waiting_since_us + GATHER_US - now : 0;
    if (left > 0) {
        *wait_us = *wait_us < 0 || left < *wait_us ? left : *wait_us;
        return NULL;
    }
    return stage_cut(stage);
}

/* It may not leave yet: the first to be asked for next time. */
static void put_back(struct stage *stage, struct inquiry *inquiry) {
    inquiry->not_before_us = 0;
    inquiry->next = stage->again;
    if (!stage->again)
        stage->again_last = &inquiry->next;
    stage->again = inquiry;
    stage->again_count++;
}

/* A log-in takes the thread's time, so it is made when no reply is waited for. What it fails with is the end
 * of the run. */
static void log_in(struct stage *stage) {
    sluice_error error = ERROR_INIT;
    stage->login_wanted = false;
    int failed =
        client_log_in_once(&stage->instance, &stage->component->limits, &stage->run->stopping, &error);
    if (failed && !atomic_load(&stage->run->stopping))
        run_stop(stage->run,
                 failed == SLUICE_E_UNAVAILABLE ? STOP_UNAVAILABLE
                 : failed == SLUICE_E_AUTH      ? STOP_AUTH
                                                : STOP_FAILED,
                 -failed, "%s", error.text);
    stage->logged_in = !failed;
}

static void launch(struct stage *stage, struct inquiry *inquiry) {
    sluice_error error = ERROR_INIT;
    struct call *call = &inquiry->call;
    int failed = call_begin(call, &stage->instance, SLUICE_OP_CHECK, inquiry->rows, inquiry->count, &error);
    call->view.attempt = inquiry->attempt;
    if (!failed)
        failed = call_build(call, &error);
    if (failed == SLUICE_LOGIN_FIRST && stage->logged_in)
        failed = client_login_twice(&stage->instance, &error);
    if (failed == SLUICE_LOGIN_FIRST) {
        call_end(call);
        limit_end(&stage->limit);
        put_back(stage, inquiry);
        stage->login_wanted = true;
        return;
    }
    stage->logged_in = false;
    if (!failed) {
        struct http_request request = call_http(call, inquiry);
        failed = http_start(stage->http, &request, &error);
    }
    inquiry->replies = stage->replies;
    if (!failed) {
        stage->in_flight++;
        return;
    }
    limit_end(&stage->limit);
    stage_unsent(stage, inquiry, &error);
}

/* Start what may start. Returns how long nothing will change by itself, in microseconds; -1: for ever. The
 * limit is asked only when there is something to send: who waits for it makes others wait. */
static int64_t launch_all(struct stage *stage) {
    int64_t wait_us = -1;
    if (stage->login_wanted && !stage->in_flight)
        log_in(stage);
    while (!atomic_load(&stage->run->stopping) && http_free_slots(stage->http) && !stage->login_wanted) {
        int64_t now = clock_us();
        wait_us = -1;
        struct inquiry *inquiry = next_inquiry(stage, now, &wait_us);
        if (!inquiry)
            return wait_us;
        int64_t held = limit_start(&stage->limit, now);
        if (held) {
            put_back(stage, inquiry);
            return held;
        }
        launch(stage, inquiry);
    }
    return stage->login_wanted && !stage->in_flight ? 0 : wait_us;
}

/* ---- callbacks of the HTTP engine --------------------------------------------------------- */

static int on_data(void *user, void *tag, int status, const char *content_type, sluice_text piece) {
    struct inquiry *inquiry = tag;
    (void)user;
    /* What a failed attempt brought must not reach the plugin: it is asked again. */
    if (policy_asks_again(status))
        return 0;
    return call_data(&inquiry->call, status, content_type, piece);
}

static void on_done(void *user, void *tag, const struct http_result *result) {
    struct stage *stage = user;
    stage->in_flight--;
    limit_end(&stage->limit);
    traffic_note(stage->traffic, result);
    stage_landed(stage, tag, result);
}

/* ---- the thread --------------------------------------------------------------------------- */

static void drop_all(struct stage *stage) {
    struct inquiry *inquiry;
    while ((inquiry = stage->again)) {
        stage->again = inquiry->next;
        stage_skip(stage, inquiry);
    }
    stage->again_last = &stage->again;
    stage->again_count = 0;
    stage_drop_inflow(stage);
}

/* What is packed goes on when nothing else will come soon. Returns how long it may still wait; -1: for ever.
 */
static int64_t pass_packed(struct stage *stage) {
    int64_t since_us = clock_us() - stage->packed_since_us;
    if (!packer_rows(&stage->packer))
        return -1;
    if (stage->in_flight && since_us < PASS_US)
        return PASS_US - since_us;
    packer_flush(&stage->packer);
    return -1;
}

static int64_t sooner(int64_t a, int64_t b) {
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

static void *stage_thread(void *user) {
    struct stage *stage = user;
    sluice_error error = ERROR_INIT;
    for (;;) {
        int64_t wait_us = launch_all(stage);
        if (atomic_load(&stage->run->stopping))
            drop_all(stage);
        wait_us = sooner(wait_us, pass_packed(stage));
        if (stage->input_ended && !stage->in_flight && !stage->again && !stage->inflow)
            break;
        int64_t wait_ms = wait_us < 0 || wait_us / 1000 >= TURN_MS ? TURN_MS : wait_us / 1000 + 1;
        if (http_turn(stage->http, wait_ms, &error)) /* each call was told */
            run_stop(stage->run, STOP_FAILED, -error.code, "%s: %s", stage->component->place, error.text);
    }
    packer_flush(&stage->packer);
    return NULL;
}

/* ---- opening and closing ------------------------------------------------------------------- */

static int open_http(struct stage *stage, sluice_error *error) {
    const struct limits *limits = &stage->component->limits;
    struct http_settings settings = {.connect_ms = limits->connect_ms,
                                     .timeout_ms = limits->timeout_ms,
                                     .reply_limit = stage->instance.self.endpoint.reply_limit,
                                     .slots = (unsigned)limits->concurrency};
    struct http_events events = {.data = on_data, .done = on_done, .user = stage};
    limit_init(&stage->limit, limits->rate, (unsigned)limits->concurrency);
    int failed = http_open(&settings, &events, &stage->http, error);
    if (!failed)
        stage->traffic = traffic_join(&stage->limit, &stage->instance.self.endpoint, limits->concurrency);
    return failed;
}

static int open_parts(struct stage *stage, struct inputs *inputs, sluice_error *error) {
    const struct component *component = stage->component;
    const sluice_endpoint *endpoint = &stage->instance.self.endpoint;
    int failed = instance_open(&stage->instance, component->type, component->config, component->place, inputs,
                               false, error);
    if (failed)
        return failed;
    if (!stage->instance.self.has_endpoint)
        return fail(error, SLUICE_E_PLUGIN, "the plugin named no endpoint");
    if (stage->instance.self.adds_count > PACKER_ADDED)
        return fail(error, SLUICE_E_PLUGIN, "the action adds more than %d columns", PACKER_ADDED);
    stage->list = endpoint->list ? endpoint->list : 1;
    if (stage->list > CALL_ROWS_MOST)
        stage->list = CALL_ROWS_MOST;
    stage->account = account_name(&stage->instance.self.arena, endpoint);
    if (!stage->account.ptr)
        return fail_memory(error);
    stage->refunds.provider = endpoint->provider;
    stage->refunds.account = stage->account;
    return open_http(stage, error);
}

int stage_open(struct stage *stage, struct run *run, const struct component *component, struct inputs *inputs,
               const struct ledger_site *site, sluice_error *error) {
    *stage = (struct stage){.run = run, .component = component, .opened = true};
    stage->again_last = &stage->again;
    stage->inflow_last = &stage->inflow;
    stage->packer = (struct packer){.row_limit = PASS_ROWS, .full = stage_on_full, .user = stage};
    queue_init(&stage->queue, QUEUE_BYTES);
    refunds_init(&stage->refunds, site, component->name);
    int failed = open_parts(stage, inputs, error);
    if (!failed && !stage->instance.self.endpoint.every_row)
        stage_due_open(stage, site->state_dir);
    return failed ? fail_within(error, "%s", component->place) : 0;
}

int stage_start(struct stage *stage, sluice_error *error) {
    if (pthread_create(&stage->thread, NULL, stage_thread, stage))
        return fail(error, SLUICE_E_IO, "%s: no thread can be started", stage->component->place);
    stage->started = true;
    return 0;
}

void stage_give(struct stage *stage, struct batch *batch) {
    struct inflow *inflow = malloc(sizeof *inflow);
    if (!inflow)
        abort(); /* rows can't be lost without a word */
    *inflow = (struct inflow){.item = {.bytes = batch_bytes(batch) + sizeof *inflow}, .batch = batch};
    queue_push(&stage->queue, &inflow->item);
    http_wake(stage->http);
}

void stage_wake(struct stage *stage) {
    if (stage->started)
        http_wake(stage->http);
}

void stage_end(struct stage *stage) {
    if (!stage->started)
        return;
    queue_close(&stage->queue);
    http_wake(stage->http);
    pthread_join(stage->thread, NULL);
    stage->started = false;
    stage_report(stage);
}

void stage_close(struct stage *stage) {
    if (!stage->opened)
        return;
    for (struct inquiry *inquiry; (inquiry = stage->spare);) {
        stage->spare = inquiry->next;
        inquiry_free(inquiry);
    }
    if (stage->http)
        http_close(stage->http);
    limit_leave(&stage->limit);
    packer_free(&stage->packer);
    refunds_free(&stage->refunds);
    check_times_close(stage->times);
    queue_destroy(&stage->queue);
    instance_close(&stage->instance);
    free(stage->values);
    stage->opened = false;
}
