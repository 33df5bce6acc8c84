/* host.h - the core's side of one opened component: what the host table knows of its caller. */
#ifndef CORE_HOST_H
#define CORE_HOST_H

#include <stdbool.h>

#include <sluice/host.h>
#include <sluice/plugin.h>

#include "arena.h"
#include "diag.h"
#include "error.h"
#include "finding.h"
#include "input.h"

enum { INSTANCE_ADDS = 256 };

/* What host->submit, query, act and wait_change of a push source come to. Any thread. */
struct push_port {
    int (*submit)(void *user, const sluice_job *job, sluice_error *error);
    int (*query)(void *user, const sluice_query *query, sluice_each_row *row, void *row_user,
                 sluice_error *error);
    int (*act)(void *user, const sluice_act *act, sluice_acted *out, sluice_error *error);
    int (*wait_change)(void *user, sluice_text job, uint64_t *version, uint32_t wait_ms, sluice_error *error);
    void *user;
};

/* The `sluice_self` that a plugin passes back. */
struct sluice_self {
    const sluice_component *type;
    const char *place; /* "sinks[0] orders", for log lines; not owned */
    struct inputs *inputs;
    bool spends;              /* the pipeline has a spending action */
    bool rejects;             /* a sink of on_reject */
    struct diag *trial;       /* lint: no file is opened, warnings go here; NULL in a run */
    struct mark at;           /* of a trial: the component's place in the file */
    sluice_endpoint endpoint; /* texts in `arena` */
    bool has_endpoint;
    const sluice_text *adds; /* the component's, then those of host->adds; in `arena` */
    uint32_t adds_count;
    sluice_text keeps;         /* the store that a sink is; in `arena` */
    struct findings *findings; /* of the check that is under way; NULL: there is none */
    sluice_arena arena;
    const struct push_port *port; /* of a push source in the service; NULL: anything else */
    void *sandbox;                /* core/sandbox.c's own; NULL in a pipeline */
};

/* The table for components of a pipeline; sandbox functions are NULL. */
const sluice_host *host_table(void);

/* One component, opened. */
struct instance {
    const sluice_component *type;
    void *handle; /* what open() made */
    struct sluice_self self;
};

int instance_open(struct instance *instance, const sluice_component *type, const void *config,
                  const char *place, struct inputs *inputs, bool spends, sluice_error *error);
/* Its type and what it knows of itself are set already. */
int instance_begin(struct instance *instance, const void *config, sluice_error *error);
void instance_close(struct instance *instance);
/* The fields that the instance sets: the component's, and `more`. instance_open does it. */
int instance_name_adds(struct sluice_self *self, const sluice_text *more, uint32_t count,
                       sluice_error *error);

#endif
