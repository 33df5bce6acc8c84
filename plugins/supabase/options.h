/* options.h - what a pipeline says of the store. */
#ifndef SUPABASE_OPTIONS_H
#define SUPABASE_OPTIONS_H

#include <sluice/plugin.h>

#include "way.h"

struct sink_options {
    sluice_text url;
    sluice_secret key;
    sluice_secret db_url;
    sluice_text table;
    sluice_texts conflict;
    uint8_t history;
    uint8_t load;
};

enum source_order { SOURCE_OLDEST, SOURCE_NEWEST };

#define SOURCE_KEY "_key" /* the field of the option `keyed` */

struct source_options {
    sluice_text url;
    sluice_secret key;
    sluice_secret db_url;
    sluice_text table;
    sluice_texts status;
    sluice_texts imei;
    sluice_text since;
    int64_t limit;
    int64_t order;
    sluice_texts order_id;
    sluice_texts service;
    sluice_text text;
    sluice_texts fields;
    sluice_text until;
    sluice_text after;
    uint8_t keyed;
};

/* Over libpq. */
int32_t sink_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                  sluice_error *error);
void sink_close(void *instance);
extern const sluice_sink sink_callbacks;
int32_t source_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                    sluice_error *error);
void source_close(void *instance);
extern const sluice_source source_callbacks;

/* What the database lacks, and how it gets it; for an instance of the sink over libpq. */
extern const sluice_store store_callbacks;

/* Over REST. */
int32_t rest_sink_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                       sluice_error *error);
extern const sluice_exchanger rest_sink_callbacks;
int32_t rest_source_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                         sluice_error *error);
extern const sluice_exchanger rest_source_callbacks;

/* Whichever of them the options say. */
int32_t store_sink_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                        sluice_error *error);
int32_t store_source_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                          sluice_error *error);
void store_close(void *instance);

#endif
