/* service_look.h - how a pipeline of the service is, for those who only look. A copy: nothing is held. */
#ifndef CORE_SERVICE_LOOK_H
#define CORE_SERVICE_LOOK_H

#include <stdbool.h>
#include <stdint.h>

struct pipeline_look {
    char name[128], file[1024]; /* name "": there is none */
    bool running, ran;
    int last_exit;
    int64_t last_ended_ms, next_ms; /* 0: not (yet) */
    char trouble[256];              /* of the last run, before it could begin; "": none */
};

struct service_look {
    struct pipeline_look own;
    struct pipeline_look sync; /* the first one that asks the same provider about the orders of a store */
    uint64_t waiting;          /* rows of the own jobs that have no end */
};

struct job;
void service_look(struct job *job, struct service_look *out);

#endif
