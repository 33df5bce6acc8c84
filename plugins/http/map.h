/* map.h - an option that describes a call of its own: {url: /v1/account, amount: /balance}. */
#ifndef HTTP_MAP_H
#define HTTP_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include <sluice/host.h>

struct map_key {
    const char *name;
    sluice_text *value;
    bool pointer; /* must be a JSON pointer */
};

/* Every key is one of `keys`, with one value. */
int32_t map_read(const sluice_host *host, const char *option, sluice_pairs pairs, const struct map_key *keys,
                 size_t count, sluice_error *error);
/* Is the value a JSON pointer? `name`: of what. */
int32_t map_check_pointer(const sluice_host *host, const char *option, const char *name, sluice_text pointer,
                          sluice_error *error);
/* A whole number from 0; `fallback` when there is none. */
int32_t map_number(const sluice_host *host, const char *option, const char *name, sluice_text text,
                   int64_t fallback, int64_t *out, sluice_error *error);

#endif
