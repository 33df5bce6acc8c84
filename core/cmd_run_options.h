/* cmd_run_options.h - the flags that `run` and `plan` share, and the pipeline they are about. */
#ifndef CORE_CMD_RUN_OPTIONS_H
#define CORE_CMD_RUN_OPTIONS_H

#include "program.h"
#include "runner.h"

/* The rows of the flags. */
#define RUN_OPTION_FLAGS \
    {"set", 0, "NAME=VALUE", "give ${NAME} in the file a value", true}, \
        {"limit", 0, "N", "read at most N records", false}, \
        {"store-changed", 0, NULL, "the pipeline keeps its orders in another store than before", false}, \
        {"repeat", 0, NULL, "order again what was ordered before", false}, { \
        "retry", 0, "rejected", "order again what the provider had refused", false \
    }

/* Load the only operand and let `act` do its part with it. The exit code, or a failure. */
int run_with_options(struct program *program,
                     int (*act)(const struct pipeline *pipeline, const struct runner_settings *settings,
                                sluice_error *error));

#endif
