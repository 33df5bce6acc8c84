#include <string.h>

#include "cmd_run_options.h"
#include "command.h"
#include "text.h"

static const struct flag flags[] = {
    RUN_OPTION_FLAGS,
    {"now", 0, NULL, "ask about every unfinished order, also those that were asked about lately", false},
    {"json", 0, NULL, "outcomes and the summary as JSON lines on standard output", false},
    {0},
};

/* What is written to `path: -` goes to standard output, where the JSON lines are. */
static const struct component *writes_stdout(const struct components *sinks) {
    for (size_t i = 0; i < sinks->count; i++) {
        const struct component *sink = &sinks->items[i];
        for (uint32_t o = 0; o < sink->type->option_count; o++) {
            const sluice_option *row = &sink->type->options[o];
            const sluice_text *path = (const void *)((const char *)sink->config + row->offset);
            if (row->type == SLUICE_TYPE_TEXT && strcmp(row->name, "path") == 0 && text_is(*path, "-"))
                return sink;
        }
    }
    return NULL;
}

static int run_pipeline(const struct pipeline *pipeline, const struct runner_settings *settings,
                        sluice_error *error) {
    const struct component *sink = writes_stdout(&pipeline->sinks);
    sink = sink ? sink : writes_stdout(&pipeline->rejects);
    if (!settings->json || !sink)
        return runner_run(pipeline, settings, error);
    return fail(
        error, SLUICE_E_USAGE,
        "--json writes to standard output, and so does %s (%s:%u); give the sink a file, or leave --json "
        "out",
        sink->place, pipeline->file, sink->at.line);
}

static int run(struct program *program) {
    return run_with_options(program, run_pipeline);
}

const struct command cmd_run = {
    .name = "run",
    .usage = "FILE [--set NAME=VALUE]… [--yes] [--limit N] [--repeat] [--retry rejected] [--now] [--json]",
    .summary = "run a pipeline once, to the end",
    .about = "Reads the source of the pipeline to its end, takes every record through the actions and into "
             "the sinks, "
             "and prints what became of them.\n\n"
             "A pipeline that spends is counted first: the command says how many orders it would place and "
             "what they "
             "cost, and asks. Without a terminal it needs --yes, or `confirm: false` under `spend:`. Orders "
             "that the "
             "ledger knows aren't placed again, unless --repeat, --retry rejected or `repeat_after:` under "
             "`spend:` says so; one that is in doubt never is.\n\n"
             "An action that asks about orders leaves those alone that it has asked about lately, the longer "
             "the older they are, up to six hours; --now asks about all.\n\n"
             "Exit codes: 0 all done, 10 some records were rejected, 11 some orders are in doubt, 12 stopped "
             "by a spend "
             "guard, 65 and 66 the input can't be used, 69 the provider or a store can't be reached, 74 "
             "reading or "
             "writing failed, 75 stopped with work left (by a signal, or because the question was answered "
             "with no), 77 credentials refused, 78 the pipeline is wrong.",
    .flags = flags,
    .run = run,
};
