/* options.h - what a pipeline says of the store. */
#ifndef SUPABASE_OPTIONS_H
#define SUPABASE_OPTIONS_H

#include <sluice/plugin.h>

struct sink_options {
    sluice_text url;
    sluice_secret key;
    sluice_secret db_url;
    sluice_text table;
    sluice_texts conflict;
};

int32_t sink_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                  sluice_error *error);
void sink_close(void *instance);
extern const sluice_sink sink_callbacks;

#endif
