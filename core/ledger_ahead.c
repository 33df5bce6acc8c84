#include "ledger_ahead.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger_remote.h"
#include "pg_bytes.h"
#include "text.h"
#include "utf8.h"

/* Without memory less is asked beforehand, and more later. */
static bool grow(void **list, size_t *room, size_t count, size_t size) {
    if (count < *room)
        return true;
    size_t more = *room ? 2 * *room : 256;
    void *grown = realloc(*list, more * size);
    if (!grown)
        return false;
    *list = grown;
    *room = more;
    return true;
}

/* ---- keys ---------------------------------------------------------------------------------- */

static size_t place_of(const struct remote_ahead *ahead, const uint8_t *key) {
    uint64_t hash;
    memcpy(&hash, key, sizeof hash);
    size_t mask = 4 * ahead->key_room - 1, at = hash & mask; /* key_room is a power of two */
    while (ahead->places[at] && memcmp(ahead->keys[ahead->places[at] - 1].bytes, key, 16) != 0)
        at = (at + 1) & mask;
    return at;
}

static struct remote_key *find_key(const struct remote_ahead *ahead, const void *key) {
    uint32_t number = ahead->places ? ahead->places[place_of(ahead, key)] : 0;
    return number ? &ahead->keys[number - 1] : NULL;
}

static bool make_room(struct remote_ahead *ahead) {
    size_t room = ahead->key_room;
    if (!grow((void **)&ahead->keys, &ahead->key_room, ahead->key_count, sizeof *ahead->keys))
        return false;
    if (room == ahead->key_room && ahead->places)
        return true;
    free(ahead->places);
    ahead->places = calloc(4 * ahead->key_room, sizeof *ahead->places);
    if (!ahead->places) {
        ahead->key_count = ahead->asked_keys = 0;
        return false;
    }
    for (size_t i = 0; i < ahead->key_count; i++)
        ahead->places[place_of(ahead, ahead->keys[i].bytes)] = (uint32_t)i + 1;
    return true;
}

static struct remote_key *add_key(struct remote_ahead *ahead, const uint8_t *key) {
    struct remote_key *known = find_key(ahead, key);
    if (known || !make_room(ahead))
        return known;
    struct remote_key *added = &ahead->keys[ahead->key_count++];
    *added = (struct remote_key){.stale = true};
    memcpy(added->bytes, key, 16);
    ahead->places[place_of(ahead, key)] = (uint32_t)ahead->key_count;
    return added;
}

/* ---- order ids ------------------------------------------------------------------------------ */

static size_t id_place(const struct remote_ahead *ahead, const char *text, size_t length) {
    uint64_t hash = 1469598103934665603u; /* FNV-1a */
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (uint8_t)text[i]) * 1099511628211u;
    size_t mask = 4 * ahead->id_room - 1, at = hash & mask;
    for (uint32_t number; (number = ahead->id_places[at]) != 0; at = (at + 1) & mask)
        if (strncmp(ahead->ids[number - 1].text, text, length) == 0 && !ahead->ids[number - 1].text[length])
            break;
    return at;
}

static struct remote_id *find_id(const struct remote_ahead *ahead, const char *text) {
    uint32_t number = ahead->id_places && text ? ahead->id_places[id_place(ahead, text, strlen(text))] : 0;
    return number ? &ahead->ids[number - 1] : NULL;
}

static bool make_id_room(struct remote_ahead *ahead) {
    size_t room = ahead->id_room;
    if (!grow((void **)&ahead->ids, &ahead->id_room, ahead->id_count, sizeof *ahead->ids))
        return false;
    if (room == ahead->id_room && ahead->id_places)
        return true;
    free(ahead->id_places);
    ahead->id_places = calloc(4 * ahead->id_room, sizeof *ahead->id_places);
    for (size_t i = 0; ahead->id_places && i < ahead->id_count; i++)
        ahead->id_places[id_place(ahead, ahead->ids[i].text, strlen(ahead->ids[i].text))] = (uint32_t)i + 1;
    return ahead->id_places != NULL;
}

static void add_id(struct remote_ahead *ahead, sluice_text order_id) {
    if (!make_id_room(ahead))
        return;
    size_t place = id_place(ahead, order_id.ptr, order_id.len);
    if (ahead->id_places[place])
        return;
    char *copy = strndup(order_id.ptr, order_id.len);
    if (!copy)
        return;
    ahead->ids[ahead->id_count++] = (struct remote_id){.text = copy, .stale = true};
    ahead->id_places[place] = (uint32_t)ahead->id_count;
}

