/* libpq where the address of a database is given, REST where that of a project is. Never the one for the
 * other when it fails. */
#include "options.h"
#include "way.h"

int32_t sink_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                  sluice_error *error) {
    const struct sink_options *options = config;
    return options->db_url.handle ? pq_sink_open(host, self, config, instance, error)
                                  : rest_sink_open(host, self, config, instance, error);
}

int32_t source_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                    sluice_error *error) {
    const struct source_options *options = config;
    return options->db_url.handle ? pq_source_open(host, self, config, instance, error)
                                  : rest_source_open(host, self, config, instance, error);
}

void store_close(void *instance) {
    ((struct way *)instance)->close(instance);
}
