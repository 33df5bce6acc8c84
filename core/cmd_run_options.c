#include "cmd_run_options.h"

#include <stdio.h>
#include <string.h>

#include "flag_value.h"
#include "pipeline.h"

static int read_retry(struct program *program, bool *retry_rejected) {
    const char *text = arguments_value(&program->arguments, "retry");
    if (text && strcmp(text, "rejected") != 0)
        return fail(&program->error, SLUICE_E_USAGE,
                    "--retry: '%s' can't be ordered again; write --retry rejected", text);
    *retry_rejected = text != NULL;
    return 0;
}

static int act_on(struct program *program, const char *file, const struct runner_settings *settings,
                  int (*act)(const struct pipeline *pipeline, const struct runner_settings *settings,
                             sluice_error *error)) {
    struct diag diag = {0};
    int result;
    struct vars *vars = program_vars(program);
    struct pipeline *pipeline = pipeline_load(file, PIPELINE_RUN, vars, settings->registry, &diag);
    program_report(program, &diag);
    const char *unused = pipeline ? vars_unused(vars) : NULL;
    if (unused)
        result =
            fail(&program->error, SLUICE_E_USAGE, "--set %s: %s doesn't use ${%s}", unused, file, unused);
    else
        result = pipeline ? act(pipeline, settings, &program->error) : diag.exit_code;
    pipeline_free(pipeline);
    diag_free(&diag);
    return result;
}

int run_with_options(struct program *program,
                     int (*act)(const struct pipeline *pipeline, const struct runner_settings *settings,
                                sluice_error *error)) {
    struct stop stop;
    struct runner_settings settings = {.stop = &stop,
                                       .yes = program->yes,
                                       .quiet = program->quiet,
                                       .progress = program->progress,
                                       .json = arguments_has(&program->arguments, "json"),
                                       .repeat = arguments_has(&program->arguments, "repeat"),
                                       .now = arguments_has(&program->arguments, "now"),
                                       .store_changed = arguments_has(&program->arguments, "store-changed")};
    const char *file = program_operand(program, "FILE");
    struct vars *vars = file ? program_vars(program) : NULL;
    settings.registry = vars ? program_registry(program) : NULL;
    settings.state_dir = settings.registry ? program_state_dir(program) : NULL;
    if (!settings.state_dir)
        return program->error.code;
    int64_t limit;
    int failed = flag_number(program, "limit", &limit);
    settings.limit = (uint64_t)limit;
    if (!failed)
        failed = read_retry(program, &settings.retry_rejected);
    if (failed)
        return failed;
    stop_on_signals(&stop);
    int result = act_on(program, file, &settings, act);
    stop_close(&stop);
    return result;
}
