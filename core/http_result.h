/* http_result.h - what is known of a call when it is over. */
#ifndef CORE_HTTP_RESULT_H
#define CORE_HTTP_RESULT_H

#include <stdint.h>

enum http_outcome {
    HTTP_REPLIED = 0,   /* a complete reply: status, and all of the body went to data() */
    HTTP_NOT_SENT = 1,  /* look-up, connect or TLS failed and no byte of the request was handed over */
    HTTP_BROKEN = 2,    /* anything after that: reset, truncated, error 65 of libcurl */
    HTTP_TIMEOUT = 3,   /* no complete reply in time; bytes were handed over */
    HTTP_TOO_LARGE = 4, /* the body went over the limit */
    HTTP_STOPPED = 5    /* data() asked for it */
};

struct stand_in_reply;

struct http_result {
    enum http_outcome outcome;
    int status;             /* 0: none */
    uint64_t sent;          /* request bytes handed over; of a body above 64 KiB only the first of them */
    uint64_t received;      /* body bytes after decompression */
    int64_t retry_after_ms; /* -1: none */
    int64_t date_ms;        /* the Date header; 0: none */
    int64_t elapsed_us;
    const char *redirect;                  /* where a 3xx points; NULL: nowhere. Never followed */
    const char *content_type;              /* NULL: none */
    const void *call;                      /* http_result_header's */
    const struct stand_in_reply *stand_in; /* likewise, where the network isn't asked */
    char text[256];                        /* what went wrong, for people; empty for HTTP_REPLIED */
};

/* The text of a header of the reply; NULL: none of that name. Valid as long as the texts of the result. */
const char *http_result_header(const struct http_result *result, const char *name);

#endif
