#include "digest.h"

#include <string.h>

#include "batch.h"
#include "text.h"

/* ---- lookup3, by Bob Jenkins, as Postgres has it: its results are what hash indexes there are made of -----
 */

struct state {
    uint32_t a, b, c;
};

static inline uint32_t turn(uint32_t x, unsigned by) {
    return x << by | x >> (32 - by);
}

static inline void mix(struct state *s) {
    s->a -= s->c, s->a ^= turn(s->c, 4), s->c += s->b;
    s->b -= s->a, s->b ^= turn(s->a, 6), s->a += s->c;
    s->c -= s->b, s->c ^= turn(s->b, 8), s->b += s->a;
    s->a -= s->c, s->a ^= turn(s->c, 16), s->c += s->b;
    s->b -= s->a, s->b ^= turn(s->a, 19), s->a += s->c;
    s->c -= s->b, s->c ^= turn(s->b, 4), s->b += s->a;
}

static inline void end(struct state *s) {
    s->c ^= s->b, s->c -= turn(s->b, 14);
    s->a ^= s->c, s->a -= turn(s->c, 11);
    s->b ^= s->a, s->b -= turn(s->a, 25);
    s->c ^= s->b, s->c -= turn(s->b, 16);
    s->a ^= s->c, s->a -= turn(s->c, 4);
    s->b ^= s->a, s->b -= turn(s->a, 14);
    s->c ^= s->b, s->c -= turn(s->b, 24);
}

/* Up to four bytes, the first the lowest, whatever the machine is like. */
static inline uint32_t word(const unsigned char *bytes, size_t count) {
    uint32_t value = 0;
    for (size_t i = 0; i < count; i++)
        value |= (uint32_t)bytes[i] << 8 * i;
    return value;
}

static inline size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

uint64_t digest_hash(sluice_text value, uint64_t seed) {
    const unsigned char *at = (const unsigned char *)value.ptr;
    size_t left = value.len;
    uint32_t begin = 0x9e3779b9u + (uint32_t)value.len + 3923095u;
    struct state s = {begin, begin, begin};
    if (seed) {
        s.a += (uint32_t)(seed >> 32), s.b += (uint32_t)seed;
        mix(&s);
    }
    for (; left >= 12; at += 12, left -= 12) {
        s.a += word(at, 4), s.b += word(at + 4, 4), s.c += word(at + 8, 4);
        mix(&s);
    }
    s.a += word(at, least(left, 4));
    if (left > 4)
        s.b += word(at + 4, least(left - 4, 4));
    if (left > 8)
        s.c += word(at + 8, left - 8) << 8; /* its lowest byte is kept free, for the length */
    end(&s);
    return (uint64_t)s.b << 32 | s.c;
}

/* ---- orders ------------------------------------------------------------------------------- */

bool digest_is_stores_own(sluice_text column) {
    return text_is(column, "id") || text_is(column, "updated_at");
}

static bool keep_names(struct digest *digest, const sluice_batch *batch) {
    size_t used = 0;
    for (uint32_t c = 0; c < batch->column_count; c++) {
        sluice_text name = batch->names[c];
        if (digest_is_stores_own(name))
            continue;
        if (digest->name_count == DIGEST_COLUMNS || name.len > sizeof digest->letters - used)
            return false;
        memcpy(digest->letters + used, name.ptr, name.len);
        digest->names[digest->name_count++] = (sluice_text){digest->letters + used, name.len};
        used += name.len;
    }
    return true;
}

struct column {
    const sluice_text *cells;
    uint64_t seed;
};

static uint32_t find_columns(struct digest *digest, const sluice_batch *batch, struct column *columns) {
    uint32_t count = 0;
    for (uint32_t c = 0; c < batch->column_count; c++) {
        sluice_text name = batch->names[c];
        if (digest_is_stores_own(name))
            continue;
        if (count == digest->name_count || !text_equal(digest->names[count], name)) {
            digest->broken = true;
            return 0;
        }
        columns[count++] = (struct column){batch->cells[c], text_hash(name)};
    }
    digest->broken = digest->broken || count != digest->name_count;
    return count;
}

static uint64_t hash_row(const struct column *columns, uint32_t count, uint32_t row) {
    uint64_t hash = 0;
    for (uint32_t c = 0; c < count; c++)
        if (columns[c].cells[row].len)
            hash ^= digest_hash(columns[c].cells[row], columns[c].seed);
    return hash;
}

void digest_add(struct digest *digest, const sluice_batch *batch) {
    struct column columns[DIGEST_COLUMNS];
    int32_t id = sluice_find_column(batch, "order_id", strlen("order_id"));
    int32_t imei = sluice_find_column(batch, "imei", strlen("imei"));
    if (!batch->selected || digest->broken)
        return;
    if (id < 0 || imei < 0 || (!digest->name_count && !keep_names(digest, batch))) {
        digest->broken = true;
        return;
    }
    uint32_t count = find_columns(digest, batch, columns);
    for (uint32_t i = 0; i < batch->selected && !digest->broken; i++) {
        uint32_t row = sluice_selected(batch, i);
        digest->without += !batch->cells[imei][row].len;
        if (!batch->cells[id][row].len || !batch->cells[imei][row].len)
            continue;
        digest->orders++;
        digest->sum += hash_row(columns, count, row);
    }
}

/* ---- as an action ------------------------------------------------------------------------- */

static int32_t open_action(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                           sluice_error *error) {
    (void)host, (void)self, (void)error;
    *instance = (void *)config;
    return SLUICE_OK;
}

static int32_t add_rows(void *instance, const sluice_batch *in, sluice_changes *out, sluice_error *error) {
    (void)out, (void)error;
    digest_add(instance, in);
    return SLUICE_OK;
}

static void close_action(void *instance) {
    (void)instance;
}

static const sluice_action action = {.size = sizeof action, .process = add_rows};

const sluice_component digest_action = {.size = sizeof digest_action,
                                        .kind = SLUICE_ACTION,
                                        .name = "digest",
                                        .config_size = sizeof(struct digest),
                                        .open = open_action,
                                        .close = close_action,
                                        .action = &action};
