/* What was asked beforehand, as the answer to a query; and what is known no more. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ledger_remote.h"

enum { RUN_COLUMN = 1, STATE_COLUMN = 4, GEN_COLUMN = 12, SENT_COLUMN = 14 }; /* of keys */
enum { WHO_COLUMN = 3 };                                                      /* of askers */
enum { ACCOUNT_COLUMN = 3 };                                                  /* of order ids */

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
    const struct remote_key *key = remote_key_find(&remote->ahead, query->command.values[0]);
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

/* The newest order of a key that was asked for by somebody: parameter 2. */
static bool answer_asker(struct remote *remote, struct query *query) {
    const struct remote_key *key = remote_key_find(&remote->ahead, query->command.values[0]);
    PGresult *rows = remote->ahead.asker_rows;
    if (!key || key->stale || !key->askers)
        return false;
    share(query, rows, 0, 0, NULL);
    for (int row = key->first_asker; row < key->first_asker + key->asker_count; row++)
        if (strcmp(remote->link.pq->PQgetvalue(rows, row, WHO_COLUMN), query->command.values[1]) == 0) {
            share(query, rows, row, row + 1, NULL);
            break;
        }
    return true;
}

/* The newest row, whatever it is: its generation and state. */
static bool answer_newest(struct remote *remote, struct query *query) {
    static const int columns[] = {GEN_COLUMN, STATE_COLUMN};
    const struct remote_key *key = remote_key_find(&remote->ahead, query->command.values[0]);
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
    const struct remote_key *key = remote_key_find(&remote->ahead, query->command.values[0]);
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
    const struct remote_id *id = remote_id_find(&remote->ahead, query->command.values[1]);
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
    case STATEMENT_ORDER_BY_ASKER:
        return answer_asker(remote, query);
    case STATEMENT_ORDER_NEWEST:
        return answer_newest(remote, query);
    case STATEMENT_ORDER_HOLDER:
        return answer_holder(remote, query);
    default:
        return false;
    }
}

int remote_ahead_knows(struct remote *remote, const void *wanted, int64_t gen) {
    const struct remote_key *key = remote_key_find(&remote->ahead, wanted);
    if (!key || key->stale)
        return -1;
    for (int row = key->first; row < key->first + key->count; row++)
        if (number(remote, row, GEN_COLUMN) == gen)
            return 1;
    return 0;
}

/* An order id that anybody has, in whichever account, is asked about when it is needed. */
bool remote_ahead_free_id(struct remote *remote, const char *order_id) {
    struct remote_id *id = remote_id_find(&remote->ahead, order_id);
    bool is_free = id && !id->stale && !id->count;
    if (id)
        id->stale = true; /* the caller gives it to an order */
    return is_free;
}

void remote_ahead_given(struct remote *remote, const char *order_id) {
    struct remote_id *id = remote_id_find(&remote->ahead, order_id);
    if (id)
        id->stale = true;
}

void remote_ahead_added(struct remote *remote, const void *key, const char *order_id) {
    struct remote_key *known = remote_key_find(&remote->ahead, key);
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
    struct remote_key *known = remote_key_add(&remote->ahead, key->bytes);
    if (!known)
        return; /* the next look asks the database */
    known->stale = true;
    known->order = claim->order;
    known->gen = claim->gen;
    known->attempt = claim->attempt;
}

const struct remote_key *remote_ahead_claimed(struct remote *remote, const struct order_key *key) {
    const struct remote_key *known = remote_key_find(&remote->ahead, key->bytes);
    return known && known->order ? known : NULL;
}
