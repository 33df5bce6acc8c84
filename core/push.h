/* push.h - a source that people send to, while the service runs: opened, started, told what became of
 * records, stopped. */
#ifndef CORE_PUSH_H
#define CORE_PUSH_H

#include <pthread.h>

#include "host.h"
#include "pipeline.h"

struct push {
    struct instance instance;
    pthread_mutex_t lock; /* held while the plugin is told */
    bool listening;       /* under the lock */
};

/* `port` is what its host->submit and host->query come to; both must live until push_close. */
int push_open(struct push *push, const struct pipeline *pipeline, const struct push_port *port,
              sluice_error *error);
/* Any thread. What the plugin doesn't take is logged. */
void push_tell(struct push *push, const sluice_outcome *outcome);
void push_close(struct push *push);

#endif
