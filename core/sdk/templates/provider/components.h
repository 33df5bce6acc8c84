/* components.h - the callbacks that plugin.c names. */
#ifndef COMPONENTS_H
#define COMPONENTS_H

#include <sluice/plugin.h>

int32_t place_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                   sluice_error *error);
void place_close(void *instance);
extern const char *const place_adds[];
extern const sluice_exchanger place_exchanger;

int32_t check_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                   sluice_error *error);
void check_close(void *instance);
extern const char *const check_adds[];
extern const sluice_exchanger check_exchanger;

int32_t services_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                      sluice_error *error);
void services_close(void *instance);
extern const char *const services_adds[];
extern const sluice_source services_source;
extern const sluice_exchanger services_exchanger;

struct sandbox_settings {
    sluice_text api_key;
    sluice_text credit;
    int64_t complete_after; /* milliseconds from an order to its result */
};

int32_t sandbox_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                     sluice_error *error);
void sandbox_close(void *instance);
extern const sluice_sandbox sandbox_server;

#endif
