/* The short way to compare: what passed was hashed on its way, and TO says what it has come to there. Only
 * when that isn't the same is each order looked at. */
#include <inttypes.h>

#include "cmd_store.h"
#include "log.h"
#include "store.h"

static int ask_instance(const struct store *to, struct instance *instance, const struct digest *digest,
                        uint64_t *rows, uint64_t *sum, sluice_error *error) {
    const sluice_store *store = to->part.component.type->store;
    sluice_texts names = {digest->names, digest->name_count};
    if (instance->self.has_endpoint || !store->digest)
        return fail(error, SLUICE_E_UNAVAILABLE, "the store has no number for all of its orders");
    int failed = store->digest(instance->handle, names, rows, sum, error);
    return failed ? fail_callback(error, failed, "digest") : 0;
}

static int ask(struct program *program, const char *name, const struct digest *digest, uint64_t *rows,
               uint64_t *sum, sluice_error *error) {
    struct store to;
    struct instance instance;
    int result = store_bind_named(&to, program, SLUICE_SINK, name, NULL, 0);
    if (result)
        return result;
    const struct component *component = &to.part.component;
    result = component->type->store ? instance_open(&instance, component->type, component->config,
                                                    component->place, &to.part.inputs, false, error)
                                    : fail(error, SLUICE_E_UNAVAILABLE, "it is no store");
    if (!result) {
        result = ask_instance(&to, &instance, digest, rows, sum, error);
        instance_close(&instance);
    }
    store_free(&to);
    return result;
}

bool store_same_digest(struct program *program, const char *to, const struct digest *from,
                       struct verified *out) {
    sluice_error error = ERROR_INIT;
    uint64_t rows = from->orders, sum = 0;
    if (from->broken || !from->orders)
        return false;
    if (ask(program, to, from, &rows, &sum, &error)) {
        log_line(SLUICE_LOG_DEBUG, NULL, "each order is compared: %s", error.text);
        return false;
    }
    if (rows != from->orders || sum != from->sum) {
        log_line(SLUICE_LOG_DEBUG, NULL,
                 "each order is compared: there are %" PRIu64 " of %" PRIu64 ", checksum %016" PRIx64
                 " of %016" PRIx64,
                 rows, from->orders, sum, from->sum);
        return false;
    }
    *out = (struct verified){.orders = rows, .without = from->without, .from_sum = from->sum, .to_sum = sum};
    return true;
}
