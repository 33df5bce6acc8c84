/* place.h - the action that buys: one order a record. */
#ifndef DHRU_PLACE_H
#define DHRU_PLACE_H

#include "provider.h"

int32_t place_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                   sluice_error *error);
void place_close(void *instance);

extern const sluice_exchanger place_exchanger;
/* What `place` says of an order beyond what the core itself knows of it. */
extern const char *const place_adds[];

#endif
