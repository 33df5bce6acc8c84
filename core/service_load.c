#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "diag.h"
#include "log.h"
#include "service_parts.h"

/* In one piece: runs under way write lines of their own. */
static void print_diag(const struct diag *diag, const struct service_settings *settings) {
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return;
    diag_print(diag, out, &(struct diag_look){.color = settings->color, .errors_only = settings->quiet});
    if (fclose(out) == 0)
        log_write(text, length);
    free(text);
}

/* Nobody sits at a service to be asked. */
static int check_spending(const struct pipeline *pipeline, bool yes) {
    if (pipeline->spender < 0 || yes || !pipeline->spend.confirm)
        return 0;
    log_line(SLUICE_LOG_ERROR, pipeline->file,
             "this pipeline spends, and a service can't ask first: start it with --yes, or write `confirm: "
             "false` under `spend:`");
    return -SLUICE_E_USAGE;
}

static const char *name_of(const struct job *job) {
    return job->next ? job->next->name : job->pipeline ? job->pipeline->name : NULL;
}

/* The ledger and the pages know a pipeline by its name. */
static int check_name(const struct service *service, const struct job *job, const struct pipeline *pipeline) {
    for (size_t i = 0; i < service->job_count; i++) {
        const struct job *other = &service->jobs[i];
        if (other == job || !name_of(other) || strcmp(name_of(other), pipeline->name) != 0)
            continue;
        log_line(SLUICE_LOG_ERROR, pipeline->file,
                 "%s has the name '%s', too; give each pipeline of a service its own with `name:`",
                 other->file, pipeline->name);
        return -SLUICE_E_CONFIG;
    }
    return 0;
}

/* 0 and the pipeline is in job->next; or the exit code, and it was said what is wrong. */
static int load(struct service *service, struct job *job, const struct vars *vars) {
    const struct service_settings *settings = service->settings;
    struct diag diag = {0};
    struct pipeline *pipeline = pipeline_load(job->file, PIPELINE_RUN, vars, settings->registry, &diag);
    int code = pipeline ? 0 : diag.exit_code;
    print_diag(&diag, settings);
    diag_free(&diag);
    if (!code)
        code = check_name(service, job, pipeline);
    if (!code)
        code = check_spending(pipeline, settings->yes);
    if (code) {
        pipeline_free(pipeline);
        return code;
    }
    pipeline_free(job->next);
    job->next = pipeline;
    return 0;
}

static int take_first(struct job *job, sluice_error *error) {
    struct pipeline *pipeline = job->next;
    job->next = NULL;
    int failed = job_take(job, pipeline, error);
    if (failed)
        pipeline_free(pipeline);
    return failed;
}

int service_load(struct service *service, sluice_error *error) {
    struct vars vars = {0};
    int code = 0, result = service->settings->read_vars(service->settings->user, &vars, error);
    for (size_t i = 0; !result && i < service->job_count; i++) {
        int wrong = load(service, &service->jobs[i], &vars);
        code = code ? code : wrong;
    }
    const char *unused = result || code ? NULL : vars_unused(&vars);
    if (unused)
        result = fail(error, SLUICE_E_USAGE, "--set %s: no pipeline uses ${%s}", unused, unused);
    for (size_t i = 0; !result && !code && i < service->job_count; i++)
        result = take_first(&service->jobs[i], error);
    vars_free(&vars);
    return result ? result : code;
}

/* A pipe gives what it has once; to open it again would wait for a writer, and with it everything else. */
static bool is_pipe(const struct job *job) {
    struct stat about;
    if (stat(job->file, &about) != 0 || !S_ISFIFO(about.st_mode))
        return false;
    log_line(SLUICE_LOG_ERROR, job->file, "it is a pipe, which can't be read again");
    return true;
}

void service_reload(struct service *service) {
    struct vars vars = {0};
    sluice_error error = ERROR_INIT;
    size_t good = 0;
    if (service->settings->read_vars(service->settings->user, &vars, &error)) {
        log_line(SLUICE_LOG_ERROR, NULL, "reload: %s; everything goes on as it was", error.text);
        vars_free(&vars);
        return;
    }
    for (size_t i = 0; i < service->job_count; i++) {
        struct job *job = &service->jobs[i];
        if (!is_pipe(job) && load(service, job, &vars) == 0)
            good++;
        else
            log_line(SLUICE_LOG_ERROR, job->pipeline->name,
                     "reload: %s can't be used; the pipeline goes on as it was", job->file);
    }
    log_line(good == service->job_count ? SLUICE_LOG_INFO : SLUICE_LOG_WARN, NULL,
             "reloaded: %zu of %zu pipelines were read anew", good, service->job_count);
    vars_free(&vars);
}
