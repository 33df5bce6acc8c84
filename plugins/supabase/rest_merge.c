#include "rest_merge.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <shared/json_merge.h>
#include <sluice/text.h>

/* A provider or account that isn't known (rows of an older system) may be anyone's; then the IMEI decides. */
static bool same_owner(const sluice_text *new, const sluice_text *old, int32_t value) {
    return value < 0 || !old[value].len || !new[value].len || text_equal(old[value], new[value]);
}

static bool is_word(sluice_text text, const char *word) {
    return text.len == strlen(word) && strncasecmp(text.ptr, word, text.len) == 0;
}

static bool is_final(sluice_text status) {
    return is_word(status, "completed") || is_word(status, "rejected");
}

static sluice_text merge_status(sluice_text new, sluice_text old, bool fills) {
    bool keeps =
        !new.len || (is_word(new, "pending") && old.len) || (is_final(old) && (fills || !is_final(new)));
    return keeps ? old : new;
}

/* What comes behind the end of an order is older than that: its result stays, too. Of what another store or
 * an export knows nothing says how old it is: it fills, and brings the end of an order that has none. */
static bool is_older(const struct rest_layout *layout, const sluice_text *new, const sluice_text *old) {
    if (layout->status < 0)
        return false;
    sluice_text said = new[layout->status], known = old[layout->status];
    return layout->fills ? is_final(known) || !is_final(said)
                         : is_final(known) && said.ptr && !is_final(said);
}

/* False: out of memory. */
static bool merge_json(sluice_text new, sluice_text old, sluice_text *out, struct pool *pool) {
    char *merged;
    uint64_t length;
    *out = old;
    if (!new.ptr || text_equal(new, old))
        return true;
    switch (json_merge(old, new, &merged, &length)) {
    case JSON_KEEP_OLD:
        return true;
    case JSON_TAKE_NEW:
        *out = new;
        return true;
    case JSON_MERGED: {
        char *copy = pool_alloc(pool, length ? length : 1);
        if (copy)
            *out = (sluice_text){memcpy(copy, merged, length), length};
        free(merged);
        return copy != NULL;
    }
    default:
        return false;
    }
}

static bool is_object(sluice_text text) {
    uint64_t at = 0;
    while (at < text.len && text_is_space(text.ptr[at]))
        at++;
    return at < text.len && text.ptr[at] == '{';
}

/* An older object fills a stored one; what isn't JSON can't. */
static bool grow_json(sluice_text new, sluice_text old, bool fills, sluice_text *out, struct pool *pool) {
    *out = old;
    if (!fills || !is_object(old))
        return merge_json(new, old, out, pool);
    return !is_object(new) || merge_json(old, new, out, pool);
}

static sluice_text fill(sluice_text new, sluice_text old) {
    return old.len || !new.len ? old : new;
}

static bool merge_value(const struct rest_layout *layout, enum merge_rule rule, bool older, sluice_text new,
                        sluice_text old, sluice_text *out, struct pool *pool) {
    switch (rule) {
    case MERGE_STATUS:
        *out = merge_status(new, old, layout->fills);
        return true;
    case MERGE_JSON:
        return grow_json(new, old, layout->fills && older, out, pool);
    case MERGE_NEWS:
        *out = older ? fill(new, old) : new.ptr ? new : old;
        return true;
    case MERGE_STORE:
        *out = old;
        return true;
    default:
        *out = fill(new, old);
        return true;
    }
}

static bool differs(sluice_text a, sluice_text b) {
    return (a.ptr != NULL) != (b.ptr != NULL) || !text_equal(a, b);
}

enum rest_merged rest_merge(const struct rest_layout *layout, sluice_text *values, const sluice_text *old,
                            uint64_t *changed, struct pool *pool) {
    *changed = 0;
    if (!same_owner(values, old, layout->provider) || !same_owner(values, old, layout->account) ||
        !same_owner(values, old, layout->imei))
        return REST_STRANGER;
    bool older = is_older(layout, values, old);
    for (uint32_t i = 0; i < layout->count; i++) {
        sluice_text merged;
        if (i < layout->key_count)
            continue;
        if (!merge_value(layout, layout->values[i].rule, older, values[i], old[i], &merged, pool))
            return REST_NO_MEMORY;
        if (differs(merged, old[i]))
            *changed |= rest_bit(i);
        values[i] = merged;
    }
    return *changed ? REST_CHANGED : REST_SAME;
}
