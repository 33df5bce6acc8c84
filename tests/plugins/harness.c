#include "harness.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "may_spend.h"
#include "option_text.h"
#include "text.h"

static const sluice_component *find_component(const sluice_plugin *plugin, const char *name, uint32_t kind) {
    for (uint32_t i = 0; i < plugin->component_count; i++) {
        const sluice_component *component =
            (const void *)((const char *)plugin->components + (size_t)i * plugin->component_stride);
        if (component->kind == kind && strcmp(component->name, name) == 0)
            return component;
    }
    return NULL;
}

static void *load(const char *name, char *path, size_t room) {
    const char *dirs = getenv("SLUICE_PLUGIN_PATH");
    snprintf(path, room, "%s/%s.so", dirs ? dirs : "build/plugins", name);
    return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

int harness_open(struct harness *h, const char *name, const char *component, uint32_t kind, bool spends,
                 const char *const *options) {
    char path[4096];
    *h = (struct harness){.error = ERROR_INIT};
    h->library = load(name, path, sizeof path);
    if (!h->library)
        return fail(&h->error, SLUICE_E_PLUGIN, "%s: %s", path, dlerror());
    sluice_plugin_entry entry = (sluice_plugin_entry)dlsym(h->library, "sluice_plugin_v1");
    if (!entry)
        return fail(&h->error, SLUICE_E_PLUGIN, "%s exports no sluice_plugin_v1", path);
    h->plugin = entry();
    const sluice_component *type = find_component(h->plugin, component, kind);
    if (!type)
        return fail(&h->error, SLUICE_E_PLUGIN, "%s has no component %s", path, component);
    h->config = calloc(1, type->config_size ? type->config_size : 1);
    int failed = option_text_defaults(type, h->config, &h->arena, &h->error);
    for (; !failed && options && *options; options++)
        failed = option_text_set(type, *options, h->config, &h->arena, &h->error);
    if (!failed && !(type = may_spend(type, h->config, &h->arena)))
        failed = fail_memory(&h->error);
    return failed ? failed
                  : instance_open(&h->instance, type, h->config, component, &h->inputs, spends, &h->error);
}

void harness_close(struct harness *h) {
    instance_close(&h->instance);
    inputs_free(&h->inputs);
    arena_free(&h->arena);
    free(h->config);
    if (h->library)
        dlclose(h->library);
    *h = (struct harness){0};
}

int harness_read(struct harness *h, struct batch **batch) {
    struct filling filling;
    *batch = NULL;
    int failed = filling_begin(&filling, BATCH_ROWS, BATCH_BYTES, &h->error);
    if (failed)
        return failed;
    int answer = h->instance.type->source->read(h->instance.handle, &filling.view, &h->error);
    if (answer < 0)
        filling_abandon(&filling);
    else
        *batch = filling_end(&filling);
    return answer;
}

static uint32_t split(const char *row, sluice_text *cells, uint32_t most) {
    uint32_t count = 0;
    for (const char *at = row; at && count < most; count++) {
        const char *bar = strchr(at, '|');
        cells[count] = (sluice_text){at, bar ? (uint64_t)(bar - at) : strlen(at)};
        if (text_is(cells[count], "~"))
            cells[count] = (sluice_text){NULL, 0};
        at = bar ? bar + 1 : NULL;
    }
    return count;
}

struct batch *harness_batch(const char *const *rows) {
    enum { MOST = 64 };
    struct filling filling;
    sluice_text cells[MOST];
    uint32_t count = 0;
    while (rows[count + 1])
        count++;
    if (filling_begin(&filling, count ? count : 1, BATCH_BYTES, NULL))
        abort();
    uint32_t columns = split(rows[0], cells, MOST);
    if (filling_columns(&filling.view, cells, columns, NULL))
        abort();
    for (uint32_t r = 0; r < count; r++) {
        uint32_t got = split(rows[r + 1], cells, MOST);
        for (uint32_t c = 0; c < columns; c++)
            filling.view.cells[c][r] =
                c < got ? arena_copy(filling.view.arena, cells[c]) : (sluice_text){NULL, 0};
        filling.view.numbers[r] = r + 2;
    }
    filling.view.row_count = count;
    return filling_end(&filling);
}

int harness_process(struct harness *h, struct batch *in, struct changes *changes, struct batch **out) {
    *out = NULL;
    int failed = changes_begin(changes, in, &h->error);
    if (!failed)
        failed = h->instance.type->action->process(h->instance.handle, &in->view, &changes->view, &h->error);
    if (!failed && !(*out = changes_end(changes, &h->error)))
        failed = h->error.code;
    return failed;
}

int harness_write(struct harness *h, struct batch *in, struct changes *changes) {
    int failed = changes_begin(changes, in, &h->error);
    return failed ? failed
                  : h->instance.type->sink->write(h->instance.handle, &in->view, &changes->view, &h->error);
}

const char *harness_cell(const struct batch *batch, uint32_t row, const char *column) {
    static char buffers[8][4096];
    static unsigned next;
    char *buffer = buffers[next++ % 8];
    sluice_text value = batch_value(&batch->view, row, column);
    snprintf(buffer, sizeof *buffers, "%.*s", value.ptr ? (int)value.len : 6,
             value.ptr ? value.ptr : "(null)");
    return buffer;
}

int harness_call(struct harness *h, struct call *call, uint32_t op, const sluice_row *rows,
                 uint32_t row_count) {
    int failed = call_begin(call, &h->instance, op, rows, row_count, &h->error);
    return failed ? failed : call_build(call, &h->error);
}

int harness_reply(struct harness *h, struct call *call, int status, const char *content_type,
                  const char *body, size_t length, size_t step) {
    struct http_result result = {.status = status, .content_type = content_type, .retry_after_ms = -1};
    for (size_t at = 0; at < length;) {
        size_t n = step && step < length - at ? step : length - at;
        /* A copy in a block of its own size: a read beyond the piece is then seen by the sanitizer. */
        char *piece = malloc(n);
        memcpy(piece, body + at, n);
        int stop = call_data(call, status, content_type, (sluice_text){piece, n});
        free(piece);
        if (stop)
            break;
        at += n;
    }
    return call_reply_end(call, &result, &h->error);
}
