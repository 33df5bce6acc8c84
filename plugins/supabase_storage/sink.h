/* sink.h - the sink `supabase_storage`: a CSV file as an object in a bucket. */
#ifndef SUPABASE_STORAGE_SINK_H
#define SUPABASE_STORAGE_SINK_H

#include <csv/sink.h>
#include <sluice/plugin.h>

struct storage_config {
    struct sink_config csv; /* its path is a temporary file */
    sluice_text url;
    sluice_secret key;
    sluice_text bucket, path;
    uint8_t public;
};

extern const sluice_option storage_options[10];
extern const sluice_sink storage_callbacks;
extern const sluice_exchanger storage_exchanger;

int32_t storage_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                     sluice_error *error);
void storage_close(void *instance);

#endif
