/* exchange.h - one request to a service and its reply, without the network.
 *
 * A plugin builds a request from rows and reads the reply; the core owns sockets, retries, limits,
 * time-outs and the ledger. The same two functions serve every purpose: `op` says which.
 */
#ifndef SLUICE_EXCHANGE_H
#define SLUICE_EXCHANGE_H

#include "base.h"
#include "batch.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a call is for. */
enum sluice_op {
    SLUICE_OP_PLACE = 1,        /* buy: the only op that may be PAID */
    SLUICE_OP_CHECK = 2,        /* ask about orders that were placed */
    SLUICE_OP_SETTLE = 3,       /* list recent orders, or those of the rows' order_id: what became of them? */
    SLUICE_OP_SERVICES = 4,     /* the catalogue: services and their prices */
    SLUICE_OP_BALANCE = 5,      /* the credit of the account */
    SLUICE_OP_LOGIN = 6,        /* fetch a token: see SLUICE_LOGIN_FIRST */
    SLUICE_OP_PAGE = 7,         /* a source: the next page of records */
    SLUICE_OP_WRITE = 8,        /* a sink: write rows; KEPT, REJECTED or NO_NEWS (passed over) for each */
    SLUICE_OP_PROBE = 9,        /* a sink: prove that writing will work, without a record */
    SLUICE_OP_CHECK_STORE = 10, /* a store: is everything there? parse answers through host->finding */
    SLUICE_OP_UPLOAD = 11       /* a sink, at the end of the run: what it collected (SLUICE_UPLOADS) */
};

#define SLUICE_CALL_PAID 1u /* the call may cost money: never sent twice */

/* build's other outcome: there is no token, or it has run out. Nothing is sent; the core makes a LOGIN call,
 * without rows, with the same instance: its build asks for a token, its parse keeps it (host->keep_secret)
 * and notes until when it is good; then build is called again. So the plugin logs in when it has to, and the
 * core does it when no other call of the instance is in flight. When the log-in fails, the call does, and a
 * PAID one was never sent. */
#define SLUICE_LOGIN_FIRST 2

/* One call. Owned by the core; the same struct is passed to build and to every parse of the call. */
typedef struct sluice_call {
    uint32_t size;
    uint32_t op;
    uint32_t flags;
    uint32_t row_count;
    const sluice_row *rows; /* the rows that this call is about; they share one service */
    sluice_text service;    /* PLACE: the service id of all rows, as identity() gave it */
    /* PLACE: a reference for each of the rows, never used for another order, at most 49 letters, digits and
     * '-'; for providers that keep one. */
    const sluice_text *client_refs;
    sluice_text cookie; /* what the last reply of this sequence left (host->more): page, step */
    uint32_t attempt;   /* from 1 */
    uint32_t reserved;
    void *state; /* the plugin's own, for this call; NULL at build; freed by finish() */
    /* SETTLE: orders sent before then (milliseconds since 1970-01-01 UTC) aren't looked for; a listing that
     * reaches back to it is enough. 0: the recent ones. */
    int64_t since_ms;
    /* For what build keeps and parse makes: lives until finish() has returned. The request's is the same. */
    sluice_arena *arena;
} sluice_call;

enum sluice_method {
    SLUICE_METHOD_GET = 1,
    SLUICE_METHOD_POST = 2,
    SLUICE_METHOD_PUT = 3,
    SLUICE_METHOD_PATCH = 4,
    SLUICE_METHOD_DELETE = 5
};

/* A request to fill in. Host and scheme come from the endpoint and can't be changed here. Body and
 * headers are written through the host (request_text, request_form, request_secret, …). */
typedef struct sluice_request {
    uint32_t size;
    uint32_t method;          /* GET unless set */
    sluice_text path;         /* appended to the endpoint's base URL; begins with '/'. Not copied before build
                               * has returned, nor is content_type: a literal, or in the arena */
    sluice_text content_type; /* null: none, or form when request_form was used */
    sluice_arena *arena;      /* the call's */
} sluice_request;

/* A reply, or a piece of it: a component that declares SLUICE_STREAMS gets the body as it arrives,
 * the others get it whole, once. Never for a call whose connection failed: the core decides that. */
typedef struct sluice_reply {
    uint32_t size;
    int32_t status; /* HTTP */
    sluice_text content_type;
    sluice_text body; /* this piece; decompressed */
    uint64_t offset;  /* bytes of the body that came before this piece */
    uint32_t last;    /* 1: the body is complete with this piece */
    uint32_t reserved;
    int64_t retry_after_ms; /* from the header; -1: none */
    sluice_text redirect;   /* with the last piece: where a 3xx points; null: nowhere. Never followed */
} sluice_reply;

