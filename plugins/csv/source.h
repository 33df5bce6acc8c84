/* source.h - the source component `csv`. */
#ifndef CSV_SOURCE_H
#define CSV_SOURCE_H

#include <sluice/plugin.h>

struct source_config {
    sluice_text path;
    sluice_pairs columns;
    int64_t delimiter;
    int64_t header;
};

extern const sluice_option source_options[4];
extern const sluice_source source_callbacks;

int32_t source_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                    sluice_error *error);
void source_close(void *instance);

#endif
