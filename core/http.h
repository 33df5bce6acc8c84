/* http.h - the only client sockets of the program: libcurl's multi interface on epoll.
 *
 * One engine belongs to one thread; only http_wake may be called from another. It knows nothing of
 * orders: it sends what it is told once, says exactly what it knows of the outcome, and never
 * retries. libcurl is loaded when the first engine is opened. */
#ifndef CORE_HTTP_H
#define CORE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sluice/base.h>

#include "error.h"

struct http;

struct http_settings {
    int64_t connect_ms;   /* 15000 */
    int64_t timeout_ms;   /* 60000, whole call */
    uint64_t reply_limit; /* bytes after decompression; beyond it the call fails with HTTP_TOO_LARGE */
    unsigned slots;       /* calls in flight at most */
};

struct http_header {
    const char *line; /* "Name: value" */
};

struct http_request {
    const char *method; /* "POST" */
    const char *url;
    const struct http_header *headers;
    size_t header_count;
    sluice_text body;  /* must stay valid until done */
    bool paid;         /* HTTP/1.1, a body that can't be rewound, a connection idle for < 1 s or a new one */
    void *tag;         /* given back in the callbacks */
};

enum http_outcome {
    HTTP_REPLIED = 0,   /* a complete reply: status, and all of the body went to data() */
    HTTP_NOT_SENT = 1,  /* look-up, connect or TLS failed and no byte of the request was handed over */
    HTTP_BROKEN = 2,    /* anything after that: reset, truncated, time-out, error 65 of libcurl */
    HTTP_TIMEOUT = 3,   /* no complete reply in time; bytes were handed over */
    HTTP_TOO_LARGE = 4, /* the body went over the limit */
    HTTP_STOPPED = 5    /* data() asked for it */
};

struct http_result {
    enum http_outcome outcome;
    int status;              /* 0: none */
    uint64_t sent;           /* request bytes (headers and body) handed to the connection */
    uint64_t received;       /* body bytes after decompression */
    int64_t retry_after_ms;  /* -1: none */
    int64_t date_ms;         /* the Date header; 0: none */
    int64_t elapsed_us;
    const char *redirect;    /* where a 3xx points; NULL: nowhere. Never followed */
    const char *content_type;/* NULL: none */
    char text[256];          /* what went wrong, for people */
};

struct http_events {
    /* A piece of the body; non-zero stops the call. `status` and `content_type` are known by then. */
    int (*data)(void *user, void *tag, int status, const char *content_type, sluice_text piece);
    void (*done)(void *user, void *tag, const struct http_result *result);
    /* http_wake was called. */
    void (*woken)(void *user);
    void *user;
};

int http_open(const struct http_settings *settings, const struct http_events *events, struct http **out,
              sluice_error *error);
void http_close(struct http *http); /* calls in flight are cut off; done() isn't called for them */
/* How many more calls may be started now. */
unsigned http_free_slots(const struct http *http);
/* Start a call. done() is called from http_turn, also for a failure to start. */
int http_start(struct http *http, const struct http_request *request, sluice_error *error);
/* Wait for at most `timeout_ms` (-1: until something happens), do what is due, call the callbacks. */
int http_turn(struct http *http, int64_t timeout_ms, sluice_error *error);
void http_wake(struct http *http); /* any thread */

#endif
