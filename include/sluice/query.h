/* query.h - what a push source may ask the core, and what it may have done: host->query, host->act,
 * host->wait_change.
 *
 * All of them may be called from any thread of the plugin, from start() to the return of stop(), and they
 * block: an answer that needs the provider takes as long as the provider. No lock and no transaction is held
 * while a row is handed over, so the callback may take its time (a slow client), and query in turn. Rows are
 * fetched a page at a time; memory doesn't grow with the answer. BUSY: the service is stopping.
 */
#ifndef SLUICE_QUERY_H
#define SLUICE_QUERY_H

#include "base.h"
#include "batch.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What host->query can be asked for. Read-only, and free.
 *
 * A row is one of a batch (sluice_row): look columns up by name, more may be added; null where there is no
 * value. Money is decimal text ("12.50"), a time that is called …_ms is
 * milliseconds since 1970-01-01 UTC. Conditions in `where` must all hold; one with several values holds when
 * one of them does. `after` is the page's key: what the column that is named here said in the last row seen.
 * A condition that the kind doesn't know is refused (PLUGIN). */
enum sluice_query_kind {
    /* Orders in the pipeline's store, newest first. where: status, service (id or whole name), since and
     * until (2026-11-22, or with a time, UTC; until isn't included), text (in an id, a name, a status or a
     * result), imei, order_id; imei and order_id take up to 1,000,000 values. `after`: _key. Columns: those
     * of the store, and _key. UNAVAILABLE: the store can't be reached. */
    SLUICE_QUERY_STORE = 1,
    /* Orders in the ledger, newest first. where: state (claimed sending placed in_doubt exists rejected
     * refunded released), key, order_id, imei, pipeline. `after`: _key. Columns: _key, key (32 hex digits:
     * what RESOLVE takes), state, gen, identifier, service, price, currency, order_id, provider, account,
     * pipeline, code, reason, claimed_ms, sent_ms, changed_ms, run; and of one in doubt: evidence (what the
     * provider said), missed_ms (a whole list lacked it first; null: none did), live (1: its run is at work,
     * and nobody else may settle it). */
    SLUICE_QUERY_LEDGER = 2,
    /* Services of the pipeline's account: service_id, title, category, time, price (null: it can't be
     * bought), currency, chosen (1: the pipeline's own service_id), fetched_ms. Kept for 5 minutes; where:
     * fresh=1 asks the provider now. When it can't be asked what was heard last is given, its fetched_ms
     * tells; nothing was heard yet: UNAVAILABLE, AUTH. */
    SLUICE_QUERY_CATALOGUE = 3,
    /* One row: balance, currency, provider, account, fetched_ms, and of the rules under `spend:` (null: not
     * given) max_price, max_run, max_day, reserve; spent_today, and left_today of max_day. Kept for 60 s;
     * where: fresh=1. */
    SLUICE_QUERY_BALANCE = 4,
    /* What this source has submitted, newest first: job, id, submitted_ms, repeat, rows, and how many of them
     * are open, waiting, placed, duplicate, rejected, in_doubt, skipped, passed; spent (of placed and
     * in_doubt), max_price (null: none was given). `after`: id. where: job. */
    SLUICE_QUERY_JOBS = 5,
    /* The rows of where: job, in their order: the columns that were submitted, with _row _state _order_id
     * _code _reason _price. `after`: _row. where: state. */
    SLUICE_QUERY_JOB_ROWS = 6,
    /* What happened to orders in the ledger, oldest first. where, one of: key, order_id, imei. Columns: key,
     * gen, at_ms, transition, from, to, run, who, code, reason, evidence. */
    SLUICE_QUERY_HISTORY = 7,
    /* One row: how many orders STORE would give, at most `limit`: count, more (1: there are more). */
    SLUICE_QUERY_STORE_COUNT = 8,
    /* What STORE would give, as a file. where: those of STORE, and format: csv, gsm_fusion. The column piece
     * of each row is a part of the file, 64 KiB at most. */
    SLUICE_QUERY_EXPORT = 9,
    /* What would become of `rows` if they were submitted, one row each, in their order; the pipeline's
     * actions in front of the paid one are gone through. where: repeat=1 as SLUICE_JOB_REPEAT.
     * Columns: _row (from 1), state, identifier, service (both in normal form), price, gen, order_id,
     * ordered_ms, status, result (both as the store has them), key, code, reason. state:
     *   new       it would be ordered at `price`; ordered before and repeated when order_id is given
     *   ordered   nothing is bought: order_id, ordered_ms, status and result of the order that there is
     *   in_doubt  nothing is bought until it is settled; `key` is that of the ledger
     *   twice     the same as an earlier row
     *   rejected  it was refused before, for `reason`; or the row can't be ordered (invalid)
     *   invalid   the row can't be ordered: code, reason
     *   busy      a run is at work with it
     *   passed    an action leaves it out, or the pipeline buys nothing */
    SLUICE_QUERY_KNOWN = 10,
    /* The same, summed up as `sluice plan` does it; one row: read, new, repeats, ordered, twice, in_doubt,
     * invalid (rejected among them), busy, passed; cost (of the new ones), currency, account, balance,
     * balance_after; placed and spent: so many of the new ones, until stopped_by (max_run, max_day, reserve,
     * balance, max_in_doubt, pause; null: nothing stops it) at the row stopped_row, with stopped_text, a
     * sentence; dearest (the highest price of a new one). */
    SLUICE_QUERY_PLAN = 11,
    /* One row. What is cheap to say, nobody is asked for it: pipeline, running, waiting (rows without an end
     * in all jobs), trouble (of the last run; null: none), next_ms (of the next try; null); provider,
     * account, provider_state (ok, unavailable, unknown), provider_trouble, provider_ms (when it was asked
     * last); store, store_state, store_trouble, store_ms; sync (name of the pipeline of this service that
     * checks the store's orders; null: none), sync_running, sync_ms (its last end), sync_exit, sync_trouble,
     * sync_next_ms; spent_today, max_day, max_run, max_price, reserve, currency; in_doubt, max_in_doubt;
     * paused (a sentence; null: it isn't), paused_ms; undelivered (orders that some sink hasn't got). */
    SLUICE_QUERY_STATUS = 12,
    /* What host->act was asked for since the service began, newest first, the last 100: act, kind (settle
     * resolve check pause resume), key, order_id, who, begun_ms, ended_ms, state (under_way done refused),
     * text. where: act. */
    SLUICE_QUERY_ACTS = 13,
    /* Sessions that were ended (LOG_OUT) in the last 30 days, oldest first: key, at_ms. */
    SLUICE_QUERY_LOGGED_OUT = 14
};

