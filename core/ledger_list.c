#include "ledger_remote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- orders -------------------------------------------------------------------------------- */

/* Append to a text of fixed room; the conditions below fit. */
static void add(char *sql, size_t room, const char *text) {
    size_t used = strlen(sql);
    snprintf(sql + used, room - used, "%s", text);
}

static void add_states(char *sql, size_t room, const struct order_filter *filter) {
    char term[32];
    if (!filter->states)
        return;
    add(sql, room, " AND (0");
    for (size_t i = 0; i < filter->state_count && i < ORDER_STATE_COUNT; i++) {
        snprintf(term, sizeof term, " OR o.state = %d", (int)filter->states[i]);
        add(sql, room, term);
    }
    add(sql, room, ")");
}

/* Those that are open are few, and have an index. */
static bool only_open(const struct order_filter *filter) {
    for (size_t i = 0; filter->states && i < filter->state_count; i++)
        if (!order_state_open(filter->states[i]))
            return false;
    return filter->states && filter->state_count && !filter->key && !filter->order_id;
}

static void write_query(const struct order_filter *filter, char *sql, size_t room) {
    snprintf(
        sql, room,
        "SELECT o.id, o.run, o.call, o.key, o.gen, o.day, o.attempt, o.state, a.provider, a.account, "
        "o.service,"
        " o.identifier, o.parameters, o.order_id, o.currency, o.code, o.reason, o.price, o.claimed_ms, "
        "o.sent_ms,"
        " o.changed_ms, r.pipeline, o.row, r.file"
        " FROM orders AS o%s LEFT JOIN accounts AS a ON a.id = o.account LEFT JOIN runs AS r ON r.id = o.run"
        " WHERE 1",
        only_open(filter) ? " INDEXED BY orders_open" : "");
    if (only_open(filter))
        add(sql, room, " AND (o.state = 1 OR o.state = 2 OR o.state = 4)");
    add_states(sql, room, filter);
    if (filter->key)
        add(sql, room, " AND o.key = ?1");
    if (filter->identifier)
        add(sql, room, " AND o.identifier = ?2");
    if (filter->pipeline)
        add(sql, room, " AND r.pipeline = ?3");
    if (filter->order_id) /* the index begins with the account */
        add(sql, room, " AND o.account IN (SELECT id FROM accounts) AND o.order_id = ?4");
    if (filter->run)
        add(sql, room, " AND o.run = ?5");
    if (filter->since_ms)
        add(sql, room, " AND o.changed_ms >= ?6");
    if (filter->before_id)
        add(sql, room, " AND o.id < ?8");
    add(sql, room, " ORDER BY o.id DESC");
    if (filter->limit)
        add(sql, room, " LIMIT ?7");
}

static void bind_filter(struct ledger *ledger, struct query *rows, const struct order_filter *filter) {
    if (filter->key)
        ledger_bind_blob(ledger, rows, 1, filter->key->bytes, sizeof filter->key->bytes);
    if (filter->identifier)
        ledger_bind_string(ledger, rows, 2, filter->identifier);
    if (filter->pipeline)
        ledger_bind_string(ledger, rows, 3, filter->pipeline);
    if (filter->order_id)
        ledger_bind_string(ledger, rows, 4, filter->order_id);
    if (filter->run)
        ledger_bind_int(ledger, rows, 5, filter->run);
    if (filter->since_ms)
        ledger_bind_int(ledger, rows, 6, filter->since_ms);
    if (filter->before_id)
        ledger_bind_int(ledger, rows, 8, filter->before_id);
    if (filter->limit)
        ledger_bind_int(ledger, rows, 7, filter->limit > INT64_MAX ? INT64_MAX : (int64_t)filter->limit);
}

