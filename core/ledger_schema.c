#include "ledger_db.h"

#include <inttypes.h>
#include <string.h>

/* The tables. Docs: docs/architecture.md. Numbers of states and transitions are those of transition.h;
 * times are milliseconds since 1970, money is millionths. `day`, of orders and totals, is the quarter of an
 * hour in which an order counts, from 1970 on: each zone's days begin with one, so that a day's sum is exact
 * in any of them. A number below LEDGER_QUARTERS is a day, as format 1 had it. */
enum {
    APPLICATION_ID = 0x736c7563, /* "sluc" */
    SCHEMA_VERSION = 2
};

static const char schema[] =
    "CREATE TABLE accounts ("
    " id INTEGER PRIMARY KEY,"
    " provider TEXT NOT NULL,"
    " account TEXT NOT NULL,"
    " UNIQUE (provider, account));"

    "CREATE TABLE runs ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT," /* the lock file is named by it: never used twice */
    " pipeline TEXT NOT NULL,"
    " file TEXT,"
    " pid INTEGER NOT NULL,"
    " host TEXT,"
    " began_ms INTEGER NOT NULL,"
    " ended_ms INTEGER,"                     /* NULL: alive, or dead and not yet found */
    " exit_code INTEGER,"                    /* NULL after ended_ms: it died */
    " complete INTEGER NOT NULL DEFAULT 0);" /* every sink has all of its placed orders */
    "CREATE INDEX runs_open ON runs (id) WHERE ended_ms IS NULL;"
    "CREATE INDEX runs_incomplete ON runs (pipeline) WHERE complete = 0;"

    "CREATE TABLE cursors ("
    " run INTEGER NOT NULL,"
    " sink TEXT NOT NULL,"
    " version INTEGER NOT NULL," /* the sink keeps what changed up to here */
    " PRIMARY KEY (run, sink)) WITHOUT ROWID;"

    "CREATE TABLE orders ("
    " id INTEGER PRIMARY KEY,"
    " key BLOB NOT NULL,"
    " gen INTEGER NOT NULL," /* grows by one with each repeat */
    " state INTEGER NOT NULL,"
    " run INTEGER NOT NULL," /* the owner */
    " call INTEGER NOT NULL,"
    " attempt INTEGER NOT NULL," /* claims by the same run */
    " version INTEGER NOT NULL," /* of its last event */
    " account INTEGER NOT NULL,"
    " day INTEGER NOT NULL,"
    " price INTEGER,"
    " claimed_ms INTEGER NOT NULL,"
    " sent_ms INTEGER NOT NULL,"
    " changed_ms INTEGER NOT NULL,"
    " row INTEGER NOT NULL,"
    " service TEXT NOT NULL,"
    " identifier TEXT NOT NULL,"
    " parameters TEXT,"
    " currency TEXT,"
    " order_id TEXT,"
    " code TEXT,"
    " reason TEXT);"
    "CREATE UNIQUE INDEX orders_key ON orders (key, gen);"
    /* Claimed, sending, in doubt. Written with OR: for IN, SQLite builds a table at each change. */
    "CREATE UNIQUE INDEX orders_open ON orders (key) WHERE state = 1 OR state = 2 OR state = 4;"
    "CREATE UNIQUE INDEX orders_order_id ON orders (account, order_id) WHERE order_id IS NOT NULL;"

    /* Orders in doubt that a whole list of the provider's lacked: when first. */
    "CREATE TABLE missed ("
    " id INTEGER PRIMARY KEY,"
    " at_ms INTEGER NOT NULL);"

    /* Never changed. A row stands for `orders` orders with ids from `first` on that changed alike; the
     * chain of `previous` leads from an order's version back to its first event. */
    "CREATE TABLE events ("
    " version INTEGER PRIMARY KEY,"
    " previous INTEGER NOT NULL,"
    " first INTEGER NOT NULL,"
    " orders INTEGER NOT NULL,"
    " run INTEGER NOT NULL,"
    " at_ms INTEGER NOT NULL,"
    " transition INTEGER NOT NULL,"
    " from_state INTEGER NOT NULL,"
    " to_state INTEGER NOT NULL,"
    " who TEXT,"
    " code TEXT,"
    " reason TEXT,"
    " evidence TEXT);"

    /* Records are kept for the sinks only, and dropped when all have them: the source's columns from the
     * claim on, what the action added from when the order was placed on. */
    "CREATE TABLE shapes ("
    " id INTEGER PRIMARY KEY,"
    " names BLOB NOT NULL UNIQUE);"
    "CREATE TABLE records ("
    " id INTEGER PRIMARY KEY," /* of the order */
    " shape INTEGER NOT NULL,"
    " data BLOB NOT NULL);"
    "CREATE TABLE outbox ("
    " version INTEGER PRIMARY KEY,"
    " id INTEGER NOT NULL," /* of the order */
    " run INTEGER NOT NULL,"
    " shape INTEGER,"
    " data BLOB);"

    /* What `orders` adds up to, for caps. */
    "CREATE TABLE totals ("
    " day INTEGER NOT NULL,"
    " account INTEGER NOT NULL,"
    " run INTEGER NOT NULL,"
    " currency TEXT NOT NULL,"
    " state INTEGER NOT NULL,"
    " orders INTEGER NOT NULL,"
    " amount INTEGER NOT NULL,"
    " PRIMARY KEY (day, account, run, currency, state)) WITHOUT ROWID;"

    /* The pause switch, a pipeline's store, the last quarter of an hour that was spent in. */
    "CREATE TABLE settings ("
    " name TEXT PRIMARY KEY,"
    " value TEXT NOT NULL) WITHOUT ROWID;";

