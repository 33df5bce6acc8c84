/* The sink's own callbacks, or calls to its service. */
#include "outlet_parts.h"

/* Each batch goes to its service; what is sent at the end goes to its own callbacks first. */
static bool is_remote(const struct outlet *outlet) {
    return outlet->remote.opened && !(outlet->component->type->flags & SLUICE_UPLOADS);
}

int outlet_sink_columns(struct outlet *outlet, const sluice_text *names, uint32_t count,
                        sluice_error *error) {
    const sluice_sink *sink = outlet->component->type->sink;
    int answer = sink->columns ? sink->columns(outlet->instance.handle, names, count, error) : 0;
    return answer ? fail_callback(error, answer, "columns") : 0;
}

int outlet_sink_probe(struct outlet *outlet, sluice_error *error) {
    const sluice_sink *sink = outlet->component->type->sink;
    if (is_remote(outlet))
        return remote_sink_probe(&outlet->remote, error);
    int answer = sink->probe ? sink->probe(outlet->instance.handle, error) : 0;
    return answer ? fail_callback(error, answer, "probe") : 0;
}

int outlet_sink_write(struct outlet *outlet, const sluice_batch *batch, sluice_changes *changes,
                      sluice_error *error) {
    if (is_remote(outlet))
        return remote_sink_write(&outlet->remote, batch, changes, error);
    int answer = outlet->component->type->sink->write(outlet->instance.handle, batch, changes, error);
    return answer ? fail_callback(error, answer, "write") : 0;
}

int outlet_sink_commit(struct outlet *outlet, sluice_error *error) {
    if (is_remote(outlet)) /* what is written there is durable */
        return 0;
    int answer = outlet->component->type->sink->commit(outlet->instance.handle, error);
    return answer ? fail_callback(error, answer, "commit") : 0;
}

int outlet_sink_finish(struct outlet *outlet, sluice_error *error) {
    const sluice_sink *sink = outlet->component->type->sink;
    if (is_remote(outlet))
        return 0;
    int answer = sink->finish ? sink->finish(outlet->instance.handle, error) : 0;
    if (answer)
        return fail_callback(error, answer, "finish");
    return outlet->remote.opened ? remote_sink_upload(&outlet->remote, error) : 0;
}
