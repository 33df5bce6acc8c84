#include "push.h"

#include "log.h"

int push_open(struct push *push, const struct pipeline *pipeline, const struct push_port *port,
              sluice_error *error) {
    const struct component *source = &pipeline->source;
    bool spends = pipeline->spender >= 0;
    *push = (struct push){0};
    int failed =
        instance_open(&push->instance, source->type, source->config, source->place, NULL, spends, error);
    if (failed)
        return fail_within(error, "%s", source->place);
    pthread_mutex_init(&push->lock, NULL);
    push->instance.self.port = port;
    push->listening = true; /* it may submit before start returns */
    int answer = source->type->source->start(push->instance.handle, error);
    if (!answer)
        return 0;
    fail_callback(error, answer, "start");
    pthread_mutex_destroy(&push->lock);
    instance_close(&push->instance);
    return fail_within(error, "%s", source->place);
}

void push_tell(struct push *push, const sluice_outcome *outcome) {
    sluice_error error = ERROR_INIT;
    pthread_mutex_lock(&push->lock);
    int answer =
        push->listening ? push->instance.type->source->outcome(push->instance.handle, outcome, &error) : 0;
    pthread_mutex_unlock(&push->lock);
    if (answer) {
        fail_callback(&error, answer, "outcome");
        log_line(SLUICE_LOG_WARN, push->instance.self.place, "%s", error.text);
    }
}

/* stop() waits for the plugin's threads, which may wait for the thread that tells: so the lock is free then.
 */
void push_close(struct push *push) {
    pthread_mutex_lock(&push->lock);
    push->listening = false;
    pthread_mutex_unlock(&push->lock);
    push->instance.type->source->stop(push->instance.handle);
    pthread_mutex_destroy(&push->lock);
    instance_close(&push->instance);
}
