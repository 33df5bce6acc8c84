/* ledger_db.h - the database under the ledger: what the files of the ledger share. Nobody else's. */
#ifndef CORE_LEDGER_DB_H
#define CORE_LEDGER_DB_H

#include <sys/types.h>

#include "file_place.h"
#include "ledger.h"
#include "run_lock.h"
#include "sqlite_library.h"

/* A statement, ready to be bound; what it is underneath only ledger_db.c knows. */
struct query;

/* Prepared when first needed, kept as long as the handle. */
enum ledger_statement {
    STATEMENT_BEGIN,
    STATEMENT_READ,
    STATEMENT_COMMIT,
    STATEMENT_ROLLBACK,
    STATEMENT_LAST_VERSION,
    STATEMENT_ACCOUNT_FIND,
    STATEMENT_ACCOUNT_ADD,
    STATEMENT_ACCOUNT_OTHER,
    STATEMENT_EVENT_ADD,
    STATEMENT_TOTAL_ADD,
    STATEMENT_SHAPE_FIND,
    STATEMENT_SHAPE_ADD,
    STATEMENT_SHAPE_READ,
    STATEMENT_RECORD_ADD,
    STATEMENT_RECORD_DROP,
    STATEMENT_ORDER_LAST,
    STATEMENT_ORDER_ADD,
    STATEMENT_ORDER_BY_GEN,
    STATEMENT_ORDER_BY_KEY,
    STATEMENT_ORDER_BOUGHT,
    STATEMENT_ORDER_BY_ASKER,
    STATEMENT_ORDER_BY_ID,
    STATEMENT_ORDER_BY_ORDER_ID,
    STATEMENT_ORDER_CLAIM,
    STATEMENT_ORDER_SEND,
    STATEMENT_ORDER_PLACE,
    STATEMENT_ORDER_CLOSE,
    STATEMENT_ORDER_REFUND,
    STATEMENT_OUTBOX_ADD,
    STATEMENT_OUTBOX_LAST,
    STATEMENT_OUTBOX_READ,
    STATEMENT_OUTBOX_STRANDED,
    STATEMENT_OUTBOX_WAITING,
    STATEMENT_OUTBOX_DROP,
    STATEMENT_OUTBOX_RECORDS_DROP,
    STATEMENT_CURSOR_ADD,
    STATEMENT_CURSOR_LOWEST,
    STATEMENT_CURSOR_MOVE,
    STATEMENT_RUN_ADD,
    STATEMENT_RUN_OPEN,
    STATEMENT_RUN_PIPELINE,
    STATEMENT_RUN_ORPHANING,
    STATEMENT_RUN_INCOMPLETE,
    STATEMENT_RUN_BEHIND,
    STATEMENT_RUN_RECORDS_DROP,
    STATEMENT_RUN_OUTBOX_DROP,
    STATEMENT_RUN_ORDERS,
    STATEMENT_RUN_CLOSE,
    STATEMENT_RUN_COMPLETE,
    STATEMENT_RUN_HOLDERS,
    STATEMENT_EVENTS_READ,
    STATEMENT_TOTALS_READ,
    STATEMENT_ACCOUNT_COUNTED,
    STATEMENT_DAY_COUNTED,
    STATEMENT_UNDELIVERED_COUNT,
    STATEMENT_SETTING_READ,
    STATEMENT_SETTING_WRITE,
    STATEMENT_CURSOR_COUNT,
    STATEMENT_DOUBTS_ACCOUNTS,
    STATEMENT_DOUBTS_COUNT,
    STATEMENT_DOUBTS_READ,
    STATEMENT_DOUBT_READ,
    STATEMENT_ORPHANS_READ,
    STATEMENT_MISSED_ADD,
    STATEMENT_MISSED_DROP,
    STATEMENT_ORDER_ADD_FOREIGN,
    STATEMENT_ORDER_HOLDER,
    STATEMENT_ORDER_NAMELESS,
    STATEMENT_ORDER_NEWEST,
    STATEMENT_ORDER_SETTLE,
    STATEMENT_RUN_LIVE,
    STATEMENT_RUN_REOPEN,
    STATEMENT_COUNT
};

enum {
    LEDGER_CURRENCY_BYTES = 16, /* of a currency's code, with its NUL */
    LEDGER_REASON_BYTES = 1000, /* of a code or reason, at most */
    LEDGER_EVIDENCE_BYTES = 16 * 1024,
    LEDGER_PENDING_EVENTS = 2, /* T1 and T2 */
    LEDGER_TOTALS = 16,
    LEDGER_HEADS = 1024,
    LEDGER_SHAPES = 8
};

/* A change of `count` orders with ids from `order` on, all alike. */
struct ledger_event {
    int64_t version, previous; /* `previous`: the change before it, of each of the orders; 0: none */
    int64_t order, count, run;
    enum transition transition;
    enum order_state from, to;
    sluice_text who, code, reason, evidence;
};

/* What a transaction adds to one row of `totals`. */
struct ledger_total {
    int32_t quarter; /* in the column `day`, see ledger_schema.c */
    enum order_state state;
    int64_t account, run, orders;
    money amount;
    char currency[LEDGER_CURRENCY_BYTES];
};