static void read_row(struct ledger *l, struct query *row, struct order_row *out) {
    size_t size;
    const void *key = ledger_column_blob(l, row, 3, &size);
    *out = (struct order_row){.id = ledger_column_int(l, row, 0),
                              .run = ledger_column_int(l, row, 1),
                              .call = ledger_column_int(l, row, 2),
                              .gen = (int32_t)ledger_column_int(l, row, 4),
                              .quarter = (int32_t)ledger_column_int(l, row, 5),
                              .attempt = (uint32_t)ledger_column_int(l, row, 6),
                              .state = (enum order_state)ledger_column_int(l, row, 7),
                              .provider = ledger_column_string(l, row, 8),
                              .account = ledger_column_string(l, row, 9),
                              .service = ledger_column_string(l, row, 10),
                              .identifier = ledger_column_string(l, row, 11),
                              .parameters = ledger_column_string(l, row, 12),
                              .order_id = ledger_column_string(l, row, 13),
                              .currency = ledger_column_string(l, row, 14),
                              .code = ledger_column_string(l, row, 15),
                              .reason = ledger_column_string(l, row, 16),
                              .price = ledger_column_money(l, row, 17),
                              .claimed_ms = ledger_column_int(l, row, 18),
                              .sent_ms = ledger_column_int(l, row, 19),
                              .changed_ms = ledger_column_int(l, row, 20),
                              .pipeline = ledger_column_string(l, row, 21),
                              .pipeline_file = ledger_column_string(l, row, 23),
                              .row = (uint64_t)ledger_column_int(l, row, 22)};
    if (size == sizeof out->key.bytes)
        memcpy(out->key.bytes, key, size);
}

/* ---- on Postgres --------------------------------------------------------------------------- */

enum { PAGE_ROWS = 1000 };

/* What isn't asked for is null; the server leaves such a term out before it looks for an index. */
static const char remote_list[] =
    "SELECT o.id, o.run, o.call, o.key, o.gen, o.day, o.attempt, o.state, a.provider, a.account, o.service,"
    " o.identifier, o.parameters, o.order_id, o.currency, o.code, o.reason, o.price, o.claimed_ms, o.sent_ms,"
    " o.changed_ms, r.pipeline, o.\"row\", r.file FROM sluice.orders AS o"
    " LEFT JOIN sluice.accounts AS a ON a.id = o.account LEFT JOIN sluice.runs AS r ON r.id = o.run"
    " WHERE ($1::bytea IS NULL OR o.key = $1) AND ($2::text IS NULL OR o.identifier = $2)"
    " AND ($3::text IS NULL OR r.pipeline = $3) AND ($4::text IS NULL OR o.order_id = $4)"
    " AND ($5::bigint IS NULL OR o.run = $5) AND ($6::bigint IS NULL OR o.changed_ms >= $6)"
    " AND ($7::integer[] IS NULL OR o.state = ANY ($7)) AND o.id < $8 ORDER BY o.id DESC LIMIT $9";

static const char *write_states(const struct order_filter *filter, char *out, size_t room) {
    size_t used = (size_t)snprintf(out, room, "{");
    for (size_t i = 0; i < filter->state_count && used < room; i++)
        used += (size_t)snprintf(out + used, room - used, "%s%d", i ? "," : "", (int)filter->states[i]);
    add(out, room, "}");
    return filter->states ? out : NULL;
}

static void bind_page(struct ledger *ledger, struct query *rows, const struct order_filter *filter,
                      int64_t before, uint64_t most) {
    char states[128];
    struct order_filter rest = *filter;
    rest.limit = 0;
    for (int at = 1; at <= 7; at++)
        ledger_bind_string(ledger, rows, at, NULL);
    bind_filter(ledger, rows, &rest);
    ledger_bind_string(ledger, rows, 7, write_states(filter, states, sizeof states));
    ledger_bind_int(ledger, rows, 8, before);
    ledger_bind_int(ledger, rows, 9, (int64_t)most);
}

/* Page by page: the answers are kept whole in memory, and whoever gets an order may ask for its events. */
static int list_remotely(struct ledger *ledger, const struct order_filter *filter,
                         int (*each)(void *user, const struct order_row *row), void *user,
                         sluice_error *error) {
    uint64_t left = filter->limit ? filter->limit : UINT64_MAX, got, most;
    struct order_row row = {.id = INT64_MAX};
    struct query *rows;
    int result = ledger_query(ledger, remote_list, &rows, error);
    bool stopped = false;
    if (result)
        return result;
    do {
        most = left < PAGE_ROWS ? left : PAGE_ROWS;
        bind_page(ledger, rows, filter, row.id, most);
        for (got = 0; !stopped && (result = ledger_step(ledger, rows, error)) == 1; got++) {
            read_row(ledger, rows, &row);
            stopped = each(user, &row) != 0;
        }
        left -= got;
    } while (!stopped && !result && got == most && left);
    ledger_query_end(ledger, rows);
    return result < 0 ? result : 0;
}

