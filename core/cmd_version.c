#include <stdio.h>

#include <sluice/base.h>

#include "command.h"

static int run(struct program *program) {
    (void)program;
    printf("sluice %s (plugin contract %d.%d)\n", SLUICE_VERSION, SLUICE_ABI_MAJOR, SLUICE_ABI_MINOR);
    return 0;
}

const struct command cmd_version = {
    .name = "version",
    .usage = "",
    .summary = "print the version",
    .about = "Prints the program's version and that of the contract which plugins are built for.",
    .run = run,
};
