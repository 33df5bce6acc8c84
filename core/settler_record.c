#include <string.h>

#include "clock.h"
#include "settler.h"
#include "text.h"

static const sluice_text names[SETTLER_COLUMNS] = {{"order_id", 8}, {"service_id", 10}, {"service_name", 12},
                                                   {"credits", 7},  {"order_date", 10}, {"provider", 8},
                                                   {"account", 7},  {"status", 6},      {"imei", 4}};

const sluice_text *settler_names(uint32_t *count) {
    *count = SETTLER_COLUMNS;
    return names;
}

struct record settler_record(const struct settler *settler, const struct doubt *doubt, sluice_text order_id,
                             sluice_text title, sluice_text status, bool whole,
                             struct settler_columns *columns) {
    bool priced = doubt->price != MONEY_NONE;
    const sluice_text values[SETTLER_COLUMNS] = {
        order_id,
        text_of(doubt->service),
        title,
        text_of(priced ? money_format(doubt->price, columns->price) : NULL),
        text_of(doubt->sent_ms ? clock_format(doubt->sent_ms, columns->date) : NULL),
        settler->provider,
        settler->account,
        status,
        text_of(doubt->identifier)};
    memcpy(columns->values, values, sizeof values);
    return (struct record){names, columns->values, whole ? SETTLER_COLUMNS : SETTLER_COLUMNS - 1};
}