int ledger_list(struct ledger *ledger, const struct order_filter *filter,
                int (*each)(void *user, const struct order_row *row), void *user, sluice_error *error) {
    char sql[2048];
    struct order_row row;
    struct query *rows;
    int result;
    if (ledger->remote)
        return list_remotely(ledger, filter, each, user, error);
    write_query(filter, sql, sizeof sql);
    int failed = ledger_query(ledger, sql, &rows, error);
    if (failed)
        return failed;
    bind_filter(ledger, rows, filter);
    while ((result = ledger_step(ledger, rows, error)) == 1) {
        read_row(ledger, rows, &row);
        if (each(user, &row))
            break;
    }
    ledger_query_end(ledger, rows);
    return result < 0 ? result : 0;
}

/* ---- events -------------------------------------------------------------------------------- */

int ledger_events(struct ledger *ledger, int64_t order, int (*each)(void *user, const struct event_row *row),
                  void *user, sluice_error *error) {
    struct query *rows;
    int result = ledger_statement(
        ledger, STATEMENT_EVENTS_READ,
        "WITH RECURSIVE chain (version) AS ("
        " SELECT version FROM orders WHERE id = ?1"
        " UNION ALL SELECT previous FROM chain JOIN events USING (version) WHERE previous > 0)"
        " SELECT version, at_ms, run, transition, from_state, to_state, who, code, reason,"
        " evidence FROM chain JOIN events USING (version) ORDER BY version",
        &rows, error);
    if (result)
        return result;
    ledger_bind_int(ledger, rows, 1, order);
    while ((result = ledger_step(ledger, rows, error)) == 1) {
        struct event_row row = {.version = ledger_column_int(ledger, rows, 0),
                                .at_ms = ledger_column_int(ledger, rows, 1),
                                .run = ledger_column_int(ledger, rows, 2),
                                .transition = (enum transition)ledger_column_int(ledger, rows, 3),
                                .from = (enum order_state)ledger_column_int(ledger, rows, 4),
                                .to = (enum order_state)ledger_column_int(ledger, rows, 5),
                                .who = ledger_column_string(ledger, rows, 6),
                                .code = ledger_column_string(ledger, rows, 7),
                                .reason = ledger_column_string(ledger, rows, 8),
                                .evidence = ledger_column_string(ledger, rows, 9)};
        if (each(user, &row))
            break;
    }
    ledger_reset(ledger, rows);
    return result < 0 ? result : 0;
}

/* ---- sums ---------------------------------------------------------------------------------- */

static int count_undelivered(struct ledger *ledger, int64_t run, uint64_t *out, sluice_error *error) {
    struct query *count;
    int result = ledger_statement(ledger, STATEMENT_UNDELIVERED_COUNT,
                                  "SELECT count(*) FROM outbox WHERE ?1 = 0 OR run = ?1", &count, error);
    if (result)
        return result;
    ledger_bind_int(ledger, count, 1, run);
    result = ledger_step(ledger, count, error);
    *out = result == 1 ? (uint64_t)ledger_column_int(ledger, count, 0) : 0;
    ledger_reset(ledger, count);
    return result < 0 ? result : 0;
}

int ledger_count(struct ledger *ledger, int64_t run, struct ledger_counts *out, sluice_error *error) {
    struct query *totals;
    *out = (struct ledger_counts){0};
    int result =
        ledger_statement(ledger, STATEMENT_TOTALS_READ,
                         "SELECT state, sum(orders), sum(amount) FROM totals WHERE ?1 = 0 OR run = ?1"
                         " GROUP BY state",
                         &totals, error);
    if (result)
        return result;
    ledger_bind_int(ledger, totals, 1, run);
    while ((result = ledger_step(ledger, totals, error)) == 1) {
        int64_t state = ledger_column_int(ledger, totals, 0);
        if (state <= ORDER_NONE || state >= ORDER_STATE_COUNT)
            continue;
        out->by_state[state] = (uint64_t)ledger_column_int(ledger, totals, 1);
        if (order_state_counts_in_caps((enum order_state)state))
            out->spent = money_add(out->spent, ledger_column_int(ledger, totals, 2));
    }
    return result < 0 ? result : count_undelivered(ledger, run, &out->undelivered, error);
}
