#include "http.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "dry_run.h"
#include "http_call.h"
#include "http_outcome.h"
#include "http_sockets.h"
#include "stand_in.h"

enum { EVENTS = 128, PAID_IDLE_US = 1000000 };

struct http {
    struct stand_in_engine *stand_in; /* answers instead; NULL: the network does */
    const struct curl_library *curl;
    CURLM *multi;
    struct http_settings settings;
    struct http_events events;
    struct http_sockets sockets;
    int wake_fd;
    int64_t due_us;   /* when libcurl wants to be called next; -1: never */
    bool paid_waits;  /* a paid call was started and has not looked for a connection yet */
    int socket_error; /* a socket can't be watched; 0: all can */
    struct http_call *free_calls;
    unsigned free_count;
    struct http_call calls[];
};

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *of_socket) {
    struct http *http = user;
    (void)easy, (void)of_socket;
    if (what == CURL_POLL_REMOVE)
        http_sockets_forget(&http->sockets, fd, clock_us());
    else if (!http_sockets_watch(&http->sockets, fd,
                                 (what & CURL_POLL_IN ? EPOLLIN : 0u) |
                                     (what & CURL_POLL_OUT ? EPOLLOUT : 0u)))
        http->socket_error = errno ? errno : ENOMEM;
    return 0;
}

static int set_timer(CURLM *multi, long timeout_ms, void *user) {
    struct http *http = user;
    (void)multi;
    http->due_us = timeout_ms < 0 ? -1 : clock_us() + (int64_t)timeout_ms * 1000;
    return 0;
}

static bool open_multi(struct http *http) {
    const struct curl_library *curl = http->curl;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = -1};
    int bad = 0;
    http->multi = curl->curl_multi_init();
    http->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!http->multi || http->wake_fd < 0 || !http_sockets_init(&http->sockets))
        return false;
    event.data.fd = http->wake_fd;
    bad |= epoll_ctl(http->sockets.epoll_fd, EPOLL_CTL_ADD, http->wake_fd, &event);
    bad |= curl->curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    bad |= curl->curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
    bad |= curl->curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    bad |= curl->curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
    bad |= curl->curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)http->settings.slots);
    return !bad;
}

static bool open_calls(struct http *http) {
    for (unsigned i = 0; i < http->settings.slots; i++) {
        struct http_call *call = &http->calls[i];
        if (!http_call_init(call, http->curl, &http->events, &http->sockets))
            return false;
        call->next_free = http->free_calls;
        http->free_calls = call;
        http->free_count++;
    }
    return true;
}

/* OpenSSL writes without MSG_NOSIGNAL, and libcurl guards against the signal only by two system calls
 * for each of its steps. */
static void ignore_sigpipe(void) {
    struct sigaction action;
    if (sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_DFL)
        signal(SIGPIPE, SIG_IGN);
}

static int open_stand_in(const struct http_settings *settings, const struct http_events *events,
                         struct http **out, sluice_error *error) {
    struct http *http = calloc(1, sizeof *http);
    int failed = http ? stand_in_open(settings, events, &http->stand_in, error) : fail_memory(error);
    if (failed)
        free(http);
    else
        *out = http;
    return failed;
}

int http_open(const struct http_settings *settings, const struct http_events *events, struct http **out,
              sluice_error *error) {
    if (stand_in())
        return open_stand_in(settings, events, out, error);
    const struct curl_library *curl = curl_library(error);
    if (!curl)
        return SLUICE_E_UNAVAILABLE;
    unsigned slots = settings->slots ? settings->slots : 1;
    struct http *http = calloc(1, sizeof *http + slots * sizeof *http->calls);
    if (!http)
        return fail_memory(error);
    http->curl = curl;
    http->settings = *settings;
    http->settings.slots = slots;
    http->events = *events;
    http->due_us = -1;
    http->wake_fd = http->sockets.epoll_fd = -1;
    ignore_sigpipe();
    if (!open_multi(http) || !open_calls(http)) {
        http_close(http);
        return fail(error, SLUICE_E_IO, "the HTTP engine can't be opened with %u calls at once: %s", slots,
                    strerror(errno));
    }
    *out = http;
    return 0;
}

void http_close(struct http *http) {
    if (!http)
        return;
    if (http->stand_in) {
        stand_in_close(http->stand_in);
        free(http);
        return;
    }
    for (unsigned i = 0; i < http->settings.slots; i++) {
        if (http->multi && http->calls[i].easy)
            http->curl->curl_multi_remove_handle(http->multi, http->calls[i].easy);
        if (http->calls[i].curl)
            http_call_free(&http->calls[i]);
    }
    if (http->multi)
        http->curl->curl_multi_cleanup(http->multi);
    http_sockets_free(&http->sockets);
    if (http->wake_fd >= 0)
        close(http->wake_fd);
    free(http);
}

unsigned http_free_slots(const struct http *http) {
    return http->stand_in ? stand_in_free_slots(http->stand_in) : http->free_count;
}

