#include "ledger_ahead.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger_remote.h"
#include "pg_bytes.h"
#include "text.h"
#include "utf8.h"

/* ---- said ---------------------------------------------------------------------------------- */

bool ledger_is_far(const struct ledger *ledger) {
    return ledger->remote != NULL;
}

void ledger_expect_key(struct ledger *ledger, const struct order_key *key) {
    if (ledger->remote)
        remote_key_add(&ledger->remote->ahead, key->bytes);
}

void ledger_expect_askers(struct ledger *ledger) {
    if (ledger->remote)
        ledger->remote->ahead.askers = true;
}

void ledger_expect_order(struct ledger *ledger, int64_t order) {
    struct remote_ahead *ahead = ledger->remote ? &ledger->remote->ahead : NULL;
    if (ahead &&
        remote_ahead_grow((void **)&ahead->orders, &ahead->order_room, ahead->order_count, sizeof(int64_t)))
        ahead->orders[ahead->order_count++] = order;
}

void ledger_expect_order_id(struct ledger *ledger, sluice_text order_id) {
    if (ledger->remote && order_id.len && utf8_valid(order_id) && !memchr(order_id.ptr, 0, order_id.len))
        remote_id_add(&ledger->remote->ahead, order_id);
}

/* ---- asked --------------------------------------------------------------------------------- */

static char *key_array(const struct remote_ahead *ahead) {
    size_t count = ahead->key_count - ahead->asked_keys;
    char *text = malloc(count * 38 + 3), *at = text;
    if (!text)
        return NULL;
    *at++ = '{';
    for (size_t i = ahead->asked_keys; i < ahead->key_count; i++) {
        at += sprintf(at, "%s\"\\\\x", i > ahead->asked_keys ? "," : "");
        for (int b = 0; b < 16; b++)
            at += sprintf(at, "%02x", ahead->keys[i].bytes[b]);
        *at++ = '"';
    }
    strcpy(at, "}");
    return text;
}

static char *order_array(const struct remote_ahead *ahead) {
    char *text = malloc((ahead->order_count - ahead->asked_orders) * 21 + 3), *at = text;
    if (!text)
        return NULL;
    *at++ = '{';
    for (size_t i = ahead->asked_orders; i < ahead->order_count; i++)
        at += sprintf(at, "%s%" PRId64, i > ahead->asked_orders ? "," : "", ahead->orders[i]);
    strcpy(at, "}");
    return text;
}

static char *id_array(const struct remote_ahead *ahead) {
    size_t size = 3;
    for (size_t i = ahead->asked_ids; i < ahead->id_count; i++)
        size += 2 * strlen(ahead->ids[i].text) + 3;
    char *text = malloc(size), *at = text;
    if (!text)
        return NULL;
    *at++ = '{';
    for (size_t i = ahead->asked_ids; i < ahead->id_count; i++) {
        at = stpcpy(at, i > ahead->asked_ids ? ",\"" : "\"");
        for (const char *c = ahead->ids[i].text; *c; c++) {
            if (*c == '"' || *c == '\\')
                *at++ = '\\';
            *at++ = *c;
        }
        *at++ = '"';
    }
    strcpy(at, "}");
    return text;
}

static int send(struct remote *remote, const char *sql, char *text, PGresult **rows, sluice_error *error) {
    const struct pg_command command = {.sql = sql, .count = 1, .values = {text}};
    remote->link.pq->PQclear(*rows);
    *rows = NULL;
    int failed = text ? pg_link_send(&remote->link, &command, rows, error) : fail_memory(error);
    free(text);
    return failed;
}

/* Key by key: taken together, the server would rather read all events than look some up. What is asked for
 * one key stands in ledger_remote_sql.c, STATEMENT_ORDER_BY_ASKER. */
