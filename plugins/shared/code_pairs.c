#include "code_pairs.h"

#include <stdio.h>

#include <sluice/text.h>

/* How many pairs before it have the same key; a pair that says the same again is none (-1). */
static int times_before(const struct code *code, uint32_t pair) {
    int times = 0;
    for (uint32_t i = 0; i < pair; i++) {
        if (!text_equal(code->pairs[i].key, code->pairs[pair].key))
            continue;
        if (text_equal(code->pairs[i].value, code->pairs[pair].value))
            return -1;
        times++;
    }
    return times;
}

/* A member of a JSON object has one value: what has a key for the second time gets a key of its own. */
static void write_key(struct buffer *raw, sluice_text key, int times) {
    char again[80];
    if (times) {
        int length = snprintf(again, sizeof again, "%.*s (%d)", TEXT_ARG(key), times + 1);
        key = (sluice_text){again, (uint64_t)length};
    }
    buffer_json(raw, key);
}

void code_write_pairs(struct buffer *raw, const struct code *code) {
    const char *before = ",\"pairs\":{";
    for (uint32_t i = 0; i < code->pair_count; i++) {
        int times = times_before(code, i);
        if (times < 0)
            continue;
        buffer_string(raw, before);
        write_key(raw, code->pairs[i].key, times);
        buffer_string(raw, ":");
        buffer_json(raw, code->pairs[i].value);
        before = ",";
    }
    if (code->pair_count)
        buffer_string(raw, "}");
}
