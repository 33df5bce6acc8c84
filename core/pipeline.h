/* pipeline.h - a pipeline file, read and checked: every name resolved, every option typed. */
#ifndef CORE_PIPELINE_H
#define CORE_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sluice/plugin.h>

#include "arena.h"
#include "diag.h"
#include "money.h"
#include "registry.h"
#include "vars.h"

struct where {
    sluice_text field;
    sluice_texts values; /* a row matches when its field equals one of them; null equals '' */
};

/* What the core itself takes from a component that talks to a service. */
struct limits {
    int64_t concurrency; /* calls in flight; 10 */
    sluice_rate rate;    /* none */
    int64_t connect_ms;  /* 15 s */
    int64_t timeout_ms;  /* 60 s, whole call */
};

struct component {
    const sluice_component *type;
    const struct plugin *plugin;
    const char *name;  /* as written: "orders", "gsm_fusion.place" */
    const char *place; /* for messages: "sinks[0] orders" */
    const char *id;    /* the `id` option, else `place`; unique in the pipeline */
    struct mark at;
    void *config;  /* type->config_size bytes */
    bool complete; /* every option has its value; in lint one may wait for a variable */
    struct where *where;
    size_t where_count;
    struct limits limits;
    const struct component *store; /* of a push source: the store that it shows, as a sink; NULL: that of the
                                      pipeline's sinks */
};

enum { PIPELINE_LIST_MOST = 100 }; /* components in one list */

struct components {
    struct component *items;
    size_t count;
};

struct spend_rules {
    money max_price, max_run, max_day, reserve, price; /* MONEY_NONE: not given */
    const char *currency;                              /* NULL: the account's */
    const char *timezone;                              /* "UTC" */
    bool confirm;                                      /* true: ask, or need --yes */
    int64_t repeat_after_ms;                           /* 0: never */
    int64_t max_in_doubt;                              /* 20 */
    int64_t settle_after_ms;                           /* 10 min */
};

struct trigger {
    int64_t every_ms, jitter_ms; /* 0: none */
    const char *cron, *timezone;
};

/* Where the ledger is, under `state:`. */
struct ledger_rules {
    const char *uri;  /* of a Postgres database; NULL: SQLite in the state directory */
    int64_t lease_ms; /* of a run there */
};

struct rehearsals; /* rehearsal.h */

struct pipeline {
    sluice_arena arena; /* owns everything below */
    const char *file;
    const char *name;
    const char *description;
    struct trigger trigger;
    struct component source;
    struct components actions, sinks, rejects;
    struct spend_rules spend;
    struct ledger_rules ledger;
    const struct rehearsals *tests; /* never NULL */
    long spender;                   /* index in actions of the action that spends; -1: none */
};

enum pipeline_mode {
    PIPELINE_RUN,    /* an undefined ${NAME} is an error */
    PIPELINE_LINT,   /* it is a note, and what depends on it isn't checked */
    PIPELINE_OUTLINE /* likewise, and no component is opened: what is there, not whether it would work */
};

/* Read and check `path`. Everything that is wrong goes into `diag`, all at once; returns NULL when
 * there are errors (diag->exit_code says whether the file could be opened at all). */
struct pipeline *pipeline_load(const char *path, enum pipeline_mode mode, const struct vars *vars,
                               struct registry *registry, struct diag *diag);
/* The same for a text that is in memory already; `file` is its name in messages. */
struct pipeline *pipeline_parse(const char *file, sluice_text text, enum pipeline_mode mode,
                                const struct vars *vars, struct registry *registry, struct diag *diag);
void pipeline_free(struct pipeline *pipeline);

#endif