static const char askers[] =
    "SELECT a.\"row\", a.order_id, a.state, a.who, k.key FROM unnest($1::bytea[]) AS k (key) CROSS JOIN "
    "LATERAL"
    " (WITH RECURSIVE chain (gen, \"row\", order_id, state, version) AS"
    " (SELECT gen, \"row\", order_id, state, version FROM sluice.orders"
    " WHERE key = k.key AND state IN (3, 5, 7)"
    " UNION ALL SELECT c.gen, c.\"row\", c.order_id, c.state, e.previous"
    " FROM chain AS c JOIN sluice.events AS e USING (version) WHERE e.transition <> 1)"
    " SELECT c.gen, c.\"row\", c.order_id, c.state, e.who FROM chain AS c JOIN sluice.events AS e"
    " USING (version) WHERE e.transition = 1 AND e.who IS NOT NULL) AS a ORDER BY k.key, a.gen DESC";

int remote_ahead_send(struct remote *remote, sluice_error *error) {
    struct remote_ahead *ahead = &remote->ahead;
    int failed = 0;
    if (ahead->key_count > ahead->asked_keys) {
        for (size_t i = 0; i < ahead->asked_keys; i++)
            ahead->keys[i].stale = true; /* their rows are cleared */
        failed = send(remote,
                      "SELECT id, run, version, attempt, state, account, day, price, currency, parameters,"
                      " order_id, coalesce(reason, code), gen, greatest(claimed_ms, sent_ms), sent_ms,"
                      " \"row\", key"
                      " FROM sluice.orders WHERE key = ANY ($1::bytea[]) ORDER BY key, gen DESC",
                      key_array(ahead), &ahead->key_rows, error);
    }
    if (!failed && ahead->askers && ahead->key_count > ahead->asked_keys)
        failed = send(remote, askers, key_array(ahead), &ahead->asker_rows, error);
    if (!failed && ahead->order_count > ahead->asked_orders)
        failed = send(remote,
                      "SELECT id, run, version, attempt, state, account, day, price, currency"
                      " FROM sluice.orders WHERE id = ANY ($1::bigint[])",
                      order_array(ahead), &ahead->order_rows, error);
    for (size_t i = 0; ahead->id_count > ahead->asked_ids && i < ahead->asked_ids; i++)
        ahead->ids[i].stale = true;
    if (!failed && ahead->id_count > ahead->asked_ids)
        failed = send(remote,
                      "SELECT id, state, sent_ms, account, order_id FROM sluice.orders"
                      " WHERE order_id = ANY ($1::text[]) AND account IN (SELECT id FROM sluice.accounts)"
                      " ORDER BY order_id, account",
                      id_array(ahead), &ahead->id_rows, error);
    return failed;
}

enum { KEY_COLUMN = 16, ASKED_KEY_COLUMN = 4 }; /* of keys */
enum { ID_COLUMN = 4 };                         /* of order ids */
enum { KEY_TEXT = 4 * 16 };                     /* of a key, at most */

/* The key that a row is of; NULL: none of those that were asked for. */
static struct remote_key *key_of(struct remote *remote, const PGresult *rows, int row, int column) {
    const char *text = remote->link.pq->PQgetvalue(rows, row, column);
    uint8_t bytes[KEY_TEXT];
    bool whole = strlen(text) <= KEY_TEXT && pg_bytes_read(text, bytes) == 16;
    return whole ? remote_key_find(&remote->ahead, bytes) : NULL;
}

static void take_askers(struct remote *remote) {
    struct remote_ahead *ahead = &remote->ahead;
    for (size_t i = ahead->asked_keys; i < ahead->key_count; i++)
        ahead->keys[i].askers = true;
    for (int row = 0; row < remote->link.pq->PQntuples(ahead->asker_rows); row++) {
        struct remote_key *key = key_of(remote, ahead->asker_rows, row, ASKED_KEY_COLUMN);
        if (key && !key->asker_count++)
            key->first_asker = row;
    }
}

