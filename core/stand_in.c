#include "stand_in.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "text.h"
#include "url.h"

static struct {
    stand_in_answer *answer;
    void *user;
} the;
static atomic_bool begun;

void stand_in_begin(stand_in_answer *answer, void *user) {
    the.answer = answer;
    the.user = user;
    atomic_store(&begun, true);
}

bool stand_in(void) {
    return atomic_load(&begun);
}

/* ---- the engine ---------------------------------------------------------------------------- */

struct stand_in_engine {
    struct http_settings settings;
    struct http_events events;
    int wake_fd;
    unsigned first, count; /* of the ring of requests that wait */
    struct http_request waiting[];
};

int stand_in_open(const struct http_settings *settings, const struct http_events *events,
                  struct stand_in_engine **out, sluice_error *error) {
    unsigned slots = settings->slots ? settings->slots : 1;
    struct stand_in_engine *engine = calloc(1, sizeof *engine + slots * sizeof *engine->waiting);
    if (!engine)
        return fail_memory(error);
    *engine = (struct stand_in_engine){
        .settings = *settings, .events = *events, .wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    engine->settings.slots = slots;
    if (engine->wake_fd < 0) {
        free(engine);
        return fail(error, SLUICE_E_IO, "no file descriptors are left");
    }
    *out = engine;
    return 0;
}

void stand_in_close(struct stand_in_engine *engine) {
    close(engine->wake_fd);
    free(engine);
}

unsigned stand_in_free_slots(const struct stand_in_engine *engine) {
    return engine->settings.slots - engine->count;
}

int stand_in_start(struct stand_in_engine *engine, const struct http_request *request, sluice_error *error) {
    if (engine->count == engine->settings.slots)
        return fail(error, SLUICE_E_SOFTWARE, "all %u places for calls are taken", engine->settings.slots);
    engine->waiting[(engine->first + engine->count++) % engine->settings.slots] = *request;
    return 0;
}

/* ---- one call ------------------------------------------------------------------------------ */

const char *stand_in_header(const struct stand_in_reply *reply, const char *name) {
    for (uint64_t i = 0; i < reply->headers.count; i++) {
        const sluice_pair *header = &reply->headers.items[i];
        if (header->key.len == strlen(name) && strncasecmp(header->key.ptr, name, header->key.len) == 0)
            return header->values.count ? header->values.items[0].ptr : "";
    }
    return NULL;
}

static int64_t retry_after_ms(const struct stand_in_reply *reply) {
    const char *text = stand_in_header(reply, "Retry-After");
    return text ? strtoll(text, NULL, 10) * 1000 : -1;
}

static void say(struct http_result *result, const char *url) {
    static const char *const problems[] = {
        [HTTP_REPLIED] = "",
        [HTTP_NOT_SENT] = "refused the connection",
        [HTTP_BROKEN] = "closed the connection before the reply was complete",
        [HTTP_TIMEOUT] = "didn't reply in time",
        [HTTP_TOO_LARGE] = "sent a larger reply than is accepted",
        [HTTP_STOPPED] = "was cut off on purpose",
    };
    sluice_text server = url_authority(text_of(url));
    if (result->outcome)
        snprintf(result->text, sizeof result->text, "%.*s %s", TEXT_ARG(server), problems[result->outcome]);
}

/* The body, as if it came in one piece. */
static void give_body(struct stand_in_engine *engine, const struct http_request *request,
                      struct stand_in_reply *reply) {
    uint64_t limit = request->reply_limit ? request->reply_limit : engine->settings.reply_limit;
    if (limit && reply->body.len > limit) {
        reply->outcome = HTTP_TOO_LARGE;
        reply->body.len = limit;
    }
    if (reply->body.len && engine->events.data(engine->events.user, request->tag, reply->status,
                                               reply->content_type, reply->body))
        reply->outcome = reply->outcome ? reply->outcome : HTTP_STOPPED;
}

static void call(struct stand_in_engine *engine, const struct http_request *request) {
    sluice_arena arena = {0};
    struct stand_in_reply reply = {.outcome = HTTP_NOT_SENT};
    int64_t begun_us = clock_us();
    if (!request->paid || !engine->events.may_send || engine->events.may_send(engine->events.user))
        the.answer(the.user, request, &arena, &reply);
    if (reply.status)
        give_body(engine, request, &reply);
    struct http_result result = {
        .outcome = reply.outcome,
        .status = reply.status,
        .sent = reply.outcome == HTTP_NOT_SENT ? 0 : strlen(request->url) + request->body.len,
        .received = reply.body.len,
        .retry_after_ms = reply.status ? retry_after_ms(&reply) : -1,
        .date_ms = reply.status ? clock_wall_ms() : 0,
        .elapsed_us = clock_us() - begun_us,
        .redirect = reply.redirect,
        .content_type = reply.content_type,
        .stand_in = &reply,
    };
    say(&result, request->url);
    engine->events.done(engine->events.user, request->tag, &result);
    arena_free(&arena);
}

static void take_wake(struct stand_in_engine *engine) {
    uint64_t wakes;
    if (read(engine->wake_fd, &wakes, sizeof wakes) == sizeof wakes && engine->events.woken)
        engine->events.woken(engine->events.user);
}

int stand_in_turn(struct stand_in_engine *engine, int64_t timeout_ms, sluice_error *error) {
    struct pollfd fd = {.fd = engine->wake_fd, .events = POLLIN};
    unsigned due = engine->count; /* what done() starts waits for the next turn */
    int wait = due ? 0 : timeout_ms > INT32_MAX ? INT32_MAX : (int)timeout_ms;
    if (poll(&fd, 1, wait) < 0 && errno != EINTR)
        return fail(error, SLUICE_E_IO, "poll: %s", strerror(errno));
    take_wake(engine);
    while (due--) {
        struct http_request request = engine->waiting[engine->first];
        engine->first = (engine->first + 1) % engine->settings.slots;
        engine->count--;
        call(engine, &request);
    }
    return 0;
}

void stand_in_wake(struct stand_in_engine *engine) {
    uint64_t one = 1;
    while (write(engine->wake_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
}