/* The first column of the first row of `sql`. */
static int read_number(struct ledger *ledger, const char *sql, int64_t *out, sluice_error *error) {
    struct query *query;
    int result = ledger_query(ledger, sql, &query, error);
    if (result)
        return result;
    result = ledger_step(ledger, query, error);
    *out = result == 1 ? ledger_column_int(ledger, query, 0) : 0;
    ledger_query_end(ledger, query);
    return result < 0 ? result : 0;
}

static int execute(struct ledger *ledger, const char *sql, sluice_error *error) {
    int code = ledger->sqlite->sqlite3_exec(ledger->db, sql, NULL, NULL, NULL);
    return code ? ledger_fail(ledger, code, error) : 0;
}

struct content {
    int64_t application, version, tables;
};

static int read_content(struct ledger *ledger, struct content *out, sluice_error *error) {
    int failed = read_number(ledger, "PRAGMA application_id", &out->application, error);
    if (!failed)
        failed = read_number(ledger, "PRAGMA user_version", &out->version, error);
    if (!failed)
        failed = read_number(ledger, "SELECT count(*) FROM sqlite_schema", &out->tables, error);
    return failed;
}

/* All of it at one moment: another process may be creating the tables. */
static int read_at_once(struct ledger *ledger, struct content *out, sluice_error *error) {
    int failed = execute(ledger, "BEGIN", error);
    if (failed)
        return failed;
    failed = read_content(ledger, out, error);
    ledger->sqlite->sqlite3_exec(ledger->db, "COMMIT", NULL, NULL, NULL);
    return failed;
}

static int create(struct ledger *ledger, sluice_error *error) {
    struct content content;
    int failed = execute(ledger, "BEGIN IMMEDIATE", error);
    if (failed)
        return failed;
    failed = read_content(ledger, &content, error);
    if (!failed && !content.tables) { /* else another process was faster */
        failed = execute(ledger, schema, error);
        if (!failed)
            failed = execute(ledger, "PRAGMA application_id = 1936487779; PRAGMA user_version = 2", error);
    }
    if (!failed)
        failed = execute(ledger, "COMMIT", error);
    if (failed)
        ledger->sqlite->sqlite3_exec(ledger->db, "ROLLBACK", NULL, NULL, NULL);
    return failed;
}

int ledger_check_schema(struct ledger *ledger, bool writable, sluice_error *error) {
    struct content content;
    int failed = read_at_once(ledger, &content, error);
    if (!failed && !content.application && !content.version && !content.tables) {
        if (!writable)
            return fail(error, SLUICE_E_NOINPUT, "%s is empty: nothing was ordered yet", ledger->path);
        failed = create(ledger, error);
        if (!failed)
            failed = read_at_once(ledger, &content, error);
    }
    if (failed)
        return failed;
    if (content.application != APPLICATION_ID || content.version < 1)
        return fail(error, SLUICE_E_CONFIG,
                    "%s is a database of another program, not a ledger; give another --state-dir",
                    ledger->path);
    if (content.version > SCHEMA_VERSION)
        return fail(error, SLUICE_E_CONFIG,
                    "%s was written by a newer sluice (format %" PRId64
                    ", this one knows %d); upgrade sluice",
                    ledger->path, content.version, SCHEMA_VERSION);
    /* The tables are the same; but who knows only days can't sum up what is counted from now on. */
    return content.version < SCHEMA_VERSION && writable ? execute(ledger, "PRAGMA user_version = 2", error)
                                                        : 0;
}