/* ---- said ---------------------------------------------------------------------------------- */

bool ledger_is_far(const struct ledger *ledger) {
    return ledger->remote != NULL;
}

void ledger_expect_key(struct ledger *ledger, const struct order_key *key) {
    if (ledger->remote)
        add_key(&ledger->remote->ahead, key->bytes);
}

void ledger_expect_order(struct ledger *ledger, int64_t order) {
    struct remote_ahead *ahead = ledger->remote ? &ledger->remote->ahead : NULL;
    if (ahead && grow((void **)&ahead->orders, &ahead->order_room, ahead->order_count, sizeof(int64_t)))
        ahead->orders[ahead->order_count++] = order;
}

void ledger_expect_order_id(struct ledger *ledger, sluice_text order_id) {
    if (ledger->remote && order_id.len && utf8_valid(order_id) && !memchr(order_id.ptr, 0, order_id.len))
        add_id(&ledger->remote->ahead, order_id);
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

enum { RUN_COLUMN = 1, STATE_COLUMN = 4, GEN_COLUMN = 12, SENT_COLUMN = 14, KEY_COLUMN = 16 }; /* of keys */
enum { ACCOUNT_COLUMN = 3, ID_COLUMN = 4 }; /* of order ids */
enum { KEY_TEXT = 4 * 16 };                 /* of a key, at most */

static void take_keys(struct remote *remote) {
    struct remote_ahead *ahead = &remote->ahead;
    const struct pq_library *pq = remote->link.pq;
    for (size_t i = ahead->asked_keys; i < ahead->key_count; i++)
        if (!ahead->keys[i].order)
            ahead->keys[i].stale = false;
    for (int row = 0; ahead->key_rows && row < pq->PQntuples(ahead->key_rows); row++) {
        const char *text = pq->PQgetvalue(ahead->key_rows, row, KEY_COLUMN);
        uint8_t bytes[KEY_TEXT];
        bool whole = strlen(text) <= KEY_TEXT && pg_bytes_read(text, bytes) == 16;
        struct remote_key *key = whole ? find_key(ahead, bytes) : NULL;
        if (key && !key->count++)
            key->first = row;
    }
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
        struct remote_id *id = find_id(ahead, remote->link.pq->PQgetvalue(ahead->id_rows, row, ID_COLUMN));
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

/* ---- answered ------------------------------------------------------------------------------ */

static int64_t number(const struct remote *remote, int row, int column) {
    return pg_link_int(&remote->link, remote->ahead.key_rows, row, column);
}

static void share(struct query *query, PGresult *rows, int row, int end, const int *columns) {
    query->result = rows;
    query->shared = true;
    query->columns = columns;
    query->row = row;
    query->end = end;
}

/* The newest row of a key that wasn't released; one that never was anything else is its first. */
static bool answer_key(struct remote *remote, struct query *query) {
    const struct remote_key *key = find_key(&remote->ahead, query->command.values[0]);
    if (!key || key->stale)
        return false;
    share(query, remote->ahead.key_rows, 0, 0, NULL);
    for (int row = key->first; row < key->first + key->count; row++)
        if (number(remote, row, STATE_COLUMN) != ORDER_RELEASED || number(remote, row, GEN_COLUMN) == 1) {
            share(query, remote->ahead.key_rows, row, row + 1, NULL);
            break;
        }
    return true;
}

/* The newest row, whatever it is: its generation and state. */
static bool answer_newest(struct remote *remote, struct query *query) {
    static const int columns[] = {GEN_COLUMN, STATE_COLUMN};
    const struct remote_key *key = find_key(&remote->ahead, query->command.values[0]);
    if (!key || key->stale)
        return false;
    share(query, remote->ahead.key_rows, key->first, key->first + (key->count > 0), columns);
    return true;
}

static bool was_bought(const struct remote *remote, int row) {
    int64_t state = number(remote, row, STATE_COLUMN);
    return number(remote, row, SENT_COLUMN) > 0 &&
           (state == ORDER_PLACED || state == ORDER_EXISTS || state == ORDER_REFUNDED);
}

/* The newest row that was sent from here: its run. */
static bool answer_bought(struct remote *remote, struct query *query) {
    static const int columns[] = {RUN_COLUMN};
    const struct remote_key *key = find_key(&remote->ahead, query->command.values[0]);
    if (!key || key->stale)
        return false;
    share(query, remote->ahead.key_rows, 0, 0, columns);
    for (int row = key->first; row < key->first + key->count; row++)
        if (was_bought(remote, row)) {
            share(query, remote->ahead.key_rows, row, row + 1, columns);
            break;
        }
    return true;
}

/* Who has an order id of an account: parameters 2 and 1. */
static bool answer_holder(struct remote *remote, struct query *query) {
    const struct remote_id *id = find_id(&remote->ahead, query->command.values[1]);
    PGresult *rows = remote->ahead.id_rows;
    if (!id || id->stale)
        return false;
    share(query, rows, 0, 0, NULL);
    for (int row = id->first; row < id->first + id->count; row++)
        if (strcmp(remote->link.pq->PQgetvalue(rows, row, ACCOUNT_COLUMN), query->command.values[0]) == 0)
            share(query, rows, row, row + 1, NULL);
    return true;
}

bool remote_ahead_answer(struct remote *remote, struct query *query) {
    switch (query->which) {
    case STATEMENT_ORDER_BY_KEY:
        return answer_key(remote, query);
    case STATEMENT_ORDER_BOUGHT:
        return answer_bought(remote, query);
    case STATEMENT_ORDER_NEWEST:
        return answer_newest(remote, query);
    case STATEMENT_ORDER_HOLDER:
        return answer_holder(remote, query);
    default:
        return false;
    }
}

int remote_ahead_knows(struct remote *remote, const void *wanted, int64_t gen) {
    const struct remote_key *key = find_key(&remote->ahead, wanted);
    if (!key || key->stale)
        return -1;
    for (int row = key->first; row < key->first + key->count; row++)
        if (number(remote, row, GEN_COLUMN) == gen)
            return 1;
    return 0;
}

/* An order id that anybody has, in whichever account, is asked about when it is needed. */
bool remote_ahead_free_id(struct remote *remote, const char *order_id) {
    struct remote_id *id = find_id(&remote->ahead, order_id);
    bool is_free = id && !id->stale && !id->count;
    if (id)
        id->stale = true; /* the caller gives it to an order */
    return is_free;
}

void remote_ahead_given(struct remote *remote, const char *order_id) {
    struct remote_id *id = find_id(&remote->ahead, order_id);
    if (id)
        id->stale = true;
}

void remote_ahead_added(struct remote *remote, const void *key, const char *order_id) {
    struct remote_key *known = find_key(&remote->ahead, key);
    if (known)
        known->stale = true;
    remote_ahead_given(remote, order_id);
}

void remote_ahead_changed(struct remote *remote, int64_t order) {
    struct remote_ahead *ahead = &remote->ahead;
    for (size_t i = 0; i < ahead->asked_keys; i++) {
        struct remote_key *key = &ahead->keys[i];
        for (int row = key->first; !key->stale && row < key->first + key->count; row++)
            key->stale = number(remote, row, 0) == order;
    }
    for (size_t i = 0; i < ahead->asked_ids; i++) {
        struct remote_id *id = &ahead->ids[i];
        for (int row = id->first; !id->stale && row < id->first + id->count; row++)
            id->stale = pg_link_int(&remote->link, ahead->id_rows, row, 0) == order;
    }
}

void remote_ahead_note(struct remote *remote, const struct order_key *key, const struct claim *claim) {
    struct remote_key *known = add_key(&remote->ahead, key->bytes);
    if (!known)
        return; /* the next look asks the database */
    known->stale = true;
    known->order = claim->order;
    known->gen = claim->gen;
    known->attempt = claim->attempt;
}

const struct remote_key *remote_ahead_claimed(struct remote *remote, const struct order_key *key) {
    const struct remote_key *known = find_key(&remote->ahead, key->bytes);
    return known && known->order ? known : NULL;
}

void remote_ahead_forget(struct remote *remote) {
    struct remote_ahead *ahead = &remote->ahead;
    PGresult **rows[] = {&ahead->key_rows, &ahead->order_rows, &ahead->id_rows};
    for (size_t i = 0; i < 3; i++) {
        remote->link.pq->PQclear(*rows[i]);
        *rows[i] = NULL;
    }
    if (ahead->places)
        memset(ahead->places, 0, 4 * ahead->key_room * sizeof *ahead->places);
    if (ahead->id_places)
        memset(ahead->id_places, 0, 4 * ahead->id_room * sizeof *ahead->id_places);
    for (size_t i = 0; i < ahead->id_count; i++)
        free(ahead->ids[i].text);
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