/* What a change needs to know of the row that it changes. */
struct ledger_head {
    int64_t id, run, version;
    uint32_t attempt;
    enum order_state state;
    struct ledger_total total; /* where it counts */
};

/* A list of column names that records share. */
struct ledger_shape {
    int64_t id;    /* 0: this place is free */
    uint64_t used; /* when, for which is forgotten first */
    uint32_t count;
    size_t size;
    uint8_t *encoded;   /* as record.h writes them */
    sluice_text *names; /* views of `encoded` */
};

struct remote;

struct ledger {
    struct remote *remote; /* NULL: it is SQLite's */
    const struct sqlite_library *sqlite;
    sqlite3 *db;
    char *state_dir, *path;
    struct file_place place, log_place; /* of the files that are open */
    struct query *statements[STATEMENT_COUNT];
    int bound; /* the first failure of a bind since the last step */
    bool writable;
    int64_t marked;  /* the run that was written down as one that sends */
    bool changing;   /* between ledger_begin and its end */
    int64_t wait_ms; /* for others that hold the database */
    int64_t waiting_since_us;
    int64_t now_ms;        /* the time of all changes of this transaction */
    bool current;          /* what follows is as the database was when it had data_version */
    uint32_t data_version; /* changes with each commit of anyone */
    int64_t version;       /* the last that was given out */
    int64_t last_order;    /* the highest id; 0: not known */
    struct ledger_head
        heads[LEDGER_HEADS]; /* of orders that were changed last, at their id modulo the room */
    struct ledger_event pending[LEDGER_PENDING_EVENTS];
    size_t pending_count;
    struct ledger_total totals[LEDGER_TOTALS];
    size_t total_count;
    /* The account used last: most runs have one. */
    struct {
        int64_t id;
        char *provider, *name;
    } account;
    struct ledger_shape shapes[LEDGER_SHAPES];
    uint64_t shape_clock;
    struct record_buffer encoded;
    struct run_lock *locks; /* of runs that this handle began */
};

/* ---- ledger_db.c: statements and failures -------------------------------------------------- */

/* The statement that is kept under `which`; `sql` is what it is prepared from. */
int ledger_statement(struct ledger *ledger, enum ledger_statement which, const char *sql, struct query **out,
                     sluice_error *error);
/* One that isn't kept: made for this use. */
int ledger_query(struct ledger *ledger, const char *sql, struct query **out, sluice_error *error);
void ledger_query_end(struct ledger *ledger, struct query *query);
/* 1: a row; 0: done, and reset; negative: failed, and reset. */
int ledger_step(struct ledger *ledger, struct query *query, sluice_error *error);
/* Step and reset; a row that it may return is passed over. */
int ledger_execute(struct ledger *ledger, struct query *query, sluice_error *error);
/* The same; 1: a UNIQUE constraint says no, and nothing has changed. */
int ledger_execute_unique(struct ledger *ledger, struct query *query, sluice_error *error);
/* Done with its rows: it can be bound anew. */
void ledger_reset(struct ledger *ledger, struct query *query);
/* Rows that the last statement has changed. */
int ledger_changed(struct ledger *ledger);
/* The id of the row that was inserted last. */
int64_t ledger_last_id(struct ledger *ledger);
/* SQLite's `code` as a failure of ours: what is wrong with which file, and what to do about it. */
int ledger_fail(struct ledger *ledger, int code, sluice_error *error);
/* Is the transaction still there? Some failures of SQLite end it. */
int ledger_check_changing(struct ledger *ledger, sluice_error *error);
/* Forget what was cached or put off: it may not be in the database. */
void ledger_forget(struct ledger *ledger);
uint32_t ledger_data_version(struct ledger *ledger);

void ledger_bind_int(struct ledger *ledger, struct query *query, int at, int64_t value);
/* MONEY_NONE and a null text are NULL. Texts and bytes must live until the step. */
void ledger_bind_money(struct ledger *ledger, struct query *query, int at, money value);
void ledger_bind_text(struct ledger *ledger, struct query *query, int at, sluice_text value);
/* No more than `most` bytes of it, in whole characters; null when it is empty. */
sluice_text ledger_shorten(sluice_text text, uint64_t most);
void ledger_bind_string(struct ledger *ledger, struct query *query, int at, const char *value);
void ledger_bind_blob(struct ledger *ledger, struct query *query, int at, const void *bytes, size_t size);

int64_t ledger_column_int(struct ledger *ledger, struct query *query, int at);
money ledger_column_money(struct ledger *ledger, struct query *query, int at);
/* NULL: it is NULL. Valid until the next step. */
const char *ledger_column_string(struct ledger *ledger, struct query *query, int at);
const void *ledger_column_blob(struct ledger *ledger, struct query *query, int at, size_t *size);

/* ---- ledger_schema.c ------------------------------------------------------------------------ */

/* Look at what the file is; create the tables when it is empty and may be written. */
int ledger_check_schema(struct ledger *ledger, bool writable, sluice_error *error);

