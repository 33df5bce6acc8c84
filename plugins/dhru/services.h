/* services.h - the source that lists the provider's services. */
#ifndef DHRU_SERVICES_H
#define DHRU_SERVICES_H

#include "provider.h"

int32_t services_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                      sluice_error *error);
void services_close(void *instance);

extern const sluice_source services_source; /* it has no read: its records come by exchange */
extern const sluice_exchanger services_exchanger;
extern const char *const services_adds[]; /* the columns, in catalogue.c beside what fills them */

#endif
