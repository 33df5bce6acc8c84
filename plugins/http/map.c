#include "map.h"

#include <stdio.h>

#include <sluice/text.h>

#include "pointer.h"

enum { DIGITS_MOST = 9 };

static int32_t unknown_key(const sluice_host *host, const char *option, sluice_text key,
                           const struct map_key *keys, size_t count, sluice_error *error) {
    char names[400];
    size_t used = 0;
    names[0] = 0;
    for (size_t i = 0; i < count && used < sizeof names; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", keys[i].name);
    return host->fail(error, SLUICE_E_CONFIG, "'%s' has no '%.*s'; it has %s", option,
                      TEXT_ARG(text_cut(key, 64)), names);
}

int32_t map_check_pointer(const sluice_host *host, const char *option, const char *name, sluice_text pointer,
                          sluice_error *error) {
    if (pointer_good(pointer))
        return SLUICE_OK;
    return host->fail(error, SLUICE_E_CONFIG,
                      "'%s'%s%s: '%.*s' is no JSON pointer; it begins with '/', as in /data/id", option,
                      *name ? ": " : "", name, TEXT_ARG(text_cut(pointer, 100)));
}

int32_t map_read(const sluice_host *host, const char *option, sluice_pairs pairs, const struct map_key *keys,
                 size_t count, sluice_error *error) {
    for (uint64_t i = 0; i < pairs.count; i++) {
        const sluice_pair *pair = &pairs.items[i];
        size_t k = 0;
        while (k < count && !text_is(pair->key, keys[k].name))
            k++;
        if (k == count)
            return unknown_key(host, option, pair->key, keys, count, error);
        if (pair->values.count != 1)
            return host->fail(error, SLUICE_E_CONFIG, "'%s': %s is one value, not a list", option,
                              keys[k].name);
        *keys[k].value = text_trim(pair->values.items[0]);
        if (!keys[k].value->ptr)
            *keys[k].value = TEXT("");
        int32_t failed = keys[k].pointer
                             ? map_check_pointer(host, option, keys[k].name, *keys[k].value, error)
                             : SLUICE_OK;
        if (failed)
            return failed;
    }
    return SLUICE_OK;
}

int32_t map_number(const sluice_host *host, const char *option, const char *name, sluice_text text,
                   int64_t fallback, int64_t *out, sluice_error *error) {
    *out = text.len ? 0 : fallback;
    for (uint64_t i = 0; i < text.len; i++) {
        if (text.len > DIGITS_MOST || !text_is_digit(text.ptr[i]))
            return host->fail(error, SLUICE_E_CONFIG, "'%s': %s is a whole number", option, name);
        *out = *out * 10 + (text.ptr[i] - '0');
    }
    return SLUICE_OK;
}
