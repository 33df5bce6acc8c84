#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "pipeline.h"
#include "runner.h"
#include "text.h"
#include "value.h"

static const struct flag flags[] = {
    {"set", 0, "NAME=VALUE", "give ${NAME} in the file a value", true},
    {"limit", 0, "N", "read at most N records", false},
    {"json", 0, NULL, "outcomes and the summary as JSON lines on standard output", false},
    {0},
};

static int read_limit(struct program *program, uint64_t *limit) {
    const char *text = arguments_value(&program->arguments, "limit");
    int64_t value = 0;
    if (text && (!value_int(text_of(text), &value, NULL) || value < 1))
        return fail(&program->error, SLUICE_E_USAGE, "--limit: '%s' is no number of records; write 100",
                    text);
    *limit = (uint64_t)value;
    return 0;
}

static int run(struct program *program) {
    struct runner_settings settings = {.yes = program->yes,
                                       .quiet = program->quiet,
                                       .progress = program->progress,
                                       .json = arguments_has(&program->arguments, "json")};
    struct diag diag = {0};
    const char *file = program_operand(program, "FILE");
    struct vars *vars = file ? program_vars(program) : NULL;
    settings.registry = vars ? program_registry(program) : NULL;
    settings.state_dir = settings.registry ? program_state_dir(program) : NULL;
    if (!settings.state_dir)
        return program->error.code;
    int result = read_limit(program, &settings.limit);
    if (result)
        return result;
    struct pipeline *pipeline = pipeline_load(file, PIPELINE_RUN, vars, settings.registry, &diag);
    program_report(program, &diag);
    const char *unused = pipeline ? vars_unused(vars) : NULL;
    if (unused)
        result =
            fail(&program->error, SLUICE_E_USAGE, "--set %s: %s doesn't use ${%s}", unused, file, unused);
    else
        result = pipeline ? runner_run(pipeline, &settings, &program->error) : diag.exit_code;
    pipeline_free(pipeline);
    diag_free(&diag);
    return result;
}

const struct command cmd_run = {
    .name = "run",
    .usage = "FILE [--set NAME=VALUE]… [--yes] [--limit N] [--json]",
    .summary = "run a pipeline once, to the end",
    .about = "Reads the source of the pipeline to its end, takes every record through the actions and into "
             "the sinks, "
             "and prints what became of them.\n\n"
             "A pipeline that spends is counted first: the command says how many orders it would place and "
             "what they "
             "cost, and asks. Without a terminal it needs --yes, or `confirm: false` under `spend:`. Orders "
             "that the "
             "ledger knows are never placed again.\n\n"
             "Exit codes: 0 all done, 10 some records were rejected, 11 some orders are in doubt, 12 stopped "
             "by a spend "
             "guard, 65 and 66 the input can't be used, 69 the provider or a store can't be reached, 74 "
             "reading or "
             "writing failed, 75 stopped by a signal, 77 credentials refused, 78 the pipeline is wrong.",
    .flags = flags,
    .run = run,
};
