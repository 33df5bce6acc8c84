/* What the ledger asks and writes, in Postgres' words. The same statements stand in the ledger's other files
 * in SQLite's; parameters and columns are the same, in the same order. */
#include "ledger_remote.h"

#define HEAD "id, run, version, attempt, state, account, day, price, currency"
#define ANSWER \
    HEAD ", parameters, order_id, coalesce(reason, code), gen, greatest(claimed_ms, sent_ms)," \
         " sent_ms, \"row\""
/* The condition of the index of open orders. */
#define OPEN "state IN (1, 2, 4)"
#define DOUBT \
    "o.id, o.run, o.key, o.\"row\", o.service, o.identifier, o.currency, o.code, o.reason, o.price," \
    " o.sent_ms, (EXISTS (SELECT 1 FROM sluice.runs WHERE runs.id = o.run AND ended_ms IS NULL))::integer," \
    " coalesce((SELECT at_ms FROM sluice.missed WHERE missed.id = o.id), 0)"
#define NEW_ORDER \
    "INSERT INTO sluice.orders (key, gen, state, run, call, attempt, version, account, day, price," \
    " claimed_ms, sent_ms, changed_ms, \"row\", service, identifier, parameters, currency, id)" \
    " VALUES ($1, $16, $2, $3, $4, 1, $5, $6, $7, $8, $17, $10, $9, $11, $12, $13, $14, $15, $18)"
#define UNLESS_TAKEN \
    " AND NOT EXISTS (SELECT 1 FROM sluice.orders AS o WHERE o.order_id = $5 AND o.id <> $1" \
    " AND o.account = (SELECT account FROM sluice.orders WHERE id = $1)) RETURNING id"
#define PLACE \
    "UPDATE sluice.orders SET state = $2, version = $3, changed_ms = $4, order_id = $5, price = $6," \
    " code = NULL, reason = NULL WHERE id = $1"