/* What a reply says about one row, or about the call.
 *
 * A free call without rows (SERVICES, BALANCE, SETTLE, PAGE, LOGIN) needs a verdict only when it was refused:
 * then one on SLUICE_ALL_ROWS ends it, REFUSED_AUTH with 77, REFUSED_CONFIG with 78, any other with 69, and
 * it isn't sent again, not for RETRY_LATER either (but with `login`, see sluice_verdict): nobody waits for
 * minutes before a run has begun. (What
 * HTTP says, 429, 503 and Retry-After, is retried without asking the plugin; see sluice_endpoint.failures.) A
 * failure of parse does the same. Of CHECK, RETRY_LATER holds the calls up and asks again. */
enum sluice_verdict_kind {
    SLUICE_VERDICT_PLACED = 1,    /* bought; order_id is required (PLACE) */
    SLUICE_VERDICT_CHECKED = 2,   /* the columns are news about the order (CHECK) */
    SLUICE_VERDICT_DUPLICATE = 3, /* the provider says that such an order exists; not a proof of no charge */
    SLUICE_VERDICT_REJECTED = 4,  /* refused, naming this row; not charged */
    SLUICE_VERDICT_NO_CREDIT = 5, /* refused: the account has no credit; not charged */
    SLUICE_VERDICT_REFUSED_AUTH = 6, /* refused: credentials, account or address; not charged */
    SLUICE_VERDICT_RETRY_LATER = 7,  /* refused for now, in the provider's own words; not charged */
    SLUICE_VERDICT_IN_DOUBT = 8,     /* can't be told */
    SLUICE_VERDICT_REFUNDED = 9,     /* rejected in the end and paid back (CHECK) */
    SLUICE_VERDICT_NO_NEWS = 10,     /* free calls: not known there, or an odd answer; kept as it is */
    SLUICE_VERDICT_KEPT = 11,        /* a sink: the row is stored (WRITE) */
    SLUICE_VERDICT_REFUSED_CONFIG =
        12 /* refused: what the options ask for can't be had, an address, an action, a
            * permission of the account; not charged. The run stops (78) */
};

#define SLUICE_ALL_ROWS UINT32_MAX

/* A verdict on a row, or on the whole call (row == SLUICE_ALL_ROWS). A row without one is in doubt
 * when the call is PAID. Texts need to live only until host->verdict returns. */
typedef struct sluice_verdict {
    uint32_t size;
    uint32_t kind;
    uint32_t row; /* index in call->rows */
    uint32_t column_count;
    sluice_text order_id;       /* of PLACED; at most 127 bytes, with a longer one the row is in doubt */
    sluice_text code;           /* short and stable: "invalid_imei" */
    sluice_text text;           /* the provider's own words */
    sluice_text price;          /* what was charged, when the reply says so; decimal */
    const sluice_text *columns; /* names among the component's `adds` */
    const sluice_text *values;  /* null: leave what is there */
    int64_t retry_after_ms;     /* RETRY_LATER; -1: unknown */
    uint32_t split;             /* 1: ask again with half of the rows (free calls only) */
    uint32_t login; /* 1, with RETRY_LATER: the token is no good any more, and parse has forgotten it,
                     * so that build asks for a log-in. A free call is sent again at once, an order after the
                     * pause of any RETRY_LATER; one that is refused five times ends the run (69) */
} sluice_verdict;

/* A service of the catalogue. */
typedef struct sluice_service {
    uint32_t size;
    uint32_t reserved;
    sluice_text id;
    sluice_text title;
    sluice_text price;    /* decimal; null: unknown, then it can't be bought */
    sluice_text currency; /* null: the account's */
    sluice_text category;
    sluice_text time; /* delivery time in the provider's words */
} sluice_service;

/* An order that the provider lists as placed (SETTLE). */
typedef struct sluice_candidate {
    uint32_t size;
    uint32_t reserved;
    sluice_text order_id;
    sluice_text identifier;
    sluice_text service; /* id; null when only the title is known */
    sluice_text service_title;
    sluice_text created; /* as the provider writes it: YYYY-MM-DD HH:MM:SS, zone unknown. Where created_ms is
                          * given it is only shown */
    sluice_text client_ref;
    sluice_text price;
    sluice_text
        status; /* what a store shall say; only CHECK brings results, and asks about what has no end */
    int64_t created_ms; /* since 1970-01-01 UTC, when the provider names its zone (instant_read of instant.h);
                         * 0: see `created` */
} sluice_candidate;

