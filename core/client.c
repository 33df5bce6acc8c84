#include "client.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "policy.h"
#include "text.h"
#include "traffic.h"
#include "url.h"

static int on_data(void *user, void *tag, int status, const char *content_type, sluice_text piece) {
    struct client *client = user;
    (void)tag;
    /* What a failed attempt brought must not reach the plugin: it may be retried. */
    if (policy_asks_again(status) && !client->instance->self.endpoint.failures)
        return 0;
    return call_data(&client->call, status, content_type, piece);
}

static const char *keep(char *room, size_t size, const char *text) {
    if (!text)
        return NULL;
    snprintf(room, size, "%s", text);
    return room;
}

static void on_done(void *user, void *tag, const struct http_result *result) {
    struct client *client = user;
    (void)tag;
    client->result = *result;
    client->result.content_type =
        keep(client->content_type, sizeof client->content_type, result->content_type);
    client->result.redirect = keep(client->redirect, sizeof client->redirect, result->redirect);
    client->done = true;
    limit_end(&client->limit);
    traffic_note(client->traffic, result);
    if (result->date_ms) {
        client->date_offset_ms = result->date_ms - clock_wall_ms();
        client->has_date = true;
    }
}

int client_open(struct client *client, struct instance *instance, const struct limits *limits,
                atomic_bool *stop, sluice_error *error) {
    *client = (struct client){.instance = instance, .stop = stop, .pause_most_ms = POLICY_WAIT_MOST_MS};
    struct http_settings settings = {.connect_ms = limits->connect_ms,
                                     .timeout_ms = limits->timeout_ms,
                                     .reply_limit = instance->self.endpoint.reply_limit,
                                     .slots = 1};
    struct http_events events = {.data = on_data, .done = on_done, .user = client};
    limit_init(&client->limit, limits->rate, 1);
    int failed = http_open(&settings, &events, &client->http, error);
    if (!failed)
        client->traffic = traffic_join(&client->limit, &instance->self.endpoint, limits->concurrency);
    return failed;
}

void client_close(struct client *client) {
    if (client->http)
        http_close(client->http);
    limit_leave(&client->limit);
    call_free(&client->call);
    client->http = NULL;
}

static bool stopped(const struct client *client) {
    return client->stop && atomic_load(client->stop);
}

/* Wait without a call under way, in steps, so that a stop is seen. */
static int pause_for(struct client *client, int64_t ms, sluice_error *error) {
    int64_t until = clock_us() + ms * 1000;
    for (int64_t left = ms; left > 0 && !stopped(client); left = (until - clock_us() + 999) / 1000) {
        int failed = http_turn(client->http, left < 100 ? left : 100, error);
        if (failed)
            return failed;
    }
    return 0;
}

static int send_once(struct client *client, sluice_error *error) {
    int64_t wait;
    while ((wait = limit_start(&client->limit, clock_us())) != 0) {
        int failed = pause_for(client, wait > 0 ? wait / 1000 + 1 : 1, error);
        if (failed)
            return failed;
        if (stopped(client))
            return fail(error, SLUICE_E_BUSY, "stopped");
    }
    struct http_request request = call_http(&client->call, client);
    client->done = false;
    int failed = http_start(client->http, &request, error);
    if (failed)
        limit_end(&client->limit);
    while (!failed && !client->done)
        failed = http_turn(client->http, 1000, error);
    return failed;
}

static const char *what(uint32_t op) {
    static const char *const names[] = {
        "call",          "order",  "status check", "list of orders", "list of services",
        "balance query", "log-in", "page",         "write",          "probe",
        "check",         "upload"};
    return names[op < sizeof names / sizeof *names ? op : 0];
}

