/* http.h - the only client sockets of the program: libcurl's multi interface on epoll.
 *
 * One engine belongs to one thread; only http_wake may be called from another. It knows nothing of
 * orders: it sends what it is told once, says exactly what it knows of the outcome, and never
 * retries. libcurl is loaded when the first engine is opened.
 *
 * Redirects are never followed, no cookie is kept, no .netrc is read, certificates are always
 * checked. A proxy from the environment (https_proxy, no_proxy) is used, but never for loopback. */
#ifndef CORE_HTTP_H
#define CORE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sluice/base.h>

#include "error.h"
#include "http_result.h"

struct http;

struct http_settings {
    int64_t connect_ms;   /* look-up, connect and TLS; 15000 */
    int64_t timeout_ms;   /* the whole call; 60000 */
    uint64_t reply_limit; /* bytes after decompression; beyond it the call ends as HTTP_TOO_LARGE */
    unsigned slots;       /* calls in flight at most */
};

enum { HTTP_HEADERS = 32 }; /* lines in one request at most */

struct http_header {
    const char *line; /* "Name: value"; refused when it holds a control character */
};

/* Everything it points to must stay valid until done(). */
struct http_request {
    const char *method; /* "POST" */
    const char *url;
    const struct http_header *headers;
    size_t header_count;
    sluice_text body;
    /* One attempt to send, ever, on a connection that is new or was idle for less than a second. Without
     * it libcurl may send again what it had written to a kept-alive connection that turns out dead. */
    bool paid;
    int64_t connect_ms, timeout_ms; /* 0: as in the settings */
    uint64_t reply_limit;           /* 0: as in the settings */
    void *tag;                      /* given back in the callbacks */
    const void *asker;              /* for whom it is: a component's type; NULL: nobody says */
};

struct http_events {
    /* A piece of the body; non-zero stops the call. `status` and `content_type` are known by then.
     * Called from inside libcurl: no http_start here. */
    int (*data)(void *user, void *tag, int status, const char *content_type, sluice_text piece);
    /* The call is over and its slot is free again: http_start may be called here. The texts of the
     * result last until this returns or starts a call. */
    void (*done)(void *user, void *tag, const struct http_result *result);
    /* Asked before the first byte of a paid request, on a connection that is ready: false, and it isn't sent.
     * NULL: yes. */
    bool (*may_send)(void *user);
    /* http_wake was called. NULL: nobody cares. */
    void (*woken)(void *user);
    void *user;
};

int http_open(const struct http_settings *settings, const struct http_events *events, struct http **out,
              sluice_error *error);
void http_close(struct http *http); /* calls in flight are cut off; done() isn't called for them */
/* How many more calls may be started now. */
unsigned http_free_slots(const struct http *http);
/* Start a call. Nothing is sent before the next http_turn, which also calls done(). A failure means
 * that the request itself is wrong (SLUICE_E_CONFIG) or that no slot is free; done() isn't called. */
int http_start(struct http *http, const struct http_request *request, sluice_error *error);
/* Wait for at most `timeout_ms` (-1: until something happens), do what is due, call the callbacks. When
 * it fails, done() has been called for every call that was in flight. */
int http_turn(struct http *http, int64_t timeout_ms, sluice_error *error);
void http_wake(struct http *http); /* any thread */

#endif
