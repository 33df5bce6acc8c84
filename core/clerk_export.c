/* Orders of the store as a file that people download: what the csv plugin's sink makes of them. The sink
 * writes a file, so that a large export takes disk for a while instead of memory; it is gone before the
 * answer is. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "clerk_parts.h"
#include "scratch.h"
#include "text.h"

enum { PIECE = 64 * 1024 };

struct export {
    struct instance instance;
    struct lone lone;
    struct scratch scratch;
    char *path;
    bool bound;
    sluice_error *error;
};

/* ---- writing --------------------------------------------------------------------------------- */

static int make_place(struct export *export, const char *state_dir) {
    int failed = scratch_make(&export->scratch, state_dir, "export", export->error);
    if (!failed && asprintf(&export->path, "%s/orders.csv", export->scratch.dir) < 0) {
        export->path = NULL;
        failed = fail_memory(export->error);
    }
    return failed;
}

void clerk_export_sweep(const char *state_dir) {
    scratch_sweep(state_dir, "export");
}

/* A download is opened by a spreadsheet: nothing in it may run. */
static int open_sink(struct export *export, struct program *program, sluice_text format) {
    bool plain = !format.len || text_is(format, "csv");
    sluice_text path = text_of(export->path), mode = TEXT("replace"), yes = TEXT("true"),
                form = plain ? TEXT("plain") : format;
    struct lone_option options[] = {
        {"path", {&path, 1}}, {"format", {&form, 1}}, {"mode", {&mode, 1}}, {"escape_formulas", {&yes, 1}}};
    if (!plain && !text_is(format, "gsm_fusion"))
        return fail(export->error, SLUICE_E_DATA, "there is no format '%.*s'; there are csv and gsm_fusion",
                    TEXT_ARG(text_cut(format, 40)));
    if (lone_bind(&export->lone, program, "csv", SLUICE_SINK, options, 4, false))
        return fail(export->error, SLUICE_E_PLUGIN, "the plugin 'csv' can't be used: %s",
                    program->error.text);
    export->bound = true;
    const struct component *component = &export->lone.component;
    return instance_open(&export->instance, component->type, component->config, "export",
                         &export->lone.inputs, false, export->error);
}

static int write_batch(void *user, struct batch *batch, sluice_error *error) {
    struct export *export = user;
    struct changes changes;
    int failed = changes_begin(&changes, batch, error);
    if (!failed) {
        const sluice_sink *sink = export->instance.type->sink;
        int answer = sink->write(export->instance.handle, &batch->view, &changes.view, error);
        failed = answer ? fail_callback(error, answer, "write") : 0;
        changes_free(&changes);
    }
    batch_unref(batch);
    return failed;
}

static int finish(struct export *export) {
    const sluice_sink *sink = export->instance.type->sink;
    int answer = sink->commit(export->instance.handle, export->error);
    if (!answer && sink->finish)
        answer = sink->finish(export->instance.handle, export->error);
    return answer ? fail_callback(export->error, answer, "finish") : 0;
}

static int write_file(struct export *export, struct clerk *clerk, const sluice_query *asked) {
    struct program program;
    clerk_begin(clerk, &program);
    int failed = make_place(export, clerk->post.state_dir);
    if (!failed)
        failed = open_sink(export, &program, query_value(asked, "format"));
    if (!failed)
        failed = clerk_store_batches(clerk, asked, write_batch, export, export->error);
    if (!failed)
        failed = finish(export);
    instance_close(&export->instance);
    if (export->bound)
        lone_free(&export->lone);
    clerk_end(&program);
    return failed;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* The file has no name any more when it is given. -1: there was nothing to write. */
static int take_away(struct export *export) {
    int fd = export->path ? open(export->path, O_RDONLY | O_CLOEXEC) : -1;
    scratch_remove(&export->scratch);
    free(export->path);
    return fd;
}

static int give_file(int fd, struct handout *out, sluice_error *error) {
    static const sluice_text name = TEXT("piece");
    char *piece = malloc(PIECE);
    ssize_t count = piece ? 1 : -1;
    while (count > 0 && !out->enough) {
        count = read(fd, piece, PIECE);
        sluice_text text = {piece, count > 0 ? (uint64_t)count : 0};
        out->left = UINT64_MAX; /* the limit is one of orders */
        if (count > 0)
            handout_give(out, &name, &text, 1);
    }
    int failed = !piece ? fail_memory(error) : count < 0 ? fail(error, SLUICE_E_IO, "reading: %m") : 0;
    free(piece);
    return failed;
}

int clerk_export(struct clerk *clerk, const sluice_query *asked, struct handout *out, sluice_error *error) {
    struct export export = {.error = error};
    int failed = write_file(&export, clerk, asked);
    int fd = take_away(&export);
    if (!failed && fd >= 0)
        failed = give_file(fd, out, error);
    if (fd >= 0)
        close(fd);
    return failed;
}
