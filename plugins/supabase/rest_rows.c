#include "rest_rows.h"

#include <string.h>

#include <sluice/text.h>

static uint32_t hash_keys(const struct rest_rows *rows, const sluice_text *keys) {
    uint64_t hash = TEXT_HASH;
    for (uint32_t i = 0; i < rows->layout->key_count; i++) {
        hash = text_hash_more(hash, keys[i]);
        hash = text_hash_more(hash, TEXT("\x1f"));
    }
    return (uint32_t)(hash ^ hash >> 32) & rows->mask;
}

static bool same_keys(const struct rest_rows *rows, const sluice_text *a, const sluice_text *b) {
    for (uint32_t i = 0; i < rows->layout->key_count; i++)
        if (!text_equal(a[i], b[i]))
            return false;
    return true;
}

/* Where the row with these keys stands, or would. */
static uint32_t *slot_of(const struct rest_rows *rows, const sluice_text *keys) {
    uint32_t at = hash_keys(rows, keys);
    while (rows->slots[at] && !same_keys(rows, rows->items[rows->slots[at] - 1].values, keys))
        at = (at + 1) & rows->mask;
    return &rows->slots[at];
}

struct rest_row *rest_rows_find(struct rest_rows *rows, const sluice_text *keys) {
    uint32_t slot = *slot_of(rows, keys);
    return slot ? &rows->items[slot - 1] : NULL;
}

/* Empty is null in a table of orders, so that it erases nothing; provider and account are of the key. Times
 * without a zone are UTC. */
static sluice_text tidy(struct rest_rows *rows, uint32_t value, sluice_text text) {
    const struct rest_layout *layout = rows->layout;
    if (!layout->orders)
        return text;
    if (!text.len)
        return (int32_t)value == layout->provider || (int32_t)value == layout->account
                   ? TEXT("")
                   : (sluice_text){NULL, 0};
    sluice_text name = layout->values[value].name;
    bool time = text_is(name, "order_date") || text_is(name, "created_at");
    char *utc = time && text.len == 19 && text.ptr[13] == ':' ? pool_alloc(&rows->pool, 20) : NULL;
    if (!utc)
        return text;
    memcpy(utc, text.ptr, 19);
    utc[19] = 'Z';
    return (sluice_text){utc, 20};
}

static bool take_row(struct rest_rows *rows, uint32_t at, const sluice_row *given, enum rest_state state) {
    const struct rest_layout *layout = rows->layout;
    struct rest_row *row = &rows->items[at];
    row->values = pool_alloc(&rows->pool, layout->count * sizeof *row->values);
    if (!row->values)
        return false;
    for (uint32_t i = 0; i < layout->count; i++) {
        uint32_t source = layout->values[i].source;
        sluice_text text =
            source == REST_ABSENT ? (sluice_text){NULL, 0} : given->batch->cells[source][given->row];
        row->values[i] = tidy(rows, i, text);
    }
    if (layout->orders && !row->values[0].len) {
        row->state = REST_LEFT_OUT;
        return true;
    }
    uint32_t *slot = slot_of(rows, row->values);
    row->state = *slot && layout->orders ? REST_LATER : state;
    if (*slot && !layout->orders) /* the last one wins */
        rows->items[*slot - 1].state = REST_DONE;
    if (!*slot || !layout->orders)
        *slot = at + 1;
    return true;
}

bool rest_rows_take(struct rest_rows *rows, const struct rest_layout *layout, const sluice_row *given,
                    uint32_t count, enum rest_state state) {
    rest_rows_free(rows);
    uint32_t slots = 16;
    while (slots < count * 2)
        slots *= 2;
    rows->layout = layout;
    rows->mask = slots - 1;
    rows->items = pool_zalloc(&rows->pool, (count ? count : 1) * sizeof *rows->items);
    rows->slots = pool_zalloc(&rows->pool, slots * sizeof *rows->slots);
    if (!rows->items || !rows->slots)
        return false;
    for (; rows->count < count; rows->count++)
        if (!take_row(rows, rows->count, &given[rows->count], state))
            return false;
    return true;
}

uint32_t rest_rows_count(const struct rest_rows *rows, enum rest_state state) {
    uint32_t found = 0;
    for (uint32_t i = 0; i < rows->count; i++)
        found += rows->items[i].state == state;
    return found;
}

void rest_rows_move(struct rest_rows *rows, enum rest_state from, enum rest_state to) {
    for (uint32_t i = 0; i < rows->count; i++)
        if (rows->items[i].state == from)
            rows->items[i].state = to;
}

bool rest_rows_next_turn(struct rest_rows *rows) {
    bool any = false;
    memset(rows->slots, 0, (rows->mask + 1) * sizeof *rows->slots);
    for (uint32_t i = 0; i < rows->count; i++) {
        if (rows->items[i].state != REST_LATER)
            continue;
        uint32_t *slot = slot_of(rows, rows->items[i].values);
        if (*slot)
            continue;
        *slot = i + 1;
        rows->items[i].state = REST_TO_LOOK; /* tables of orders only */
        any = true;
    }
    return any;
}

void rest_rows_free(struct rest_rows *rows) {
    pool_free(&rows->pool);
    *rows = (struct rest_rows){0};
}