static void take_keys(struct remote *remote) {
    struct remote_ahead *ahead = &remote->ahead;
    const struct pq_library *pq = remote->link.pq;
    for (size_t i = ahead->asked_keys; i < ahead->key_count; i++)
        if (!ahead->keys[i].order)
            ahead->keys[i].stale = false;
    for (int row = 0; ahead->key_rows && row < pq->PQntuples(ahead->key_rows); row++) {
        struct remote_key *key = key_of(remote, ahead->key_rows, row, KEY_COLUMN);
        if (key && !key->count++)
            key->first = row;
    }
    if (ahead->askers)
        take_askers(remote);
    ahead->asked_keys = ahead->key_count;
}

static void take_orders(struct remote *remote) {
    struct remote_ahead *ahead = &remote->ahead;
    struct ledger *ledger = remote->ledger;
    struct query row = {.result = ahead->order_rows, .stepped = true};
    int count = ahead->order_rows ? remote->link.pq->PQntuples(ahead->order_rows) : 0;
    for (; row.row < count; row.row++) {
        struct ledger_head head;
        ledger_read_head(ledger, &row, &head);
        ledger->heads[(uint64_t)head.id % LEDGER_HEADS] = head;
    }
    ahead->asked_orders = ahead->order_count;
}

static void take_ids(struct remote *remote) {
    struct remote_ahead *ahead = &remote->ahead;
    int count = ahead->id_rows ? remote->link.pq->PQntuples(ahead->id_rows) : 0;
    for (size_t i = ahead->asked_ids; i < ahead->id_count; i++)
        ahead->ids[i].stale = false;
    for (int row = 0; row < count; row++) {
        struct remote_id *id =
            remote_id_find(ahead, remote->link.pq->PQgetvalue(ahead->id_rows, row, ID_COLUMN));
        if (id && !id->count++)
            id->first = row;
    }
    ahead->asked_ids = ahead->id_count;
}

/* Heads are kept for a transaction only: ledger_begin forgets those of the one before it, so it is the one
 * that calls this. */
int remote_ahead_take(struct remote *remote, sluice_error *error) {
    (void)error;
    if (remote->ahead.key_count > remote->ahead.asked_keys)
        take_keys(remote);
    if (remote->open && remote->ahead.order_count > remote->ahead.asked_orders)
        take_orders(remote);
    if (remote->ahead.id_count > remote->ahead.asked_ids)
        take_ids(remote);
    return 0;
}

int ledger_ask_ahead(struct ledger *ledger, sluice_error *error) {
    struct remote *remote = ledger->remote;
    if (!remote)
        return 0;
    int failed = remote->open ? 0 : pg_link_connect(&remote->link, REMOTE_CONNECT_MS, error);
    if (!failed)
        failed = remote_ahead_send(remote, error);
    if (!failed)
        failed = pg_link_sync(&remote->link, error);
    return failed ? failed : remote_ahead_take(remote, error);
}

void remote_ahead_forget(struct remote *remote) {
    struct remote_ahead *ahead = &remote->ahead;
    PGresult **rows[] = {&ahead->key_rows, &ahead->order_rows, &ahead->id_rows, &ahead->asker_rows};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        remote->link.pq->PQclear(*rows[i]);
        *rows[i] = NULL;
    }
    if (ahead->places)
        memset(ahead->places, 0, 4 * ahead->key_room * sizeof *ahead->places);
    if (ahead->id_places)
        memset(ahead->id_places, 0, 4 * ahead->id_room * sizeof *ahead->id_places);
    for (size_t i = 0; i < ahead->id_count; i++)
        free(ahead->ids[i].text);
    ahead->askers = false;
    ahead->key_count = ahead->asked_keys = 0;
    ahead->order_count = ahead->asked_orders = 0;
    ahead->id_count = ahead->asked_ids = 0;
}

void remote_ahead_free(struct remote *remote) {
    struct remote_ahead *ahead = &remote->ahead;
    if (remote->link.pq)
        remote_ahead_forget(remote);
    free(ahead->keys);
    free(ahead->places);
    free(ahead->orders);
    free(ahead->ids);
    free(ahead->id_places);
}
