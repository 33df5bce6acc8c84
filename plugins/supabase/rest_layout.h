/* rest_layout.h - which columns the table has, as far as anybody asked, and which field goes where. */
#ifndef SUPABASE_REST_LAYOUT_H
#define SUPABASE_REST_LAYOUT_H

#include <stdbool.h>

#include <sluice/batch.h>

#include "orders.h"
#include "sql.h"

#define REST_ABSENT UINT32_MAX

enum rest_there { REST_UNKNOWN, REST_THERE, REST_MISSING };

struct rest_column {
    char *name;
    enum rest_there there;
};

struct rest_columns {
    struct rest_column *items;
    uint32_t count, room;
};

/* Take note of a column that may be there; false: out of memory. */
bool rest_columns_want(struct rest_columns *columns, sluice_text name);
enum rest_there rest_columns_find(const struct rest_columns *columns, sluice_text name);
/* Are there some of which nobody knows? Their names, for `select`, go to `url` (may be NULL). */
bool rest_columns_unknown(const struct rest_columns *columns, struct sql *url);
/* The server says in `words` that one doesn't exist: false when it is none of the unknown ones. */
bool rest_columns_miss(struct rest_columns *columns, const char *words);
/* All that were asked for are there. */
void rest_columns_settle(struct rest_columns *columns);
void rest_columns_free(struct rest_columns *columns);

struct rest_value {
    uint32_t source; /* column of the batch; REST_ABSENT: the records don't have it */
    enum merge_rule rule;
    sluice_text name;
};

/* For batches that have the same columns. */
struct rest_layout {
    struct rest_value *values; /* the keys first */
    uint32_t count, key_count;
    int32_t provider, account, imei, status; /* index of the value; -1: none */
    bool orders;
    bool fills; /* what comes is no news of the provider's, but what another store or an export knows */
    sluice_text *names; /* of the batch; one block with their bytes */
    uint32_t name_count;
    struct sql extra; /* fields that the table has no column for: "a, b" */
};

/* `keys` are in front, each of them known to be there or needed. False: out of memory. */
bool rest_layout_make(struct rest_layout *layout, const struct rest_columns *columns, sluice_texts keys,
                      bool orders, const sluice_batch *batch);
bool rest_layout_suits(const struct rest_layout *layout, const sluice_batch *batch);
void rest_layout_free(struct rest_layout *layout);

#endif
