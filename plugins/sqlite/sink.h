/* sink.h - records into a table. */
#ifndef SQLITE_SINK_H
#define SQLITE_SINK_H

#include <sluice/plugin.h>

struct sink_options {
    sluice_text path;
    sluice_text table;
    sluice_texts conflict;
    int64_t lock_wait;
    uint8_t history;
};

int32_t sink_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                  sluice_error *error);
void sink_close(void *instance);

extern const sluice_sink sink_callbacks;

/* What the store's own verbs need of an opened sink. */
struct sink_parts {
    struct store *store;
    sluice_text path;
    char **script; /* malloc'd; NULL: not asked for yet */
};

struct sink_parts sink_parts(void *instance);

#endif
