/* source.h - the source: records from a JSON list, page by page. */
#ifndef HTTP_SOURCE_H
#define HTTP_SOURCE_H

#include <sluice/plugin.h>

int32_t source_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                    sluice_error *error);
void source_close(void *instance);
extern const sluice_source source_pages; /* it has no read: its records come by exchange */
extern const sluice_exchanger source_exchanger;

#endif