static int give_up(const struct client *client, uint32_t op, unsigned attempt, sluice_error *error) {
    const struct http_result *result = &client->result;
    char url[URL_SHOWN], redirect[URL_SHOWN];
    url_shown(client->call.url, url);
    char attempts[40] = "", when[40] = "later";
    if (attempt > 1)
        snprintf(attempts, sizeof attempts, " (%u attempts)", attempt);
    if (result->retry_after_ms > 0)
        snprintf(when, sizeof when, "in %lld s", (long long)((result->retry_after_ms + 999) / 1000));
    if (result->redirect)
        return fail(error, SLUICE_E_CONFIG,
                    "%s: the provider redirects to %s; that is never followed: change the base URL", url,
                    url_shown(result->redirect, redirect));
    if (result->outcome == HTTP_REPLIED)
        return fail(error, SLUICE_E_UNAVAILABLE, "%s: the %s was answered with HTTP %d%s; try again %s", url,
                    what(op), result->status, attempts, when);
    return fail(error, SLUICE_E_UNAVAILABLE, "%s: the %s failed: %s%s", url, what(op), result->text,
                attempts);
}

/* A reply that broke off midway may have brought results already; sent again, they would come twice. */
static bool undo(struct client *client) {
    const struct call_results *results = &client->call.results;
    if (client->call.told && !results->take_back)
        return false;
    if (client->call.told)
        results->take_back(results->user);
    return true;
}

static int64_t pause_ms(const struct client *client, unsigned attempt) {
    int64_t ms = policy_delay_ms(&client->result, attempt, (uint32_t)clock_us());
    return ms < client->pause_most_ms ? ms : client->pause_most_ms;
}

/* A reply that says no, read by a plugin that wants to: is that its last word? */
static int hear_failure(struct client *client, bool *final, sluice_error *error) {
    const struct verdict *whole = &client->call.whole;
    *final = false;
    if (client->result.outcome != HTTP_REPLIED || client->result.redirect ||
        !client->instance->self.endpoint.failures)
        return 0;
    int failed = call_reply_end(&client->call, &client->result, error);
    *final =
        client->call.more || (whole->kind && (whole->kind != SLUICE_VERDICT_RETRY_LATER || whole->split));
    return failed;
}

static int begin_call(struct client *client, uint32_t op, sluice_text cookie, unsigned attempt,
                      const struct call_results *results, sluice_error *error) {
    bool rows = op != SLUICE_OP_LOGIN;
    client->call.results = *results;
    int failed = call_begin(&client->call, client->instance, op, rows ? client->rows : NULL,
                            rows ? client->row_count : 0, error);
    if (failed)
        return failed;
    if (client->call.view.flags & SLUICE_CALL_PAID)
        return fail(error, SLUICE_E_SOFTWARE, "a paid call can't be made here");
    client->call.view.attempt = attempt;
    client->call.view.since_ms = client->since_ms;
    client->call.view.cookie = arena_copy(&client->call.arena, cookie);
    return call_build(&client->call, error);
}

int client_login_twice(const struct instance *instance, sluice_error *error) {
    return fail(error, SLUICE_E_PLUGIN,
                "%s: the plugin wants to log in once more, right after it has logged in",
                instance->self.place);
}

/* With a log-in before it when the plugin wants one. */
static int build_call(struct client *client, uint32_t op, sluice_text cookie, unsigned attempt,
                      const struct call_results *results, sluice_error *error) {
    int failed = begin_call(client, op, cookie, attempt, results, error);
    if (failed != SLUICE_LOGIN_FIRST)
        return failed;
    call_end(&client->call);
    failed = op == SLUICE_OP_LOGIN ? SLUICE_LOGIN_FIRST : client_log_in(client, error);
    if (!failed)
        failed = begin_call(client, op, cookie, attempt, results, error);
    return failed == SLUICE_LOGIN_FIRST ? client_login_twice(client->instance, error) : failed;
}

/* One request of the sequence, retried as the policy says. */
static int exchange_once(struct client *client, uint32_t op, sluice_text cookie,
                         const struct call_results *results, sluice_error *error) {
    if (results->begin)
        results->begin(results->user);
    bool final;
    for (unsigned attempt = 1;; attempt++) {
        int failed = build_call(client, op, cookie, attempt, results, error);
        if (!failed && client->call.unsent)
            return 0;
        if (!failed)
            failed = send_once(client, error);
        if (failed)
            return failed;
        switch (policy_for(false, &client->result, attempt)) {
        case POLICY_PARSE:
            return call_reply_end(&client->call, &client->result, error);
        case POLICY_RETRY:
            failed = hear_failure(client, &final, error);
            if (failed || final)
                return failed;
            if (!undo(client))
                return give_up(client, op, attempt, error);
            log_line(SLUICE_LOG_DEBUG, client->instance->self.place, "attempt %u: %s", attempt,
                     client->result.text);
            failed = pause_for(client, pause_ms(client, attempt), error);
            if (failed)
                return failed;
            if (stopped(client))
                return fail(error, SLUICE_E_BUSY, "stopped");
            call_end(&client->call);
            break;
        default:
            failed = hear_failure(client, &final, error);
            if (failed || client->call.whole.kind || final)
                return failed;
            if (client->call.parse_failed)
                return fail(error, client->call.parse_error.code, "%s", client->call.parse_error.text);
            return give_up(client, op, attempt, error);
        }
    }
}