typedef struct sluice_query {
    uint32_t size;
    uint32_t kind;
    sluice_pairs where; /* column: values; all must match */
    sluice_text after;  /* page by key: rows after this one */
    uint64_t limit;
    sluice_text order;        /* "column" or "-column", descending; null: newest first */
    const sluice_batch *rows; /* KNOWN, PLAN: as in a job; NULL otherwise */
} sluice_query;

typedef int32_t sluice_each_row(void *user, const sluice_row *row);

/* What host->act can be asked for. */
enum sluice_act_kind {
    /* Ask the provider what became of the orders of the pipeline's account that are in doubt, as `sluice
     * ledger settle` does. */
    SLUICE_ACT_SETTLE = 1,
    /* What a person has found out of the order `key` (LEDGER): with `order_id` it was bought, without it
     * wasn't, and `reason` is needed. The provider is asked first, unless SLUICE_ACT_UNCHECKED is set. */
    SLUICE_ACT_RESOLVE = 2,
    /* Ask the provider about `order_id` now, by the pipeline of this service that checks the store's orders.
     */
    SLUICE_ACT_CHECK = 3,
    SLUICE_ACT_PAUSE = 4, /* nothing is ordered any more, by no run on this ledger; `reason` */
    SLUICE_ACT_RESUME = 5,
    /* The session `key` (at most 64 letters and digits) was ended: kept for 30 days, whatever is restarted.
     */
    SLUICE_ACT_LOG_OUT = 6
};

#define SLUICE_ACT_UNCHECKED 1u /* RESOLVE: the provider can't be asked, or is wrong: the word is taken */

typedef struct sluice_act {
    uint32_t size;
    uint32_t kind;
    uint32_t flags;
    uint32_t wait_ms; /* wait so long for the end, at most; 0: don't. Those that ask nobody end at once. */
    sluice_text key, order_id, reason;
    sluice_text who; /* whom the ledger names; null: the component's plugin ("form") */
} sluice_act;

enum sluice_acted_how {
    SLUICE_ACTED_DONE = 0,
    SLUICE_ACTED_REFUSED = 1,  /* `text` says why; nothing has changed */
    SLUICE_ACTED_UNDER_WAY = 2 /* it goes on: see ACTS; wait_change hears of its end */
};

enum { SLUICE_ACTED_TEXT = 1000 };

/* Handed over to be filled in. */
typedef struct sluice_acted {
    uint32_t size;
    uint32_t answer;              /* enum sluice_acted_how */
    int64_t act;                  /* its number among ACTS */
    char text[SLUICE_ACTED_TEXT]; /* a sentence, terminated: what came of it, or why not */
} sluice_acted;

#ifdef __cplusplus
}
#endif
#endif
