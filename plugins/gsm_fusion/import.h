/* import.h - rows of the site's own export become orders. */
#ifndef GSM_FUSION_IMPORT_H
#define GSM_FUSION_IMPORT_H

#include <sluice/plugin.h>

struct import_settings {
    sluice_text account;
};

extern const char *const import_reads[];
extern const char *const import_adds[];
extern const sluice_action import_action;

int32_t import_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                    sluice_error *error);
void import_close(void *instance);

#endif