/* A verdict on the whole of a free call: refused, in the provider's words. */
static int refused(const struct client *client, sluice_error *error) {
    const struct verdict *whole = &client->call.whole;
    const char *place = client->instance->self.place;
    switch (whole->kind) {
    case SLUICE_VERDICT_REFUSED_AUTH:
        return fail(error, SLUICE_E_AUTH, "%s: the provider refused the credentials: %.*s", place,
                    TEXT_ARG(whole->text));
    case SLUICE_VERDICT_REFUSED_CONFIG:
        return fail(error, SLUICE_E_CONFIG, "%s: the provider refuses what the options ask for: %.*s", place,
                    TEXT_ARG(whole->text));
    case SLUICE_VERDICT_RETRY_LATER:
        return fail(error, SLUICE_E_UNAVAILABLE, "%s: the provider says: %.*s", place, TEXT_ARG(whole->text));
    case 0:
        return 0;
    default:
        return fail(error, SLUICE_E_UNAVAILABLE, "%s: the provider answered: %.*s", place,
                    TEXT_ARG(whole->text));
    }
}

int client_log_in(struct client *client, sluice_error *error) {
    static const struct call_results none = {0};
    log_line(SLUICE_LOG_DEBUG, client->instance->self.place, "logging in");
    int failed = exchange_once(client, SLUICE_OP_LOGIN, (sluice_text){NULL, 0}, &none, error);
    if (!failed)
        failed = refused(client, error);
    call_end(&client->call);
    return failed;
}

int client_log_in_once(struct instance *instance, const struct limits *limits, atomic_bool *stop,
                       sluice_error *error) {
    struct client client;
    int failed = client_open(&client, instance, limits, stop, error);
    if (!failed)
        failed = client_log_in(&client, error);
    client_close(&client);
    return failed;
}

/* The token ran out earlier than it said: once more, with another one. */
static bool lost_login(const struct client *client, bool again) {
    const struct verdict *whole = &client->call.whole;
    return whole->kind == SLUICE_VERDICT_RETRY_LATER && whole->login && !again && !client->call.told;
}

int client_run(struct client *client, uint32_t op, const struct call_results *results, sluice_error *error) {
    char cookie[CALL_COOKIE];
    sluice_text next = {NULL, 0};
    bool more, again = false;
    int failed;
    do {
        failed = exchange_once(client, op, next, results, error);
        again = !failed && lost_login(client, again);
        if (again) {
            call_end(&client->call);
            more = !stopped(client);
            continue;
        }
        if (!failed && results->verdicts && !client->call.more)
            results->verdicts(results->user, &client->call);
        else if (!failed)
            failed = refused(client, error);
        more = !failed && client->call.more && !stopped(client) &&
               !(results->enough && results->enough(results->user));
        if (more) {
            next = client->call.next_cookie;
            if (next.len)
                next.ptr = memcpy(cookie, next.ptr, next.len);
        }
        call_end(&client->call);
    } while (more);
    return failed;
}

int client_check_clock(const struct client *client, sluice_error *error) {
    enum { OFF_MOST_MS = 5 * 60 * 1000 };
    int64_t off = client->date_offset_ms < 0 ? -client->date_offset_ms : client->date_offset_ms;
    if (client->has_date && off > OFF_MOST_MS)
        return fail(error, SLUICE_E_CONFIG,
                    "this machine's clock is off by %lld s from the provider's; set it right (NTP) before "
                    "money is spent",
                    (long long)(off / 1000));
    return 0;
}
