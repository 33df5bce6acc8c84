/* check.h - the action that asks how orders are doing: status and result, one or many in a call. */
#ifndef DHRU_CHECK_H
#define DHRU_CHECK_H

#include "provider.h"

int32_t check_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                   sluice_error *error);
void check_close(void *instance);

extern const sluice_exchanger check_exchanger;
extern const char *const check_adds[];

#endif
