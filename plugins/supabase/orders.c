#include "orders.h"

#include <string.h>

const struct order_column order_columns[] = {
    {"id", "bigserial PRIMARY KEY", MERGE_STORE},
    {"order_id", "text NOT NULL", MERGE_KEY},
    {"provider", "text NOT NULL DEFAULT ''", MERGE_KEY},
    {"account", "text NOT NULL DEFAULT ''", MERGE_KEY},
    {"service_name", "text", MERGE_FACT},
    {"service_id", "text", MERGE_FACT},
    {"imei", "text NOT NULL", MERGE_FACT},
    {"imei2", "text", MERGE_NEWS},
    {"credits", "numeric(10,4)", MERGE_FACT},
    {"status", "text", MERGE_STATUS},
    {"carrier", "text", MERGE_NEWS},
    {"simlock", "text", MERGE_NEWS},
    {"model", "text", MERGE_NEWS},
    {"fmi", "text", MERGE_NEWS},
    {"order_date", "timestamptz", MERGE_FACT},
    {"result_code", "text", MERGE_NEWS},
    {"result_code_display", "text", MERGE_NEWS},
    {"notes", "text", MERGE_FACT},
    {"raw_response", "text", MERGE_JSON},
    {"created_at", "timestamptz NOT NULL DEFAULT now()", MERGE_STORE},
    {"updated_at", "timestamptz NOT NULL DEFAULT now()", MERGE_STORE},
};
const size_t order_column_count = sizeof order_columns / sizeof *order_columns;

static const struct order_column *find(sluice_text column) {
    for (size_t i = 0; i < order_column_count; i++)
        if (column.len == strlen(order_columns[i].name) &&
            memcmp(column.ptr, order_columns[i].name, column.len) == 0)
            return &order_columns[i];
    return NULL;
}

enum merge_rule orders_rule(sluice_text column) {
    const struct order_column *found = find(column);
    return found ? found->rule : MERGE_FACT;
}

bool orders_brings(sluice_text column) {
    const struct order_column *found = find(column);
    return found && found->rule != MERGE_NEWS && found->rule != MERGE_STORE;
}

bool orders_is_imported(sluice_text order_id) {
    size_t length = strlen(ORDERS_IMPORTED);
    return order_id.len >= length && memcmp(order_id.ptr, ORDERS_IMPORTED, length) == 0;
}
