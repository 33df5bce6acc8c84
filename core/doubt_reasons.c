#include "doubt_reasons.h"

#include <string.h>

enum { MINUTE_US = 60000000 };

static uint64_t hash(sluice_text text) {
    uint64_t hash = 0xcbf29ce484222325;
    for (uint64_t i = 0; i < text.len; i++)
        hash = (hash ^ (uint8_t)text.ptr[i]) * 0x100000001b3;
    return hash;
}

static size_t find(const struct doubt_reasons *reasons, const uint8_t key[DOUBT_KEY]) {
    size_t i = 0;
    while (i < reasons->count && memcmp(reasons->items[i].key, key, DOUBT_KEY) != 0)
        i++;
    return i;
}

static bool may_say(struct doubt_reasons *reasons, int64_t now_us) {
    if (!reasons->said || now_us - reasons->since_us >= MINUTE_US) {
        reasons->since_us = now_us;
        reasons->said = 0;
    }
    return reasons->said++ < DOUBT_REASONS_MOST;
}

bool doubt_reasons_news(struct doubt_reasons *reasons, const uint8_t key[DOUBT_KEY], sluice_text reason,
                        int64_t now_us) {
    size_t at = find(reasons, key);
    uint64_t said = hash(reason);
    bool known = at < reasons->count && reasons->items[at].reason == said;
    if (known || at == DOUBT_REASONS || !may_say(reasons, now_us))
        return false;
    if (at == reasons->count)
        memcpy(reasons->items[reasons->count++].key, key, DOUBT_KEY);
    reasons->items[at].reason = said;
    return true;
}

void doubt_reasons_forget(struct doubt_reasons *reasons, const uint8_t key[DOUBT_KEY]) {
    size_t at = find(reasons, key);
    if (at < reasons->count)
        reasons->items[at] = reasons->items[--reasons->count];
}