int http_start(struct http *http, const struct http_request *request, sluice_error *error) {
    struct http_call *call = http->free_calls;
    if (request->paid && dry_run())
        return fail(error, SLUICE_E_SOFTWARE, "%s: a plan sends nothing that costs money", request->url);
    if (http->stand_in)
        return stand_in_start(http->stand_in, request, error);
    if (!call)
        return fail(error, SLUICE_E_SOFTWARE, "all %u places for calls are taken", http->settings.slots);
    int code = http_call_prepare(call, request, &http->settings, clock_us(), error);
    if (code)
        return code;
    CURLMcode added = http->curl->curl_multi_add_handle(http->multi, call->easy);
    if (added)
        return fail(error, SLUICE_E_SOFTWARE, "libcurl doesn't take the call: %s",
                    http->curl->curl_multi_strerror(added));
    http->free_calls = call->next_free;
    http->free_count--;
    call->in_flight = true;
    http->paid_waits |= request->paid;
    return 0;
}

static void finish(struct http *http, CURL *easy, CURLcode code) {
    struct http_result result;
    char *private = NULL;
    http->curl->curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
    struct http_call *call = (struct http_call *)(void *)private;
    http->curl->curl_multi_remove_handle(http->multi, easy);
    http_outcome(call, code, clock_us(), &result);
    call->in_flight = false;
    call->next_free = http->free_calls;
    http->free_calls = call;
    http->free_count++;
    http->events.done(http->events.user, call->tag, &result);
}

/* Whatever libcurl has finished. To sleep before this is done would let replies lie. */
static bool drain(struct http *http) {
    CURLMsg *message;
    int left;
    bool any = false;
    while ((message = http->curl->curl_multi_info_read(http->multi, &left))) {
        any = true;
        if (message->msg == CURLMSG_DONE)
            finish(http, message->easy_handle, message->data.result);
    }
    return any;
}

static int act(struct http *http, curl_socket_t fd, int bits, sluice_error *error) {
    int running;
    CURLMcode code = http->curl->curl_multi_socket_action(http->multi, fd, bits, &running);
    if (code && code != CURLM_BAD_SOCKET) /* closed while another event was handled */
        return fail(error, SLUICE_E_SOFTWARE, "the HTTP engine stopped: %s",
                    http->curl->curl_multi_strerror(code));
    if (http->socket_error) {
        int number = http->socket_error;
        http->socket_error = 0;
        return fail(error, SLUICE_E_IO, "a connection can't be watched: %s", strerror(number));
    }
    return 0;
}

/* The engine doesn't get on: nobody would ever hear of the calls in flight. */
static int end_calls(struct http *http, int code, const sluice_error *error) {
    drain(http); /* those that are over are not among them */
    for (unsigned i = 0; i < http->settings.slots; i++) {
        struct http_call *call = &http->calls[i];
        if (!call->in_flight)
            continue;
        snprintf(call->problem, sizeof call->problem, "%s", error->text);
        finish(http, call->easy, CURLE_SEND_ERROR);
    }
    return code;
}

/* libcurl's own clock: new calls look for a connection here, time-outs strike here. */
static int run_timer(struct http *http, sluice_error *error) {
    int64_t now = clock_us();
    if (http->due_us < 0 || http->due_us > now)
        return 0;
    if (http->paid_waits) {
        http_sockets_retire(&http->sockets, now - PAID_IDLE_US);
        http->paid_waits = false;
    }
    http->due_us = -1; /* libcurl sets it again when it wants to be called again */
    return act(http, CURL_SOCKET_TIMEOUT, 0, error);
}

static void take_wake(struct http *http) {
    uint64_t count;
    if (read(http->wake_fd, &count, sizeof count) == sizeof count && http->events.woken)
        http->events.woken(http->events.user);
}

static int handle(struct http *http, const struct epoll_event *event, sluice_error *error) {
    const uint32_t broken = EPOLLERR | EPOLLHUP;
    int fd = event->data.fd;
    if (fd == http->wake_fd) {
        take_wake(http);
        return 0;
    }
    if (!http_sockets_wanted(&http->sockets, fd))
        return 0;
    int bits = (event->events & (EPOLLIN | broken) ? CURL_CSELECT_IN : 0) |
               (event->events & (EPOLLOUT | broken) ? CURL_CSELECT_OUT : 0);
    return act(http, fd, bits, error);
}

/* How long epoll may sleep: rounded up, or it would spin through the last millisecond. */
static int sleep_ms(const struct http *http, int64_t timeout_ms) {
    int64_t wait = timeout_ms < 0 ? -1 : timeout_ms;
    if (http->due_us >= 0) {
        int64_t left = http->due_us - clock_us();
        int64_t due = left <= 0 ? 0 : (left + 999) / 1000;
        if (wait < 0 || due < wait)
            wait = due;
    }
    return wait > INT32_MAX ? INT32_MAX : (int)wait;
}

int http_turn(struct http *http, int64_t timeout_ms, sluice_error *error) {
    struct epoll_event events[EVENTS];
    if (http->stand_in)
        return stand_in_turn(http->stand_in, timeout_ms, error);
    int code = run_timer(http, error);
    if (code)
        return end_calls(http, code, error);
    if (drain(http))
        timeout_ms = 0;
    int count = epoll_wait(http->sockets.epoll_fd, events, EVENTS, sleep_ms(http, timeout_ms));
    if (count < 0 && errno != EINTR)
        code = fail(error, SLUICE_E_IO, "epoll: %s", strerror(errno));
    for (int i = 0; i < count && !code; i++)
        code = handle(http, &events[i], error);
    if (!code)
        code = run_timer(http, error);
    drain(http);
    return code ? end_calls(http, code, error) : 0;
}

void http_wake(struct http *http) {
    uint64_t one = 1;
    if (http->stand_in) {
        stand_in_wake(http->stand_in);
        return;
    }
    while (write(http->wake_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
}
