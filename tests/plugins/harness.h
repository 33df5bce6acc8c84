/* harness.h - one component of a built plugin, opened with options as text, against the real host.
 *
 * The plugin is loaded from SLUICE_PLUGIN_PATH, as the program would load it. */
#ifndef TESTS_HARNESS_H
#define TESTS_HARNESS_H

#include "batch.h"
#include "exchange.h"
#include "host.h"

struct harness {
    struct instance instance;
    const sluice_plugin *plugin;
    void *library;
    void *config;
    sluice_arena arena;
    struct inputs inputs;
    sluice_error error;
};

/* Open `component` of plugin `name`. `options`: "name=value", NULL-terminated; a repeated name makes a
 * list; "name.key=value" makes a map. Returns what open() answered, or the failure to bind an option. */
int harness_open(struct harness *h, const char *name, const char *component, uint32_t kind, bool spends,
                 const char *const *options);
void harness_close(struct harness *h);

/* The next batch of a source: 0 or SLUICE_END or a failure (h->error). *batch may be NULL. */
int harness_read(struct harness *h, struct batch **batch);
/* A batch from text: the first row names the columns; '|' between cells, NULL-terminated rows, `~` alone
 * is null. */
struct batch *harness_batch(const char *const *rows);
/* Run a local action; rejects and counts are in `changes` until changes_free. */
int harness_process(struct harness *h, struct batch *in, struct changes *changes, struct batch **out);
/* Give a sink a batch. */
int harness_write(struct harness *h, struct batch *in, struct changes *changes);
/* A cell as a C string (static buffers, used in turn); "(null)" for null. */
const char *harness_cell(const struct batch *batch, uint32_t row, const char *column);
/* Build a call; the request's body is call->request.body. */
int harness_call(struct harness *h, struct call *call, uint32_t op, const sluice_row *rows,
                 uint32_t row_count);
/* Feed a whole reply in pieces of `step` bytes (0: at once). */
int harness_reply(struct harness *h, struct call *call, int status, const char *content_type,
                  const char *body, size_t length, size_t step);

#endif
