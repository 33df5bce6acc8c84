/* sink.h - the sink component `csv`; another plugin that makes such a file links it. */
#ifndef CSV_SINK_H
#define CSV_SINK_H

#include <sluice/plugin.h>

enum { CSV_MODE_AUTO, CSV_MODE_APPEND, CSV_MODE_REPLACE };

extern const char *const csv_formats[];

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

extern const sluice_option csv_sink_options[8];
extern const sluice_sink csv_sink_callbacks;

int32_t csv_sink_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                      sluice_error *error);
void csv_sink_close(void *instance);

#endif
