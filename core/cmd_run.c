#include "cmd_run_options.h"
#include "command.h"

static const struct flag flags[] = {
    RUN_OPTION_FLAGS,
    {"store-changed", 0, NULL, "the pipeline keeps its orders in another store than before", false},
    {"now", 0, NULL, "ask about every unfinished order, also those that were asked about lately", false},
    {"json", 0, NULL, "outcomes and the summary as JSON lines on standard output", false},
    {0},
};

static int run(struct program *program) {
    return run_with_options(program, runner_run);
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
