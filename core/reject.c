#include "reject.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "log.h"
#include "statedir.h"
#include "text.h"
#include "value.h"

enum {
    BATCH_REJECTS = 256,
    COMMIT_REJECTS = 8192, /* until then they are held in memory, too */
};

/* ---- outlets ------------------------------------------------------------------------------ */

static void on_kept(void *user, struct outlet *outlet, int64_t run, int64_t version) {
    struct rejects *rejects = user;
    size_t at = (size_t)(outlet - rejects->outlets);
    (void)run;
    if (at < rejects->held.sinks) /* behind the file in the state directory there is nothing */
        held_release(&rejects->held, at, version);
}

static void on_rejected(void *user, struct outlet *outlet, const struct batch *batch,
                        const struct reject *reject) {
    struct rejects *rejects = user;
    bool last = outlet->component == &rejects->fallback;
    char name[REFUSED_NAME];
    if (refused_count(&outlet->refused_rows))
        log_line(SLUICE_LOG_ERROR, outlet->component->place,
                 "a rejected record (%s) can't be kept here: %.*s%s%s",
                 refused_name(batch, reject->row, name), TEXT_ARG(reject->reason),
                 last ? "" : "; it goes to ", last ? "" : rejects->path);
    if (!last)
        held_refused(&rejects->held, batch, reject->row);
}

static void on_died(void *user, struct outlet *outlet, const sluice_error *error) {
    struct rejects *rejects = user;
    bool last = outlet->component == &rejects->fallback;
    log_line(SLUICE_LOG_ERROR, NULL, "on_reject: %s%s%s", error->text,
             last ? "" : "; what it hasn't kept goes to ", last ? "" : rejects->path);
}

static int add_outlet(struct rejects *rejects, const struct component *component, struct inputs *inputs,
                      bool spends, sluice_error *error) {
    const struct outlet_events events = {
        .kept = on_kept, .rejected = on_rejected, .died = on_died, .user = rejects, .of_rejects = true};
    struct outlet *outlet = &rejects->outlets[rejects->outlet_count];
    int failed = outlet_open(outlet, component, inputs, spends, &events, error);
    if (failed)
        return failed;
    outlet->commit_rows = COMMIT_REJECTS;
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

static int make_directory(const struct rejects *rejects, sluice_error *error) {
    char dir[sizeof rejects->path];
    snprintf(dir, sizeof dir, "%s", rejects->path);
    char *slash = strrchr(dir, '/');
    if (!slash || slash == dir)
        return 0;
    *slash = 0;
    return statedir_make(dir, error);
}

static int open_fallback(struct rejects *rejects, sluice_error *error) {
    if (!*rejects->path)
        return fail(error, SLUICE_E_CANTCREAT, "there is no other place for them");
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
    if (!failed)
        failed = make_directory(rejects, error);
    if (!failed)
        failed = add_outlet(rejects, &rejects->fallback, NULL, true, error);
    if (!failed && chmod(rejects->path, 0600) && errno != ENOENT)
        failed = fail(error, SLUICE_E_CANTCREAT, "%s: %s", rejects->path, strerror(errno));
    return failed;
}

/* ---- rejects ------------------------------------------------------------------------------ */

static void lose(struct rejects *rejects, const sluice_error *error) {
    if (!rejects->error.code)
        rejects->error = *error;
}

/* From now on all go to the file in the state directory, and first those that aren't kept yet. */
static void fall_back(struct rejects *rejects) {
    sluice_error error = ERROR_INIT;
    rejects->fell_back = true;
    if (open_fallback(rejects, &error)) {
        lose(rejects, &error);
        return;
    }
    rejects->kept_aside = true;
    struct outlet *file = &rejects->outlets[rejects->outlet_count - 1];
    for (struct batch *batch; (batch = held_take(&rejects->held)); batch_unref(batch))
        outlet_give(file, batch, 0, 0);
}

static bool one_is_dead(const struct rejects *rejects) {
    for (size_t i = 0; i < rejects->outlet_count; i++)
        if (atomic_load(&rejects->outlets[i].dead))
            return true;
    return false;
}

static void give(void *user, struct batch *batch) {
    struct rejects *rejects = user;
    int64_t number = ++rejects->number;
    if (!rejects->fell_back)
        held_add(&rejects->held, batch, number);
    for (size_t i = 0; i < rejects->outlet_count; i++)
        outlet_give(&rejects->outlets[i], batch, 1, number);
    if (!rejects->fell_back && one_is_dead(rejects))
        fall_back(rejects);
    batch_unref(batch);
}

static void say_untold(const struct outlet *outlet) {
    uint64_t more = refused_untold(&outlet->refused_rows);
    if (more)
        log_line(SLUICE_LOG_ERROR, outlet->component->place,
                 "%llu more rejected records can't be kept here, for reasons like these",
                 (unsigned long long)more);
}

/* `complete`: a sink that replaces a file may do so. */
static void end_outlets(struct rejects *rejects, size_t from, bool complete) {
    for (size_t i = from; i < rejects->outlet_count; i++)
        outlet_end(&rejects->outlets[i], complete);
    for (size_t i = from; i < rejects->outlet_count; i++) {
        struct outlet *outlet = &rejects->outlets[i];
        outlet_join(outlet);
        say_untold(outlet);
        if (!atomic_load(&outlet->dead))
            continue;
        lose(rejects, &outlet->error);
        if (outlet->component == &rejects->fallback)
            rejects->kept_aside = false;
    }
}

static void end(struct rejects *rejects, bool complete) {
    size_t count = rejects->outlet_count;
    end_outlets(rejects, 0, complete);
    if (!rejects->fell_back && held_any(&rejects->held)) {
        fall_back(rejects);
        end_outlets(rejects, count, true);
    }
    for (size_t i = 0; i < rejects->outlet_count; i++)
        outlet_close(&rejects->outlets[i]);
    packer_free(&rejects->packer);
    held_free(&rejects->held);
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
    int failed = held_init(&rejects->held, sinks->count, error);
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
    if (!rejects->outlet_count && !rejects->fell_back) /* at once: should it not work, the run ends soon */
        fall_back(rejects);
    if (packer_add(&rejects->packer, &record, &error))
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
    if (!rejects->error.code)
        return 0;
    if (rejects->kept_aside)
        return fail(error, rejects->error.code, "%s; the rejected records that it didn't keep are in %s",
                    rejects->error.text, rejects->path);
    return fail(error, rejects->error.code, "rejected records can't be kept: %s", rejects->error.text);
}