const struct remote_statement remote_statements[STATEMENT_COUNT] = {
    [STATEMENT_LAST_VERSION] = {"SELECT max(version) FROM sluice.events", REMOTE_AGAIN, NULL},

    /* ---- accounts, settings ---- */
    [STATEMENT_ACCOUNT_FIND] = {"SELECT id FROM sluice.accounts WHERE provider = $1 AND account = $2",
                                REMOTE_AGAIN, NULL},
    [STATEMENT_ACCOUNT_ADD] = {"INSERT INTO sluice.accounts (provider, account) VALUES ($1, $2) RETURNING id",
                               REMOTE_ASK, NULL},
    [STATEMENT_ACCOUNT_OTHER] = {"SELECT account FROM sluice.accounts WHERE provider = $1 AND NOT EXISTS"
                                 " (SELECT 1 FROM sluice.accounts WHERE provider = $1 AND account = $2) "
                                 "ORDER BY lower(account) = lower($2) DESC, id DESC LIMIT 1",
                                 REMOTE_ASK, NULL},
    [STATEMENT_SETTING_READ] = {"SELECT value FROM sluice.settings WHERE name = $1", REMOTE_AGAIN, NULL},
    [STATEMENT_SETTING_WRITE] = {"INSERT INTO sluice.settings (name, value) VALUES ($1, $2)"
                                 " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                                 REMOTE_WRITE, NULL},

    /* ---- events, totals ---- */
    [STATEMENT_EVENT_ADD] =
        {"INSERT INTO sluice.events (version, previous, first, orders, run, at_ms, transition, from_state,"
         " to_state, who, code, reason, evidence)"
         " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
         REMOTE_WRITE, NULL},
    [STATEMENT_EVENTS_READ] =
        {"WITH RECURSIVE chain (version) AS (SELECT version FROM sluice.orders WHERE id = $1"
         " UNION ALL SELECT e.previous FROM chain JOIN sluice.events AS e USING (version)"
         " WHERE e.previous > 0)"
         " SELECT version, at_ms, run, transition, from_state, to_state, who, code, reason, evidence"
         " FROM chain JOIN sluice.events USING (version) ORDER BY version",
         REMOTE_ASK, NULL},
    [STATEMENT_TOTAL_ADD] =
        {"INSERT INTO sluice.totals AS t (day, account, run, currency, state, orders, amount)"
         " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (day, account, run, currency, state)"
         " DO UPDATE SET orders = t.orders + excluded.orders, amount = t.amount + excluded.amount",
         REMOTE_WRITE, NULL},
    [STATEMENT_TOTALS_READ] = {"SELECT state, sum(orders), sum(amount) FROM sluice.totals"
                               " WHERE $1::bigint = 0 OR run = $1 GROUP BY state",
                               REMOTE_ASK, NULL},
    [STATEMENT_ACCOUNT_COUNTED] =
        {"SELECT state, sum(amount) FROM sluice.totals WHERE (day >= $1 OR day BETWEEN $4 AND $5) AND "
         "account ="
         " (SELECT id FROM sluice.accounts WHERE provider = $2 AND account = $3) GROUP BY state",
         REMOTE_AGAIN, NULL},
    [STATEMENT_DAY_COUNTED] =
        {"SELECT state, sum(amount) FROM sluice.totals WHERE (day BETWEEN $1 AND $4 OR day = $5) AND account "
         "="
         " (SELECT id FROM sluice.accounts WHERE provider = $2 AND account = $3) GROUP BY state",
         REMOTE_AGAIN, NULL},

    /* ---- records ---- */
    [STATEMENT_SHAPE_FIND] =
        {"SELECT id FROM sluice.shapes WHERE sha256(names) = sha256($1::bytea) AND names = $1", REMOTE_ASK,
         NULL},
    [STATEMENT_SHAPE_ADD] = {"INSERT INTO sluice.shapes (names) VALUES ($1) RETURNING id", REMOTE_ASK, NULL},
    [STATEMENT_SHAPE_READ] = {"SELECT names FROM sluice.shapes WHERE id = $1", REMOTE_ASK, NULL},
    [STATEMENT_RECORD_ADD] = {"INSERT INTO sluice.records (id, shape, data) VALUES ($1, $2, $3)"
                              " ON CONFLICT (id) DO UPDATE SET shape = excluded.shape, data = excluded.data",
                              REMOTE_WRITE, NULL},
    [STATEMENT_RECORD_DROP] = {"DELETE FROM sluice.records WHERE id = $1", REMOTE_WRITE, NULL},

    /* ---- orders ---- */
    [STATEMENT_ORDER_LAST] = {"SELECT max(id) FROM sluice.orders", REMOTE_AGAIN, NULL},
    [STATEMENT_ORDER_ADD] = {NEW_ORDER " ON CONFLICT (key, gen) DO NOTHING RETURNING id", REMOTE_ASK,
                             NEW_ORDER},
    [STATEMENT_ORDER_BY_GEN] = {"SELECT " HEAD
                                " FROM sluice.orders WHERE key = $1 AND gen = $2 AND state = 8",
                                REMOTE_ASK, NULL},
    [STATEMENT_ORDER_BY_KEY] = {"SELECT " ANSWER " FROM sluice.orders WHERE key = $1"
                                " AND (state <> 8 OR gen = 1) ORDER BY gen DESC LIMIT 1",
                                REMOTE_ASK, NULL},
    [STATEMENT_ORDER_BOUGHT] = {"SELECT run FROM sluice.orders WHERE key = $1 AND sent_ms > 0"
                                " AND state IN (3, 5, 7) ORDER BY gen DESC LIMIT 1",
                                REMOTE_ASK, NULL},
    [STATEMENT_ORDER_BY_ASKER] =
        {"WITH RECURSIVE chain (gen, \"row\", order_id, state, version) AS (SELECT gen, \"row\", order_id, "
         "state, version"
         " FROM sluice.orders WHERE key = $1 AND state IN (3, 5, 7)"
         " UNION ALL SELECT gen, \"row\", order_id, state, e.previous"
         " FROM chain JOIN sluice.events AS e USING (version) WHERE e.transition <> 1)"
         " SELECT \"row\", order_id, state FROM chain JOIN sluice.events AS e USING (version)"
         " WHERE e.transition = 1 AND e.who = $2 ORDER BY gen DESC LIMIT 1",
         REMOTE_ASK, NULL},
    [STATEMENT_ORDER_BY_ID] = {"SELECT " HEAD " FROM sluice.orders WHERE id = $1", REMOTE_ASK, NULL},
    [STATEMENT_ORDER_BY_ORDER_ID] = {"SELECT " HEAD " FROM sluice.orders WHERE order_id = $3 AND account ="
                                     " (SELECT id FROM sluice.accounts WHERE provider = $1 AND account = $2)",
                                     REMOTE_ASK, NULL},
    [STATEMENT_ORDER_CLAIM] =
        {"UPDATE sluice.orders SET state = $2, run = $3, call = $4, attempt = $5, version = $6, day = $7,"
         " price = $8, claimed_ms = $14, sent_ms = $10, changed_ms = $9, \"row\" = $11, parameters = $12,"
         " currency = $13, order_id = NULL, code = NULL, reason = NULL WHERE id = $1",
         REMOTE_WRITE, NULL},
    [STATEMENT_ORDER_SEND] = {"UPDATE sluice.orders SET state = $2, call = $3, sent_ms = $4, changed_ms = $5,"
                              " version = $6 WHERE id = $1",
                              REMOTE_WRITE, NULL},
    [STATEMENT_ORDER_PLACE] = {PLACE UNLESS_TAKEN, REMOTE_ASK, PLACE},
    [STATEMENT_ORDER_CLOSE] = {"UPDATE sluice.orders SET state = $2, version = $3, changed_ms = $4,"
                               " code = $5, reason = $6 WHERE id = $1",
                               REMOTE_WRITE, NULL},
    [STATEMENT_ORDER_REFUND] = {"UPDATE sluice.orders SET state = $2, version = $3, changed_ms = $4,"
                                " code = $5, reason = $6 WHERE id = $1",
                                REMOTE_WRITE, NULL},

    /* ---- delivery ---- */
    [STATEMENT_OUTBOX_ADD] = {"INSERT INTO sluice.outbox (version, id, run, shape, data)"
                              " VALUES ($1, $2, $3, $4, $5)",
                              REMOTE_WRITE, NULL},
    [STATEMENT_OUTBOX_LAST] = {"SELECT max(version) FROM sluice.outbox WHERE run = $1", REMOTE_ASK, NULL},
    [STATEMENT_OUTBOX_READ] =
        {"SELECT o.version, o.id, o.run, orders.\"row\", coalesce(r.shape, 0), r.data, o.shape, o.data"
         " FROM sluice.outbox AS o JOIN sluice.orders ON orders.id = o.id"
         " LEFT JOIN sluice.records AS r ON r.id = o.id WHERE o.version >"
         " greatest($1, (SELECT version FROM sluice.cursors WHERE run = $2 AND sink = $3)) AND o.run = $2"
         " ORDER BY o.version LIMIT nullif($4::bigint, -1)",
         REMOTE_ASK, NULL},
    [STATEMENT_OUTBOX_STRANDED] =
        {"SELECT r.pipeline, c.sink, count(*) FROM sluice.runs AS r JOIN sluice.cursors AS c ON c.run = r.id"
         " JOIN sluice.outbox AS o ON o.run = r.id AND o.version > c.version"
         " WHERE r.complete = 0 AND r.ended_ms IS NOT NULL"
         " AND NOT (r.pipeline = (SELECT pipeline FROM sluice.runs WHERE id = $1)"
         " AND c.sink IN (SELECT sink FROM sluice.cursors WHERE run = $1)) GROUP BY r.pipeline, c.sink",
         REMOTE_ASK, NULL},
    [STATEMENT_OUTBOX_WAITING] =
        {"SELECT count(*) FROM sluice.outbox AS o WHERE o.run IN (SELECT id FROM sluice.runs"
         " WHERE complete = 0 AND (id = $1 OR ended_ms IS NOT NULL)"
         " AND pipeline = (SELECT pipeline FROM sluice.runs WHERE id = $1))"
         " AND o.version > (SELECT min(version) FROM sluice.cursors AS c WHERE c.run = o.run AND"
         " CASE WHEN $2::text IS NULL THEN c.sink IN (SELECT sink FROM sluice.cursors WHERE run = $1)"
         " ELSE c.sink = $2 END)",
         REMOTE_ASK, NULL},
    /* Both up to where every sink has got; see ledger_delivered. */
    [STATEMENT_OUTBOX_RECORDS_DROP] =
        {"DELETE FROM sluice.records WHERE id IN (SELECT id FROM sluice.outbox WHERE run = $1"
         " AND version > $2 AND version <= least($3, (SELECT min(version) FROM sluice.cursors"
         " WHERE run = $1)))",
         REMOTE_WRITE, NULL},
    [STATEMENT_OUTBOX_DROP] = {"DELETE FROM sluice.outbox WHERE run = $1 AND version > $2 AND version <="
                               " least($3, (SELECT min(version) FROM sluice.cursors WHERE run = $1))",
                               REMOTE_WRITE, NULL},
    [STATEMENT_CURSOR_ADD] = {"INSERT INTO sluice.cursors (run, sink, version) VALUES ($1, $2, 0)"
                              " ON CONFLICT DO NOTHING RETURNING run",
                              REMOTE_ASK, NULL},
    [STATEMENT_CURSOR_LOWEST] = {"SELECT min(version) FROM sluice.cursors WHERE run = $1", REMOTE_ASK, NULL},
    [STATEMENT_CURSOR_MOVE] = {"UPDATE sluice.cursors SET version = greatest(version, $3)"
                               " WHERE run = $1 AND sink = $2",
                               REMOTE_WRITE, NULL},
    [STATEMENT_CURSOR_COUNT] = {"SELECT count(*) FROM sluice.cursors WHERE run = $1", REMOTE_AGAIN, NULL},
    [STATEMENT_UNDELIVERED_COUNT] = {"SELECT count(*) FROM sluice.outbox WHERE $1::bigint = 0 OR run = $1",
                                     REMOTE_ASK, NULL},

    /* ---- runs ---- */
    [STATEMENT_RUN_ADD] = {"INSERT INTO sluice.runs (pipeline, file, pid, host, began_ms)"
                           " VALUES ($1, $2, $3, $4, $5) RETURNING id",
                           REMOTE_ASK, NULL},
    [STATEMENT_RUN_OPEN] = {"SELECT id FROM sluice.runs WHERE ended_ms IS NULL AND id > $1 AND id <> $2"
                            " ORDER BY id LIMIT 1",
                            REMOTE_ASK, NULL},
    [STATEMENT_RUN_PIPELINE] = {"SELECT pipeline FROM sluice.runs WHERE id = $1", REMOTE_ASK, NULL},
    [STATEMENT_RUN_ORPHANING] = {"SELECT run FROM sluice.orders WHERE " OPEN " AND state < 4 AND EXISTS"
                                 " (SELECT 1 FROM sluice.runs WHERE runs.id = run AND ended_ms IS NOT NULL)"
                                 " LIMIT 1",
                                 REMOTE_ASK, NULL},
    [STATEMENT_RUN_INCOMPLETE] = {"UPDATE sluice.runs SET complete = 0 WHERE complete = 1 AND id <> $1"
                                  " AND id IN (SELECT run FROM sluice.outbox)",
                                  REMOTE_WRITE, NULL},
    [STATEMENT_RUN_BEHIND] =
        {"SELECT c.run FROM sluice.cursors AS c JOIN sluice.runs AS r ON r.id = c.run"
         " WHERE r.complete = 0 AND r.ended_ms IS NOT NULL AND r.id <> $1 AND c.sink = $2"
         " AND r.pipeline = (SELECT pipeline FROM sluice.runs WHERE id = $1) AND EXISTS"
         " (SELECT 1 FROM sluice.outbox AS o WHERE o.version > c.version AND o.run = c.run) ORDER BY c.run",
         REMOTE_ASK, NULL},
    [STATEMENT_RUN_RECORDS_DROP] =
        {"DELETE FROM sluice.records WHERE NOT EXISTS (SELECT 1 FROM sluice.cursors WHERE run = $1)"
         " AND id IN (SELECT id FROM sluice.outbox WHERE run = $1)",
         REMOTE_WRITE, NULL},
    [STATEMENT_RUN_OUTBOX_DROP] =
        {"DELETE FROM sluice.outbox WHERE NOT EXISTS (SELECT 1 FROM sluice.cursors WHERE run = $1)"
         " AND run = $1",
         REMOTE_WRITE, NULL},
    [STATEMENT_RUN_ORDERS] = {"SELECT id FROM sluice.orders WHERE " OPEN " AND state < 4 AND run = $1"
                              " LIMIT $2",
                              REMOTE_ASK, NULL},
    [STATEMENT_RUN_CLOSE] =
        {"UPDATE sluice.runs SET ended_ms = $2, exit_code = nullif(greatest($3::integer, -1), -1), complete ="
         " (NOT EXISTS (SELECT 1 FROM sluice.outbox WHERE run = $1))::integer WHERE id = $1",
         REMOTE_WRITE, NULL},
    [STATEMENT_RUN_COMPLETE] = {"UPDATE sluice.runs SET complete = 1 WHERE id = $1 AND ended_ms IS NOT NULL"
                                " AND NOT EXISTS (SELECT 1 FROM sluice.outbox WHERE run = $1)",
                                REMOTE_WRITE, NULL},
    [STATEMENT_RUN_LIVE] = {"SELECT count(*) FROM sluice.runs WHERE id = $1 AND ended_ms IS NULL", REMOTE_ASK,
                            NULL},
    [STATEMENT_RUN_REOPEN] = {"UPDATE sluice.runs SET complete = 0 WHERE id = $1 AND complete = 1",
                              REMOTE_WRITE, NULL},

    /* ---- doubts, and orders from elsewhere ---- */
    [STATEMENT_DOUBTS_ACCOUNTS] = {"SELECT provider, account FROM sluice.accounts WHERE id IN"
                                   " (SELECT account FROM sluice.orders WHERE " OPEN " AND state = 4)"
                                   " ORDER BY id",
                                   REMOTE_ASK, NULL},
    [STATEMENT_DOUBTS_COUNT] = {"SELECT count(*) FROM sluice.orders WHERE " OPEN
                                " AND state = 4 AND account = $1",
                                REMOTE_ASK, NULL},
    [STATEMENT_DOUBT_READ] = {"SELECT " DOUBT " FROM sluice.orders AS o WHERE o.id = $1 AND o.state = 4",
                              REMOTE_ASK, NULL},
    [STATEMENT_DOUBTS_READ] = {"SELECT " DOUBT
                               " FROM sluice.orders AS o WHERE o.state IN (1, 2, 4) AND o.state = 4"
                               " AND o.account = $1 ORDER BY o.id",
                               REMOTE_ASK, NULL},
    [STATEMENT_ORPHANS_READ] = {"SELECT " DOUBT
                                " FROM sluice.orders AS o WHERE o.state IN (1, 2, 4) AND o.state = 2"
                                " AND o.account = $1 ORDER BY o.id",
                                REMOTE_ASK, NULL},
    [STATEMENT_MISSED_ADD] = {"INSERT INTO sluice.missed (id, at_ms) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                              REMOTE_WRITE, NULL},
    [STATEMENT_MISSED_DROP] = {"DELETE FROM sluice.missed WHERE id = $1", REMOTE_WRITE, NULL},
    [STATEMENT_ORDER_ADD_FOREIGN] =
        {"INSERT INTO sluice.orders (key, gen, state, run, call, attempt, version, account, day, claimed_ms,"
         " sent_ms, changed_ms, \"row\", service, identifier, order_id, code, reason, id)"
         " VALUES ($1, $2, $3, $4, 0, 1, $5, $6, $7, greatest($14, (SELECT max(greatest(claimed_ms, sent_ms))"
         " FROM sluice.orders WHERE key = $1 AND state <> 8)), 0, $8, 0, $9, $10, $11, $12, $13, $15)",
         REMOTE_WRITE, NULL},
    [STATEMENT_ORDER_HOLDER] = {"SELECT id, state, sent_ms FROM sluice.orders WHERE account = $1"
                                " AND order_id = $2",
                                REMOTE_ASK, NULL},
    [STATEMENT_ORDER_NAMELESS] =
        {"SELECT (order_id IS NULL OR order_id LIKE 'import-%')::integer FROM sluice.orders WHERE id = $1",
         REMOTE_ASK, NULL},
    [STATEMENT_ORDER_NEWEST] = {"SELECT gen, state FROM sluice.orders WHERE key = $1"
                                " ORDER BY gen DESC LIMIT 1",
                                REMOTE_ASK, NULL},
    [STATEMENT_ORDER_SETTLE] = {"UPDATE sluice.orders SET state = $2, version = $3, changed_ms = $4,"
                                " order_id = $5, code = $6, reason = $7 WHERE id = $1" UNLESS_TAKEN,
                                REMOTE_ASK, NULL},
};
