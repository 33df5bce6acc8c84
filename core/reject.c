#include "reject.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "log.h"
#include "text.h"
#include "value.h"

enum { BATCH_REJECTS = 256 };

/* ---- outlets ------------------------------------------------------------------------------ */

static void on_kept(void *user, struct outlet *outlet, int64_t run, int64_t version) {
    (void)user, (void)outlet, (void)run, (void)version;
}

static void on_rejected(void *user, struct outlet *outlet, const struct batch *batch,
                        const struct reject *reject) {
    (void)user;
    log_line(SLUICE_LOG_ERROR, outlet->component->place,
             "a rejected record (row %llu) can't be kept here: %.*s",
             (unsigned long long)batch->view.numbers[reject->row], TEXT_ARG(reject->reason));
}

static void on_died(void *user, struct outlet *outlet, const sluice_error *error) {
    (void)outlet;
    log_line(SLUICE_LOG_ERROR, NULL, "on_reject: %s", error->text);
    (void)user;
}

static const struct outlet_events events = {.kept = on_kept, .rejected = on_rejected, .died = on_died};

static int add_outlet(struct rejects *rejects, const struct component *component, struct inputs *inputs,
                      bool spends, sluice_error *error) {
    struct outlet *outlet = &rejects->outlets[rejects->outlet_count];
    int failed = outlet_open(outlet, component, inputs, spends, &events, error);
    if (failed)
        return failed;
    failed = outlet_probe(outlet, error);
    if (!failed)
        failed = outlet_start(outlet, error);
    if (failed)
        outlet_close(outlet);
    else
        rejects->outlet_count++;
    return failed;
}

/* ---- the file in the state directory ------------------------------------------------------ */

static int set_options(struct rejects *rejects, const sluice_component *type, sluice_error *error) {
    for (uint32_t i = 0; i < type->option_count; i++) {
        const sluice_option *row = &type->options[i];
        const char *text = strcmp(row->name, "path") == 0 ? rejects->path : row->fallback;
        bool scalar = row->type != SLUICE_TYPE_PAIRS && row->type != SLUICE_TYPE_TEXTS;
        if (text && scalar && !strstr(text, "${") &&
            !value_store(row, text_of(text), rejects->fallback_config, &rejects->arena, error))
            return SLUICE_E_SOFTWARE;
    }
    return 0;
}

static int open_fallback(struct rejects *rejects, sluice_error *error) {
    struct plugin *csv = registry_plugin(rejects->registry, "csv", error);
    if (!csv)
        return error->code;
    const sluice_component *type = plugin_component(csv, "csv", SLUICE_SINK);
    if (!type)
        return fail(error, SLUICE_E_PLUGIN, "the csv plugin has no sink");
    rejects->fallback_config = calloc(1, type->config_size);
    if (!rejects->fallback_config)
        return fail_memory(error);
    rejects->fallback = (struct component){.type = type,
                                           .plugin = csv,
                                           .name = "csv",
                                           .place = "rejects",
                                           .id = "rejects",
                                           .config = rejects->fallback_config};
    int failed = set_options(rejects, type, error);
    return failed ? failed : add_outlet(rejects, &rejects->fallback, NULL, true, error);
}

/* ---- rejects ------------------------------------------------------------------------------ */

static void give(void *user, struct batch *batch) {
    struct rejects *rejects = user;
    for (size_t i = 0; i < rejects->outlet_count; i++)
        if (!outlet_give(&rejects->outlets[i], batch, 0, 0))
            rejects->failed = true;
    batch_unref(batch);
}

static void lose(struct rejects *rejects, const sluice_error *error) {
    rejects->failed = true;
    if (!rejects->error.code)
        rejects->error = *error;
}

/* `complete`: a sink that replaces a file may do so. */
static void end(struct rejects *rejects, bool complete) {
    for (size_t i = 0; i < rejects->outlet_count; i++)
        outlet_end(&rejects->outlets[i], complete);
    for (size_t i = 0; i < rejects->outlet_count; i++) {
        struct outlet *outlet = &rejects->outlets[i];
        outlet_join(outlet);
        if (atomic_load(&outlet->dead))
            lose(rejects, &outlet->error);
        outlet_close(outlet);
    }
    packer_free(&rejects->packer);
    free(rejects->outlets);
    free(rejects->fallback_config);
    arena_free(&rejects->arena);
    pthread_mutex_destroy(&rejects->lock);
    rejects->opened = false;
}

int rejects_open(struct rejects *rejects, const struct components *sinks, const char *path,
                 struct registry *registry, struct inputs *inputs, bool spends, sluice_error *error) {
    *rejects = (struct rejects){.registry = registry, .error = ERROR_INIT};
    rejects->packer = (struct packer){.row_limit = BATCH_REJECTS, .full = give, .user = rejects};
    pthread_mutex_init(&rejects->lock, NULL);
    snprintf(rejects->path, sizeof rejects->path, "%s", path);
    rejects->outlets = calloc(sinks->count + 1, sizeof *rejects->outlets);
    if (!rejects->outlets)
        return fail_memory(error);
    int failed = 0;
    for (size_t i = 0; !failed && i < sinks->count; i++)
        failed = add_outlet(rejects, &sinks->items[i], inputs, spends, error);
    rejects->opened = true;
    if (failed)
        end(rejects, false);
    return failed;
}

void rejects_add(struct rejects *rejects, const struct batch *batch, uint32_t row, const char *step,
                 const char *code, sluice_text reason) {
    static const sluice_text names[] = {
        {"_row", 4}, {"_file", 5}, {"_step", 5}, {"_code", 5}, {"_reason", 7}};
    const struct batch *origin = batch_origin(batch);
    sluice_text values[BATCH_COLUMNS];
    char number[24];
    sluice_error error = ERROR_INIT;
    snprintf(number, sizeof number, "%llu", (unsigned long long)origin->view.numbers[row]);
    const sluice_text added[] = {text_of(number), origin->view.file, text_of(step), text_of(code), reason};
    batch_row(&origin->view, row, values);
    struct packer_record record = {.names = origin->view.names,
                                   .values = values,
                                   .count = origin->view.column_count,
                                   .added_names = names,
                                   .added_values = added,
                                   .added_count = 5,
                                   .number = origin->view.numbers[row]};
    pthread_mutex_lock(&rejects->lock);
    rejects->count++;
    if (!rejects->outlet_count && !rejects->failed && open_fallback(rejects, &error))
        lose(rejects, &error);
    else if (packer_add(&rejects->packer, &record, &error))
        lose(rejects, &error);
    pthread_mutex_unlock(&rejects->lock);
}

int rejects_close(struct rejects *rejects, sluice_error *error) {
    if (!rejects->opened)
        return 0;
    pthread_mutex_lock(&rejects->lock);
    packer_flush(&rejects->packer);
    pthread_mutex_unlock(&rejects->lock);
    end(rejects, true);
    if (rejects->error.code)
        return fail(error, rejects->error.code, "rejected records can't be kept: %s", rejects->error.text);
    return rejects->failed ? fail(error, SLUICE_E_IO, "some rejected records can't be kept") : 0;
}
