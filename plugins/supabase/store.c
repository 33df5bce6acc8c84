/* libpq where the address of a database is given, REST where that of a project is. Never the one for the
 * other when it fails. */
#include "options.h"
#include "pq_sink.h"

int32_t store_sink_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                        sluice_error *error) {
    const struct sink_options *options = config;
    if (!options->db_url.handle)
        return rest_sink_open(host, self, config, instance, error);
    int failed = sink_open(host, self, config, instance, error);
    if (!failed)
        *(struct way *)*instance = (struct way){sink_close, pq_store_script};
    return failed;
}

int32_t store_source_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                          sluice_error *error) {
    const struct source_options *options = config;
    if (!options->db_url.handle)
        return rest_source_open(host, self, config, instance, error);
    int failed = source_open(host, self, config, instance, error);
    if (!failed)
        *(struct way *)*instance = (struct way){.close = source_close};
    return failed;
}

void store_close(void *instance) {
    ((struct way *)instance)->close(instance);
}
