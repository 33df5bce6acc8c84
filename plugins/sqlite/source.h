/* source.h - the rows of a table as records. */
#ifndef SQLITE_SOURCE_H
#define SQLITE_SOURCE_H

#include <sluice/plugin.h>

#include "select.h"

int32_t source_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                    sluice_error *error);
void source_close(void *instance);

extern const sluice_source source_callbacks;

#endif
