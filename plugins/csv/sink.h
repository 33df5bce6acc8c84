/* sink.h - the sink component `csv`. */
#ifndef CSV_SINK_H
#define CSV_SINK_H

#include <sluice/plugin.h>

struct sink_config {
    sluice_text path;
    int64_t format;
    sluice_pairs columns;
    int64_t delimiter;
    int64_t mode;
    uint8_t excel;
    uint8_t escape_formulas;
    uint8_t bom;
};

extern const sluice_option sink_options[8];
extern const sluice_sink sink_callbacks;

int32_t sink_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                  sluice_error *error);
void sink_close(void *instance);

#endif