/* What is known about a list of candidates as a whole. */
typedef struct sluice_listing {
    uint32_t size;
    uint32_t complete; /* 1: every order since `oldest` is in it */
    /* created of the oldest order in it. Where every candidate has created_ms it isn't looked at: the list
     * reaches back to the oldest candidate, and one that has nothing from 8 minutes before an order was sent
     * proves nothing of that order. So ask for some more than call->since_ms where the account orders seldom.
     */
    sluice_text oldest;
} sluice_listing;

/* Who an order is for: the ledger's identity. Filled by identity(); texts live in the given arena
 * or in the row. */
typedef struct sluice_identity {
    uint32_t size;
    uint32_t reserved;
    sluice_text service;    /* normal form */
    sluice_text identifier; /* normal form */
    sluice_text parameters; /* canonical text of what else is sent; not part of the identity */
    sluice_text code;       /* identity() returned 1: why the row can't be ordered */
    sluice_text reason;
} sluice_identity;

/* Where a component's calls go and whose account they use. Given once, in open(). */
typedef struct sluice_endpoint {
    uint32_t size;
    uint32_t list;        /* rows in a call at most; 0 and 1: one */
    sluice_text base_url; /* https://, or http:// on loopback */
    sluice_text provider; /* "gsm_fusion" */
    sluice_text user;     /* the account's name at the provider; not secret */
    sluice_text account;  /* the `account` option; null: host + user */
    /* Bytes after decompression; 0: 64 MiB. A component that streams may get 16 times as many for SETTLE; for
     * a PAID call nobody gets more than 4 MiB and 64 KiB a row. */
    uint64_t reply_limit;
    sluice_text service; /* what rows that name none are ordered for, in normal form; null: nothing */
    uint32_t settles;    /* 1: SETTLE is answered with the orders that the provider lists */
    uint32_t reserved;
    /* 1: parse is given replies of 5xx, 408, 425 and 429 to free calls, too. What it says of them counts: a
     * failure, `more`, a verdict on all rows with `split`, or any but RETRY_LATER ends the call. With
     * RETRY_LATER, or without a word, it is sent again as any other. Not with SLUICE_STREAMS. */
    uint32_t failures;
    uint32_t reserved2;
    /* 1: SETTLE is answered for the order_id of its row where nothing can be listed (settles 0), too: what a
     * person says of an order is compared with it. */
    uint32_t finds;
    uint32_t reserved3;
    /* 1: CHECK isn't about orders: it is asked about every record, not only about those with an order_id of
     * this provider and account. */
    uint32_t every_row;
    uint32_t reserved4;
} sluice_endpoint;

/* build, parse and finish are called from one thread at a time, never two at once for one instance; not
 * from the same thread for every call. identity may be called from another thread at the same time: it
 * reads the configuration only. A request may be built again and sent again unless the call is PAID; a
 * component that declares SLUICE_STREAMS may see a reply begin that never ends. */
typedef struct sluice_exchanger {
    uint32_t size;
    uint32_t reserved;
    /* Write the request for `call`. SLUICE_LOGIN_FIRST: not without a log-in. SLUICE_END, for SERVICES and
     * BALANCE: there is nothing to send, and what is to be said was said through host->service and
     * host->balance. Failure: the rows of a PAID call are released, unsent. */
    int32_t (*build)(void *instance, sluice_call *call, sluice_request *request, sluice_error *error);
    /* Read the reply (or the next piece of it); say what it means through host->verdict, service,
     * balance, candidate, record. A failure of a PAID call puts its rows in doubt. */
    int32_t (*parse)(void *instance, sluice_call *call, const sluice_reply *reply, sluice_error *error);
    /* The call is over, whatever became of it: free call->state. May be NULL. */
    void (*finish)(void *instance, sluice_call *call);
    /* A component that spends: the normal form of a row's order. 0: filled in; 1: this row can't be
     * ordered, code and reason say why; negative: the whole run can't go on. Rows of a list or a store have
     * the fields imei and service_id only: service and identifier are filled in also where what else is
     * needed for an order is missing. Pure. */
    int32_t (*identity)(void *instance, const sluice_row *row, sluice_arena *arena, sluice_identity *out,
                        sluice_error *error);
} sluice_exchanger;

#ifdef __cplusplus
}
#endif
#endif
