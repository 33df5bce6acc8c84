/* host.h - what the core does for a plugin: one table of functions, given to open().
 *
 * A plugin links against nothing of the core; it calls through this table. A function that the
 * running core is too old to have lies beyond host->size; one that makes no sense where the
 * component runs (sandbox functions in a pipeline, submit outside the service) is NULL.
 * Every function may be called from the thread that is inside a callback of the plugin, and only
 * during that callback, unless its comment says otherwise.
 */
#ifndef SLUICE_HOST_H
#define SLUICE_HOST_H

#include "base.h"
#include "batch.h"
#include "exchange.h"
#include "query.h"
#include "store.h"

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SLUICE_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define SLUICE_PRINTF(f, a)
#endif

enum sluice_level { SLUICE_LOG_ERROR = 1, SLUICE_LOG_WARN = 2, SLUICE_LOG_INFO = 3, SLUICE_LOG_DEBUG = 4 };

/* A request that reached the sandbox. */
typedef struct sluice_sandbox_request {
    uint32_t size;
    uint32_t method;  /* enum sluice_method */
    sluice_text path; /* decoded, without the query */
    sluice_text body;
    sluice_pairs parameters; /* query, urlencoded and multipart fields, decoded */
    sluice_pairs headers;    /* names in lower case */
    sluice_arena *arena;     /* lives until the reply is sent */
} sluice_sandbox_request;

typedef struct sluice_sandbox_reply {
    uint32_t size;
    int32_t status; /* 200 unless set */
    sluice_text content_type;
    sluice_text body;     /* in the request's arena */
    sluice_pairs headers; /* of its own, each with one value; in the request's arena */
    int64_t delay_ms;     /* it is sent that much later */
} sluice_sandbox_reply;

/* Records that somebody sent to a push source. */
#define SLUICE_JOB_REPEAT 1u /* order again what was ordered before, once for the job */

typedef struct sluice_job {
    uint32_t size;
    uint32_t flags;
    sluice_text name; /* unique in the pipeline, at most 128 bytes: what is submitted twice is taken once */
    const sluice_batch *rows; /* the selected ones, 1 to 1,000,000 */
    /* What one order may cost: who asked for it agreed to that much. Decimal text; null: as much as the
     * pipeline allows. A row that costs more when it would be ordered is skipped. */
    sluice_text max_price;
} sluice_job;

/* What became of a record that a push source submitted. */
typedef struct sluice_outcome {
    uint32_t size;
    uint32_t row;      /* index among the job's rows */
    sluice_text job;   /* its name */
    sluice_text state; /* placed duplicate rejected in_doubt skipped passed; waiting: it is tried again */
    sluice_text order_id;
    sluice_text code, reason;
} sluice_outcome;

