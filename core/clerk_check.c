/* One order asked about now, by a run of the pipeline that asks about all of them from time to time. */
#include <stdio.h>
#include <string.h>

#include "clerk_parts.h"
#include "pipeline.h"
#include "runner.h"
#include "service_look.h"
#include "text.h"

/* The pipeline's own filters would leave out an order that is finished. */
static bool take_one(struct pipeline *pipeline, const sluice_text *order_id) {
    static const char *const filters[] = {"status", "imei",    "since", "until",
                                          "limit",  "service", "text",  "after"};
    struct component *source = &pipeline->source;
    sluice_texts one = {order_id, 1};
    bool found = false;
    for (uint32_t i = 0; i < source->type->option_count; i++) {
        const sluice_option *row = &source->type->options[i];
        char *member = (char *)source->config + row->offset;
        for (size_t f = 0; f < sizeof filters / sizeof *filters; f++)
            if (strcmp(row->name, filters[f]) == 0)
                memset(member, 0, row->member_size);
        if (strcmp(row->name, "order_id") != 0 || row->type != SLUICE_TYPE_TEXTS)
            continue;
        memcpy(member, &one, sizeof one);
        found = true;
    }
    return found;
}

/* Read anew, so that it is this thread's own. */
static struct pipeline *load(struct clerk *clerk, struct program *program, const char *file) {
    struct diag diag = {0};
    program->vars_read = false;
    struct pipeline *pipeline =
        program_vars(program)
            ? pipeline_load(file, PIPELINE_RUN, program_vars(program), program->registry, &diag)
            : NULL;
    (void)clerk;
    diag_free(&diag);
    return pipeline;
}

static void announce(struct errands *errands, struct stop *stop) {
    pthread_mutex_lock(&errands->lock);
    errands->stop = stop;
    if (stop && errands->stopping)
        stop_wish(stop);
    pthread_mutex_unlock(&errands->lock);
}

static int run(struct clerk *clerk, const struct pipeline *pipeline, sluice_error *error) {
    struct stop stop;
    struct runner_settings settings = {.state_dir = clerk->post.state_dir,
                                       .registry = clerk->program->registry,
                                       .now = true,
                                       .yes = true,
                                       .quiet = true,
                                       .service = true,
                                       .stop = &stop};
    int failed = stop_on_wish(&stop, error);
    if (failed)
        return failed;
    announce(&clerk->errands, &stop);
    int result = runner_run(pipeline, &settings, error);
    announce(&clerk->errands, NULL);
    stop_close(&stop);
    return result;
}

/* ---- what it says now ------------------------------------------------------------------------ */

struct stored {
    bool found;
    char status[100];
};

static int see(void *user, const sluice_row *row) {
    struct stored *stored = user;
    sluice_text status = batch_value(row->batch, row->row, "status");
    stored->found = true;
    snprintf(stored->status, sizeof stored->status, "%.*s", TEXT_ARG(text_cut(status, 90)));
    return 0;
}

static bool look_up(struct clerk *clerk, struct errand *errand, struct stored *out) {
    sluice_text id = text_of(errand->order_id);
    sluice_error error = ERROR_INIT;
    *out = (struct stored){0};
    if (clerk_store_orders(clerk, &id, 1, see, out, &error))
        errand_end(errand, SLUICE_ACTED_REFUSED, "%s", error.text);
    else if (!out->found)
        errand_end(errand, SLUICE_ACTED_REFUSED, "the store has no order %s", errand->order_id);
    else
        return true;
    return false;
}

static void check(struct clerk *clerk, struct errand *errand, struct pipeline *pipeline) {
    sluice_text id = text_of(errand->order_id);
    sluice_error error = ERROR_INIT;
    struct stored before, after;
    if (!look_up(clerk, errand, &before))
        return;
    if (!take_one(pipeline, &id)) {
        errand_end(errand, SLUICE_ACTED_REFUSED, "%s: its source can't be asked for one order",
                   pipeline->name);
        return;
    }
    int result = run(clerk, pipeline, &error);
    if (result < 0)
        errand_end(errand, SLUICE_ACTED_REFUSED, "%s", error.text);
    else if (result)
        errand_end(errand, SLUICE_ACTED_REFUSED,
                   "order %s couldn't be asked about (exit code %d of '%s'); the log says why",
                   errand->order_id, result, pipeline->name);
    else if (look_up(clerk, errand, &after))
        errand_end(errand, SLUICE_ACTED_DONE, "order %s: %s%s", errand->order_id, after.status,
                   strcmp(before.status, after.status) == 0 ? ", as before" : "");
}

void errand_check(struct clerk *clerk, struct errand *errand) {
    const struct clerk_post *post = &clerk->post;
    struct service_look look;
    struct program program;
    post->look(post->job, &look);
    if (!*look.sync.name) {
        errand_end(errand, SLUICE_ACTED_REFUSED,
                   "no pipeline of this service asks the provider about the orders of a store; start it with "
                   "one that does, as pipelines/sync-pending.yaml");
        return;
    }
    clerk_begin(clerk, &program);
    struct pipeline *pipeline = load(clerk, &program, look.sync.file);
    if (pipeline && pipeline->spender < 0)
        check(clerk, errand, pipeline);
    else
        errand_end(errand, SLUICE_ACTED_REFUSED, "%s can't be used as it stands now", look.sync.file);
    pipeline_free(pipeline);
    clerk_end(&program);
}
