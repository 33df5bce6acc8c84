/* http_call.h - one place in flight: an easy handle that is set up once and used for call after call,
 * and what is known of the call that it carries. */
#ifndef CORE_HTTP_CALL_H
#define CORE_HTTP_CALL_H

#include "curl_library.h"
#include "http.h"
#include "http_sockets.h"

enum { HTTP_HEAD_MOST = 256 * 1024 };

struct http_call {
    struct http_call *next_free;
    const struct curl_library *curl;
    CURL *easy;
    const struct http_events *events;
    struct http_sockets *sockets;

    /* as the handle is set up now; an option that doesn't change isn't set again */
    char method[8];
    bool paid, has_body, direct;
    int64_t connect_ms, timeout_ms;

    /* the call that it carries */
    void *tag;
    unsigned starts; /* times that a connection was ready and the request was about to be sent */
    uint64_t received, reply_limit;
    uint64_t head; /* bytes of the heads and of what follows the body */
    int64_t begun_us;
    int status; /* known once the first piece of the body came */
    const char *content_type;
    bool in_flight, too_large, stopped;
    struct curl_slist headers[HTTP_HEADERS + 1];
    char problem[CURL_ERROR_SIZE]; /* libcurl's words */
};

/* Make the handle, with the options that no call changes. False: no memory. */
bool http_call_init(struct http_call *call, const struct curl_library *curl, const struct http_events *events,
                    struct http_sockets *sockets);
void http_call_free(struct http_call *call);
/* Get it ready for a request. SLUICE_E_CONFIG: the request is wrong. */
int http_call_prepare(struct http_call *call, const struct http_request *request,
                      const struct http_settings *settings, int64_t now_us, sluice_error *error);

#endif
