#include <stdlib.h>

#include "policy.h"
#include "spend_parts.h"
#include "stand_in.h"

int spend_open(struct spend *spend, struct run *run, const struct component *component,
               struct instance *instance, struct ledger *ledger, sluice_error *error) {
    pthread_condattr_t monotonic;
    *spend = (struct spend){.run = run,
                            .ledger = ledger,
                            .instance = instance,
                            .component = component,
                            .doubts_in_row_most = DOUBTS_IN_ROW,
                            .reserve_every_us = SPEND_RESERVE_US,
                            .pause_most_ms = stand_in() ? 0 : POLICY_WAIT_MOST_MS};
    spend->landed_last = &spend->landed;
    spend->lots_last = &spend->lots;
    spend->again_last = &spend->again;
    spend->packer = (struct packer){.row_limit = DELIVER_ROWS, .full = spend_packed, .user = spend};
    pthread_mutex_init(&spend->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&spend->wake, &monotonic);
    pthread_cond_init(&spend->space, &monotonic);
    pthread_condattr_destroy(&monotonic);
    spend->zone_name = run->pipeline->spend.timezone;
    if (!instance->self.has_endpoint)
        return fail(error, SLUICE_E_PLUGIN, "%s: the plugin named no endpoint", component->place);
    return zone_open(spend->zone_name, &spend->zone, error);
}

void spend_close(struct spend *spend) {
    for (struct flight *flight = spend->spare, *next; flight; flight = next) {
        next = flight->next;
        flight_free(flight);
    }
    packer_free(&spend->packer);
    catalogue_free(&spend->catalogue);
    suspects_free(&spend->suspects);
    free(spend->results);
    free(spend->boarding);
    free(spend->asked);
    free(spend->moves);
    zone_close(spend->zone);
    pthread_cond_destroy(&spend->wake);
    pthread_cond_destroy(&spend->space);
    pthread_mutex_destroy(&spend->lock);
}
