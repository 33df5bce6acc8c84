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

static sluice_text merge_status(sluice_text new, sluice_text old) {
    bool keeps = !new.len || (is_word(new, "pending") && old.len) || (is_final(old) && !is_final(new));
    return keeps ? old : new;
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

static bool merge_value(enum merge_rule rule, sluice_text new, sluice_text old, sluice_text *out,
                        struct pool *pool) {
    switch (rule) {
    case MERGE_STATUS:
        *out = merge_status(new, old);
        return true;
    case MERGE_JSON:
        return merge_json(new, old, out, pool);
    case MERGE_NEWS:
        *out = new.ptr ? new : old;
        return true;
    case MERGE_STORE:
        *out = old;
        return true;
    default:
        *out = old.len || !new.len ? old : new;
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
    for (uint32_t i = 0; i < layout->count; i++) {
        sluice_text merged;
        if (i < layout->key_count)
            continue;
        if (!merge_value(layout->values[i].rule, values[i], old[i], &merged, pool))
            return REST_NO_MEMORY;
        if (differs(merged, old[i]))
            *changed |= rest_bit(i);
        values[i] = merged;
    }
    return *changed ? REST_CHANGED : REST_SAME;
}
