#include "service_look.h"

#include <stdio.h>
#include <string.h>

#include "service_parts.h"
#include "text.h"

static bool has_option(const sluice_component *type, const char *name) {
    for (uint32_t i = 0; i < type->option_count; i++)
        if (strcmp(type->options[i].name, name) == 0)
            return true;
    return false;
}

/* Does it ask that plugin's service about orders that a store gives it, and buy nothing? */
static bool is_sync(const struct pipeline *pipeline, const struct plugin *plugin) {
    if (pipeline->spender >= 0 || !has_option(pipeline->source.type, "order_id") ||
        !has_option(pipeline->source.type, "status"))
        return false;
    for (size_t i = 0; i < pipeline->actions.count; i++)
        if (pipeline->actions.items[i].plugin == plugin && pipeline->actions.items[i].type->exchanger)
            return true;
    return false;
}

static void copy(struct pipeline_look *out, const struct job *job) {
    *out = (struct pipeline_look){.running = job->running,
                                  .ran = job->ran,
                                  .last_exit = job->last_exit,
                                  .last_ended_ms = job->last_ended_ms,
                                  .next_ms = job->next_ms};
    snprintf(out->name, sizeof out->name, "%s", job->pipeline->name);
    snprintf(out->file, sizeof out->file, "%s", job->file);
    snprintf(out->trouble, sizeof out->trouble, "%s", job->trouble);
}

void service_look(struct job *job, struct service_look *out) {
    struct service *service = job->service;
    *out = (struct service_look){0};
    pthread_mutex_lock(&service->lock);
    const struct pipeline *own = job->pipeline;
    const struct plugin *plugin = own && own->spender >= 0 ? own->actions.items[own->spender].plugin : NULL;
    if (own)
        copy(&out->own, job);
    for (size_t i = 0; plugin && i < service->job_count && !*out->sync.name; i++)
        if (service->jobs[i].pipeline && is_sync(service->jobs[i].pipeline, plugin))
            copy(&out->sync, &service->jobs[i]);
    pthread_mutex_unlock(&service->lock);
    sluice_error ignored = ERROR_INIT; /* a query of jobs says it */
    if (service->inbox && *out->own.name)
        (void)inbox_count_open(service->inbox, text_of(out->own.name), &out->waiting, &ignored);
}
