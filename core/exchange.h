/* exchange.h - one call: the request a plugin built, and what it read in the reply. */
#ifndef CORE_EXCHANGE_H
#define CORE_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include <sluice/exchange.h>
#include <sluice/host.h>

#include "arena.h"
#include "error.h"
#include "host.h"
#include "http.h"

enum {
    CALL_ROWS_MOST = 1000,
    CALL_WRITE_MOST = 8192,
    CALL_HEADERS = 16,
    CALL_COOKIE = 4096,
    CALL_BODY_MOST = 16 * 1024 * 1024,
    CALL_UPLOAD_MOST = 64 * 1024 * 1024
};

struct request {
    sluice_request view;
    char *body;                /* kept from call to call; wiped when a secret was in it */
    size_t length, room, most; /* most: bytes that it may have */
    struct http_header headers[CALL_HEADERS];
    size_t header_count;
    char *query; /* "?a=1&b=2" in the arena; NULL: none */
    bool form, secret, failed;
};

/* What parse said of one row; texts in the call's arena. */
struct verdict {
    uint32_t kind; /* 0: nothing was said */
    bool twice;    /* two verdicts that contradict each other */
    sluice_text order_id, code, text, price;
    const sluice_text *values; /* in the order of the component's `adds`; NULL: none */
    int64_t retry_after_ms;
    bool split, login;
};

struct call;

/* Where the results of a free call go while parse runs. Any may be NULL. */
struct call_results {
    /* One request of a sequence begins; a reply broke off midway: take back what came since then. NULL: what
     * came can't be taken back, so the request isn't sent again. */
    void (*begin)(void *user);
    void (*take_back)(void *user);
    bool (*enough)(void *user); /* no more pages are wanted */
    void (*service)(void *user, const sluice_service *service);
    void (*balance)(void *user, sluice_text amount, sluice_text currency);
    void (*candidate)(void *user, const sluice_candidate *candidate);
    void (*listing)(void *user, const sluice_listing *listing);
    void (*record)(void *user, const sluice_text *values);
    /* What the last reply of the sequence says of the rows, and of all of them: read it with call_verdict.
     * Then a refusal of the whole is no failure of client_run. */
    void (*verdicts)(void *user, const struct call *call);
    void *user;
};

struct call {
    sluice_call view; /* first: the plugin's view */
    struct instance *instance;
    sluice_arena arena;
    struct request request;
    struct verdict *verdicts; /* view.row_count */
    struct verdict whole;
    struct call_results results;
    const char *url;
    const struct http_result *end; /* while parse reads the last piece */
    sluice_text next_cookie;
    bool more, told;   /* told: a result went to `results` */
    bool unsent;       /* build had nothing to send */
    uint64_t received; /* body bytes given to parse */
    char *body;        /* of a component that doesn't stream: the reply so far */
    size_t body_length, body_room;
    sluice_error parse_error;
    bool parse_failed;
};

/* Make ready for a (new) call; what an earlier use left is reused. */
int call_begin(struct call *call, struct instance *instance, uint32_t op, const sluice_row *rows,
               uint32_t row_count, sluice_error *error);
/* Let the plugin build; afterwards call->request and call->url are complete. SLUICE_LOGIN_FIRST: they aren't,
 * end the call, log in (client_log_in), and begin it anew. */
int call_build(struct call *call, sluice_error *error);
/* What http needs to send it. Valid until call_end. */
struct http_request call_http(struct call *call, void *tag);
/* A piece of the reply, then the end. Returns non-zero to stop the transfer. */
int call_data(struct call *call, int status, const char *content_type, sluice_text piece);
int call_reply_end(struct call *call, const struct http_result *result, sluice_error *error);
/* The verdict on a row: its own, else the one on the whole call; kind 0: none. */
const struct verdict *call_verdict(const struct call *call, uint32_t row);
/* The network part is over: the plugin lets go of its state, secrets are wiped; verdicts stay. */
void call_finish(struct call *call);
/* Everything is over. Calls call_finish when that hasn't happened. */
void call_end(struct call *call);
void call_free(struct call *call);

/* Host functions. */
void exchange_request_text(sluice_request *view, sluice_text text, uint32_t encoding);
void exchange_request_secret(sluice_request *view, sluice_secret secret, uint32_t encoding);
void exchange_request_form(sluice_request *view, const char *name, sluice_text value);
void exchange_request_form_secret(sluice_request *view, const char *name, sluice_secret secret);
void exchange_request_header(sluice_request *view, const char *name, sluice_text value);
void exchange_request_header_secret(sluice_request *view, const char *name, const char *prefix,
                                    sluice_secret secret);
void exchange_request_query(sluice_request *view, const char *name, sluice_text value);
void exchange_request_query_secret(sluice_request *view, const char *name, sluice_secret secret);
void exchange_request_basic(sluice_request *view, sluice_text user, sluice_secret secret);
sluice_text exchange_reply_header(sluice_call *view, const char *name);
void exchange_verdict(sluice_call *view, const sluice_verdict *verdict);
void exchange_service(sluice_call *view, const sluice_service *service);
void exchange_balance(sluice_call *view, sluice_text amount, sluice_text currency);
void exchange_candidate(sluice_call *view, const sluice_candidate *candidate);
void exchange_listing(sluice_call *view, const sluice_listing *listing);
void exchange_more(sluice_call *view, sluice_text cookie);
void exchange_record(sluice_call *view, const sluice_text *values);
sluice_secret exchange_keep_secret(sluice_self *self, const char *name, sluice_text value);

#endif
