/* source.h - the rows of a table as records. */
#ifndef SQLITE_SOURCE_H
#define SQLITE_SOURCE_H

#include <sluice/plugin.h>

enum source_order { SOURCE_OLDEST, SOURCE_NEWEST };

struct source_options {
    sluice_text path;
    sluice_text table;
    sluice_texts status;
    sluice_texts imei;
    sluice_text since;
    int64_t limit;
    int64_t order;
    int64_t lock_wait;
};

int32_t source_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                    sluice_error *error);
void source_close(void *instance);

extern const sluice_source source_callbacks;

#endif
