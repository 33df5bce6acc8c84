/* plugin.h - what a plugin hands to the core: constant data and callbacks.
 *
 * A plugin is one shared object, NAME.so, with one exported function, made by SLUICE_PLUGIN. It may
 * hold several components: sources, actions, sinks, sandboxes. The core opens a component once for
 * each place where a pipeline names it and closes it at the end. One instance is never entered by
 * two threads at once (but see sluice_exchanger.identity).
 */
#ifndef SLUICE_PLUGIN_H
#define SLUICE_PLUGIN_H

#include "base.h"
#include "batch.h"
#include "exchange.h"
#include "host.h"
#include "option.h"
#include "store.h"

#ifdef __cplusplus
extern "C" {
#endif

enum sluice_kind { SLUICE_SOURCE = 1, SLUICE_ACTION = 2, SLUICE_SINK = 3, SLUICE_SANDBOX = 4 };

/* Flags of a component. */
#define SLUICE_SPENDS 1u   /* its PLACE calls cost money: the ledger stands in front of them */
#define SLUICE_STREAMS 2u  /* parse takes the body in pieces, as it arrives */
#define SLUICE_REREADS 4u  /* a source that reads the same rows again when it is opened again */
#define SLUICE_PUSH 8u     /* a source that submits jobs itself (a form); only in the service */
#define SLUICE_REFUNDS 16u /* a final rejection is paid back */
#define SLUICE_UPLOADS \
    64u /* a sink with an endpoint that collects with write and sends at the end, op UPLOAD */
#define SLUICE_ORDERS 32u /* a sink that stores orders: rows without order_id don't go there */
#define SLUICE_BULK 128u  /* a sink to which a batch costs more than its rows: it is given large ones */
/* An action that spends where its option `spends` (a BOOL) is true, as if it had SLUICE_SPENDS, and is a free
 * one where it isn't. */
#define SLUICE_MAY_SPEND 256u

/* A source gives batches of records. Called from the source's thread. */
typedef struct sluice_source {
    uint32_t size;
    uint32_t reserved;
    /* Fill the next batch. 0: filled (row_count may be 0: nothing for now); SLUICE_END: filled, and
     * nothing will follow. A failure: the rows that row_count counts are whole, and go on before the run
     * ends. NULL for push sources and for sources that exchange (op PAGE). */
    int32_t (*read)(void *instance, sluice_filling *out, sluice_error *error);
    /* Rows that are still to come, if that is cheap to say; -1: unknown. For the progress line: asked after
     * a read, in runs of more than a second. May be NULL. */
    int64_t (*remaining)(void *instance);
    /* Push sources: start and stop listening. What it needs threads for it does in its own, and it may submit
     * from any of them until stop returns. */
    int32_t (*start)(void *instance, sluice_error *error);
    /* What became of a record, once that is on disk: from a thread of the core, while the plugin's own run.
     * It must not wait for them. A failure is logged. */
    int32_t (*outcome)(void *instance, const sluice_outcome *outcome, sluice_error *error);
    void (*stop)(void *instance);
} sluice_source;

/* An action without a service: looks at a batch and says what changes. */
typedef struct sluice_action {
    uint32_t size;
    uint32_t reserved;
    int32_t (*process)(void *instance, const sluice_batch *in, sluice_changes *out, sluice_error *error);
} sluice_action;

/* A sink keeps records. Writing the same record again must leave one record: after a crash the core
 * delivers again what it doesn't know to be kept. Called from the sink's thread. */
typedef struct sluice_sink {
    uint32_t size;
    uint32_t reserved;
    /* Prove that writing will work, without writing a record. Before the first paid call. May be NULL. */
    int32_t (*probe)(void *instance, sluice_error *error);
    /* Take the selected rows. They need not be durable before commit. A row that can't be kept is
     * rejected through `out`; a failure means that none of the rows since the last commit are kept. */
    int32_t (*write)(void *instance, const sluice_batch *batch, sluice_changes *out, sluice_error *error);
    /* On return all that was written is durable. */
    int32_t (*commit)(void *instance, sluice_error *error);
    /* The run is over and every record was written: put the result in its place. Not called when the
     * run failed. May be NULL. */
    int32_t (*finish)(void *instance, sluice_error *error);
    /* The fields that the run's records will have, in their order, before probe; records with fewer of them
     * may come first. Not called where nobody knows them so early. May be NULL. */
    int32_t (*columns)(void *instance, const sluice_text *names, uint32_t count, sluice_error *error);
} sluice_sink;

/* A local server that speaks the provider's protocol. handle() is never entered twice at once. */
typedef struct sluice_sandbox {
    uint32_t size;
    uint32_t reserved;
    int32_t (*handle)(void *instance, const sluice_sandbox_request *request, sluice_sandbox_reply *reply,
                      sluice_error *error);
    /* Names that it asks host->flag for; NULL-terminated. NULL: any of the common ones, see
     * `sluice help sandbox`. */
    const char *const *faults;
} sluice_sandbox;

/* One component. Exactly the callbacks of its kind are set; `exchanger` where it talks to a service. */
typedef struct sluice_component {
    uint32_t size;
    uint32_t kind;  /* enum sluice_kind */
    uint32_t flags; /* SLUICE_SPENDS, … */
    uint32_t option_count;
    const char *name;    /* "place" is written gsm_fusion.place; a component named as its plugin, csv */
    const char *summary; /* one line for lists */
    const char *about;   /* a paragraph for `plugins show`; may be NULL */
    const sluice_option *options;
    uint32_t option_stride; /* sizeof(sluice_option) */
    uint32_t config_size;
    const char *const *reads; /* fields it looks at; NULL-terminated; may be NULL */
    const char *const *adds;  /* fields it sets; NULL-terminated; may be NULL */
    /* Make an instance. `config` stays valid until close. No network, no thread, no file but through
     * host->open_input: lint opens components, too, to hear what is wrong with their options. So a sink
     * creates its file in probe or write, and a large library is loaded when it is first needed. On failure
     * nothing is kept and close isn't called. */
    int32_t (*open)(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                    sluice_error *error);
    void (*close)(void *instance);
    const sluice_source *source;
    const sluice_action *action;
    const sluice_sink *sink;
    const sluice_sandbox *sandbox;
    const sluice_exchanger *exchanger;
    const sluice_store *store; /* a sink that is a store of orders; may be NULL */
} sluice_component;

typedef struct sluice_plugin {
    uint32_t size;
    uint16_t abi_minor; /* SLUICE_ABI_MINOR the plugin was built with */
    uint16_t min_minor; /* the oldest core it can work with */
    const char *name;   /* the file's name without .so: letters, digits, '_' */
    const char *version;
    const char *summary;
    const sluice_component *components;
    uint32_t component_count;
    uint32_t component_stride; /* sizeof(sluice_component) */
} sluice_plugin;

typedef const sluice_plugin *(*sluice_plugin_entry)(void);

#if defined(__GNUC__)
#define SLUICE_EXPORT __attribute__((visibility("default")))
#else
#define SLUICE_EXPORT
#endif

#ifdef __cplusplus
#define SLUICE_PLUGIN(descriptor) \
    extern "C" SLUICE_EXPORT const sluice_plugin *sluice_plugin_v1(void) { \
        return &(descriptor); \
    }
#else
#define SLUICE_PLUGIN(descriptor) \
    SLUICE_EXPORT const sluice_plugin *sluice_plugin_v1(void); \
    SLUICE_EXPORT const sluice_plugin *sluice_plugin_v1(void) { \
        return &(descriptor); \
    }
#endif

#ifdef __cplusplus
}
#endif
#endif