typedef struct sluice_host {
    uint32_t size;
    uint32_t abi_minor;
    const char *version; /* the program's, for a User-Agent or a message */

    /* -- any component, any time ------------------------------------------------------------ */

    /* A line in the log, with the component's place in front. Thread-safe. */
    void (*log)(sluice_self *self, uint32_t level, const char *format, ...) SLUICE_PRINTF(3, 4);
    /* Write the message of a failure and return its code. Any thread. */
    int32_t (*fail)(sluice_error *error, int32_t code, const char *format, ...) SLUICE_PRINTF(3, 4);
    /* `bytes` of memory, aligned to 16, not zeroed; NULL when there is none. Not thread-safe: an arena
     * belongs to the callback it was given to, that of a call to all callbacks of the call. */
    void *(*alloc)(sluice_arena *arena, uint64_t bytes);
    /* Milliseconds since 1970-01-01 UTC. Any thread. */
    int64_t (*now_ms)(void);
    /* Unicode NFKC of `in`, in `arena` (or `in` itself when nothing changes). SLUICE_E_DATA when
     * `in` isn't UTF-8. */
    int32_t (*nfkc)(sluice_arena *arena, sluice_text in, sluice_text *out, sluice_error *error);
    /* Open a file to read; "-" is standard input. In a run that spends the same input is opened
     * twice: the core spools standard input and refuses a file that changed in between. Lint opens
     * an empty one. The caller closes *fd. Failure: NOINPUT, with the path and the reason. */
    int32_t (*open_input)(sluice_self *self, sluice_text path, int32_t *fd, sluice_error *error);
    /* 1 when the pipeline has a spending action: a file sink appends then, it never replaces. */
    int32_t (*spends)(sluice_self *self);
    /* HMAC-SHA256 keyed with a secret; out: 32 bytes. */
    int32_t (*hmac)(sluice_self *self, sluice_secret key, sluice_text data, uint8_t *out,
                    sluice_error *error);

    /* -- sources ---------------------------------------------------------------------------- */

    /* Name the columns of the batch that is being filled and make room for row_limit rows of each.
     * Names are copied. */
    int32_t (*columns)(sluice_filling *filling, const sluice_text *names, uint32_t count,
                       sluice_error *error);
    /* This row of the batch can't be used as it stands: it leaves for on_reject. Its cells are set like
     * any other row's. `code` is short and stable; texts are copied. */
    int32_t (*reject_read)(sluice_filling *filling, uint32_t row, const char *code, sluice_text reason,
                           sluice_error *error);
    /* Take a job in, durably, before it is acknowledged to whoever sent it. 1: it was taken in before, and
     * nothing has changed. USAGE: there is a job of that name already, with other rows, flags or price, and
     * nothing of this one was taken. BUSY: the service is stopping. Any thread, from start to stop; the
     * outcomes come back through sluice_source.outcome. */
    int32_t (*submit)(sluice_self *self, const sluice_job *job, sluice_error *error);
    /* Each result as a one-row batch to `row`, valid during that call; 1 from it stops. Any thread, from
     * start to stop. It may take its time, and query in turn. See query.h. */
    int32_t (*query)(sluice_self *self, const sluice_query *query, sluice_each_row *row, void *user,
                     sluice_error *error);

    /* -- local actions and sinks ------------------------------------------------------------ */

    /* Replace or add a column: row_count cells, in memory of changes->arena or of the batch. NULL cells take
     * the column away, if there is one: what it says goes on in others. */
    int32_t (*set_column)(sluice_changes *changes, const char *name, const sluice_text *cells,
                          sluice_error *error);
    /* The row can't go on: it leaves for on_reject. `code` is short and stable; texts are copied. */
    void (*reject)(sluice_changes *changes, uint32_t row, const char *code, sluice_text reason);
    /* The row leaves quietly, counted as `why` says (enum sluice_drop). */
    void (*drop)(sluice_changes *changes, uint32_t row, uint32_t why);

    /* -- what talks to a service: in open() -------------------------------------------------- */

    int32_t (*endpoint)(sluice_self *self, const sluice_endpoint *endpoint, sluice_error *error);

    /* -- in build() ------------------------------------------------------------------------- */

    /* Names and values are copied, here and in all that begin with request_: they need to live only until the
     * function returns. What doesn't fit (16 headers, 16 MiB) fails the call when build has returned. */
    void (*request_text)(sluice_request *request, sluice_text text, uint32_t encoding);
    void (*request_secret)(sluice_request *request, sluice_secret secret, uint32_t encoding);
    /* name=value of a form body, '&' between; the content type follows. */
    void (*request_form)(sluice_request *request, const char *name, sluice_text value);
    void (*request_form_secret)(sluice_request *request, const char *name, sluice_secret secret);
    void (*request_header)(sluice_request *request, const char *name, sluice_text value);
    /* A header whose value is `prefix` and then the secret: "Bearer ". */
    void (*request_header_secret)(sluice_request *request, const char *name, const char *prefix,
                                  sluice_secret secret);

    /* -- in parse() ------------------------------------------------------------------------- */

    void (*verdict)(sluice_call *call, const sluice_verdict *verdict);
    void (*service)(sluice_call *call, const sluice_service *service);
    void (*balance)(sluice_call *call, sluice_text amount, sluice_text currency);
    void (*candidate)(sluice_call *call, const sluice_candidate *candidate);
    void (*listing)(sluice_call *call, const sluice_listing *listing);
    /* There is more: build is called again with this cookie (at most 4 KiB). Not for a PAID call. */
    void (*more)(sluice_call *call, sluice_text cookie);
    /* PAGE: one record; values in the order of the component's `adds`. */
    void (*record)(sluice_call *call, const sluice_text *values);
    /* LOGIN: keep a token as a secret, which is copied; the handle stays valid until close(). */
    sluice_secret (*keep_secret)(sluice_self *self, const char *name, sluice_text value);

    /* -- sandbox ---------------------------------------------------------------------------- */

    /* Count a charge, and the order behind it, in the sandbox's own books. */
    void (*charged)(sluice_self *self, sluice_text identifier, sluice_text service, sluice_text amount);
    /* Is this fault on for the request at hand? ("duplicate-list", "charge-always", …) For =first and
     * =every:N only requests that are charged, or would be, count; of the common ones from `charge-always` on
     * each one in which it is asked for. "taken": the order is somebody else's, and has no reference of ours.
     */
    int32_t (*flag)(sluice_self *self, const char *fault);
    /* The sandbox's memory: it outlives the process when `--state FILE` was given. */
    void (*remember)(sluice_self *self, sluice_text key, sluice_text value);
    /* 1: found. */
    int32_t (*recall)(sluice_self *self, sluice_text key, sluice_arena *arena, sluice_text *value);
    /* Oldest first; 1 from `each` stops. */
    void (*recall_all)(sluice_self *self, sluice_text prefix,
                       int32_t (*each)(void *user, sluice_text key, sluice_text value), void *user);

    /* -- any component, in open() ----------------------------------------------------------- */

    /* Fields that this instance sets beyond the component's `adds`, because the configuration names them;
     * they follow those in `record` and may be named in verdicts. Names are copied; once. */
    int32_t (*adds)(sluice_self *self, const sluice_text *names, uint32_t count, sluice_error *error);
    /* For a library that must have the value itself (a database's connection string): copied to `out`,
     * terminated, to be wiped after use. 1: there is none. CONFIG: it has `room` bytes or more, or a NUL. It
     * stays struck out of all output. Any time. */
    int32_t (*reveal)(sluice_secret secret, char *out, uint64_t room, sluice_error *error);
    /* 1 when `text` is the secret; takes as long whether it nearly is or not at all. Any thread. */
    int32_t (*secret_matches)(sluice_secret secret, sluice_text text);

    /* -- in build() ------------------------------------------------------------------------- */

    /* name=value behind the path: '?' or '&' and the escaping are the core's. */
    void (*request_query)(sluice_request *request, const char *name, sluice_text value);
    void (*request_query_secret)(sluice_request *request, const char *name, sluice_secret secret);
    /* Authorization: Basic with user and secret. */
    void (*request_basic)(sluice_request *request, sluice_text user, sluice_secret secret);

    /* -- in parse(), with the last piece ---------------------------------------------------- */

    /* A header of the reply; null: it has none of that name. Valid until parse returns. */
    sluice_text (*reply_header)(sluice_call *call, const char *name);

    /* -- sandbox ---------------------------------------------------------------------------- */

    /* The number that the fault was given, `--fault timezone:-5h`, or stands in `sluice help sandbox`; times
     * in milliseconds. 0: none. */
    int64_t (*flag_value)(sluice_self *self, const char *fault);

    /* -- sinks, in open() ------------------------------------------------------------------- */

    /* A sink that is a store says which one, in a line that is the same wherever the program is started:
     * "SQLite /srv/orders.db, table orders". The ledger remembers it for the pipeline, and a run with another
     * store is refused until somebody says that it is meant. No secret. Copied; once. */
    void (*keeps)(sluice_self *self, sluice_text store);

    /* -- stores, in sluice_store.check and in parse() of a CHECK_STORE call ------------------ */

    void (*finding)(sluice_self *self, const sluice_finding *finding);

    /* -- push sources, from start to stop --------------------------------------------------- */

    /* Have something done (query.h). 0: see out->answer. A failure means that it isn't known whether it was
     * done: look at the ledger. Any thread; blocks for wait_ms and what is local. */
    int32_t (*act)(sluice_self *self, const sluice_act *act, sluice_acted *out, sluice_error *error);
    /* Wait until `job` (null: any job, the end of an act, of a run, the pause) has changed since *version was
     * set, for wait_ms at most: 0, and *version is the new one; 1: nothing has changed; BUSY: the service is
     * stopping, end the response. With *version 0 it returns at once. Versions begin anew with each start of
     * the service, mean nothing but "changed", and one of a job may change with another job's. Any thread;
     * cheap: nothing on disk is touched, any number may wait. A change is on disk, and query sees it, before
     * it is told. */
    int32_t (*wait_change)(sluice_self *self, sluice_text job, uint64_t *version, uint32_t wait_ms,
                           sluice_error *error);

    /* -- sinks, any time -------------------------------------------------------------------- */

    /* 1: it gets the records of on_reject, of which there may be none. */
    int32_t (*rejects)(sluice_self *self);
} sluice_host;

#ifdef __cplusplus
}
#endif
#endif