/* ---- ledger_event.c ------------------------------------------------------------------------- */

/* Note a change. Changes of orders that follow each other, alike and without texts, share a row, which
 * is written with the next other one or at the commit. Sets event->version. */
int ledger_note(struct ledger *ledger, struct ledger_event *event, sluice_error *error);
/* The version that ledger_note would give it now; `before`: that of an event to be noted before it, or 0. */
int64_t ledger_foresee(const struct ledger *ledger, const struct ledger_event *event, int64_t before);
int ledger_write_pending(struct ledger *ledger, sluice_error *error);

/* ---- ledger_total.c ------------------------------------------------------------------------- */

/* What a row counts as: an order more (`by` 1) or less (-1) in its state. */
int ledger_count_order(struct ledger *ledger, const struct ledger_total *row, int by, sluice_error *error);
int ledger_write_totals(struct ledger *ledger, sluice_error *error);
/* What this transaction has counted must be in a sum: written before it is asked for or, far away, where that
 * would cost another round trip, added to it by ledger_add_pending. */
int ledger_settle_totals(struct ledger *ledger, sluice_error *error);
/* A row of such a sum: a state, and an amount. */
void ledger_take_sum(struct ledger *ledger, struct query *row, money out[ORDER_STATE_COUNT]);
/* To `out`, by state: what an account has counted in this transaction in these quarters of an hour. */
int ledger_add_pending(struct ledger *ledger, sluice_text provider, sluice_text account, int32_t first,
                       int32_t last, money out[ORDER_STATE_COUNT], sluice_error *error);

/* ---- ledger_record.c ------------------------------------------------------------------------ */

/* Keep the source's record of an order, in place of an older one. */
int ledger_keep_record(struct ledger *ledger, int64_t order, const struct record *record,
                       sluice_error *error);
int ledger_drop_record(struct ledger *ledger, int64_t order, sluice_error *error);
/* A placed order waits for the sinks of `run`. */
int ledger_keep_delivery(struct ledger *ledger, int64_t version, int64_t order, int64_t run,
                         const struct record *added, sluice_error *error);
/* The column names that `shape` stands for; valid until seven others were asked for. */
int ledger_read_shape(struct ledger *ledger, int64_t shape, const struct ledger_shape **out,
                      sluice_error *error);
void ledger_free_shapes(struct ledger *ledger);

/* ---- ledger_order.c ------------------------------------------------------------------------- */

/* The first columns of a statement that reads an order, for ledger_read_head. */
#define LEDGER_HEAD "id, run, version, attempt, state, account, day, price, currency"
enum { LEDGER_HEAD_COLUMNS = 9 };

void ledger_read_head(struct ledger *ledger, struct query *row, struct ledger_head *out);
int ledger_find_head(struct ledger *ledger, int64_t order, struct ledger_head *out, bool *found,
                     sluice_error *error);
/* The same; one that isn't there is a failure. */
int ledger_load_head(struct ledger *ledger, int64_t order, struct ledger_head *out, sluice_error *error);
/* Note the event of a change and move the order in the totals to `after`; the head becomes that of the
 * changed row, which the caller writes. Refuses what transition.h doesn't allow. */
int ledger_change(struct ledger *ledger, struct ledger_head *head, struct ledger_event *event,
                  const struct ledger_total *after, sluice_error *error);
/* The same, when nothing but the state changes. */
int ledger_step_to(struct ledger *ledger, struct ledger_head *head, int64_t run, enum transition transition,
                   enum order_state to, sluice_error *error);
/* The highest id of an order, into ledger->last_order. */
int ledger_read_last_order(struct ledger *ledger, sluice_error *error);
/* T9 for one order of a run that is over; *became is ORDER_NONE when it wasn't open. */
int ledger_close_order(struct ledger *ledger, int64_t by_run, int64_t order, enum order_state *became,
                       sluice_error *error);

/* ---- ledger_look.c -------------------------------------------------------------------------- */

/* The newest row of a key; ANSWER_CLAIMED with order 0 when there is none. A repeat that was released bought
 * nothing: then the generation before it is the answer. */
int ledger_look_head(struct ledger *ledger, const struct order_key *key, sluice_text parameters,
                     struct ledger_head *head, struct claim *out, sluice_error *error);

/* ---- ledger_settle.c ------------------------------------------------------------------------ */

/* The columns of a statement over `orders AS o`, for ledger_read_doubt. */
#define LEDGER_DOUBT \
    "o.id, o.run, o.key, o.row, o.service, o.identifier, o.currency, o.code, o.reason, o.price," \
    " o.sent_ms, EXISTS (SELECT 1 FROM runs WHERE runs.id = o.run AND ended_ms IS NULL)," \
    " ifnull((SELECT at_ms FROM missed WHERE missed.id = o.id), 0)"

/* The order waits for the sinks of that run; one that had none needs nothing. */
int ledger_wait_for_sinks(struct ledger *ledger, const struct ledger_head *head, int64_t run,
                          const struct record *added, sluice_error *error);
struct doubt;
void ledger_read_doubt(struct ledger *ledger, struct query *row, struct doubt *out);

#endif
