#include "cmd_run_options.h"
#include "command.h"
#include "dry_run.h"

static const struct flag flags[] = {
    RUN_OPTION_FLAGS,
    {"json", 0, NULL, "one JSON object on standard output", false},
    {0},
};

static int run(struct program *program) {
    dry_run_begin();
    return run_with_options(program, runner_plan);
}

const struct command cmd_plan = {
    .name = "plan",
    .usage = "FILE [--set NAME=VALUE]… [--limit N] [--repeat] [--retry rejected] [--json]",
    .summary = "say what a run would order and cost; spends nothing",
    .about = "Reads the source of the pipeline to its end, asks the provider for prices and balance, looks "
             "every order up in the ledger, and says for each service how many would be placed, were ordered "
             "before, are in doubt or can't be ordered; what the run would cost, what that leaves on the "
             "account, and which limit under `spend:` would stop it, at which row.\n\n"
             "Nothing that costs money can leave the program meanwhile: the part that sends refuses it. "
             "Nothing is written either, neither to the ledger nor to a sink.",
    .flags = flags,
    .run = run,
};
