/* program.h - what every command is given: the global options, the variables, the plugins. */
#ifndef CORE_PROGRAM_H
#define CORE_PROGRAM_H

#include <stdbool.h>
#include <stdio.h>

#include "arena.h"
#include "arguments.h"
#include "diag.h"
#include "error.h"
#include "registry.h"
#include "vars.h"

struct command;

struct program {
    const struct command *command;
    struct arguments arguments; /* flags of the command and the global ones; operands behind its name */
    bool quiet;                 /* -q: errors only */
    bool progress;              /* a progress line or lines may be shown */
    bool yes;                   /* --yes: don't ask */
    bool color;                 /* of stderr */
    sluice_error error;         /* where a command that returns a failure has put its message */

    /* Behind the functions below. */
    sluice_arena arena;
    struct vars vars;
    bool vars_read;
    struct registry *registry;
};

/* The rows of the global options. */
extern const struct flag program_flags[];

/* Apply the global options and their SLUICE_* twins: change the directory, set up the log. */
int program_begin(struct program *program);
void program_end(struct program *program);

/* Variables: --set, the environment, .env or --env-file (read at the first call). NULL: failure. */
struct vars *program_vars(struct program *program);
/* The same, read anew: into `out`, which the caller frees. */
int program_read_vars(struct program *program, struct vars *out);
/* Plugins (the path is set up at the first call). NULL: no memory. */
struct registry *program_registry(struct program *program);
/* --state-dir, else $XDG_STATE_HOME/sluice, else ~/.local/state/sluice; not created here. NULL: failure. */
const char *program_state_dir(struct program *program);

/* This command only prints: when whoever reads has seen enough, it ends without a word. */
void program_only_prints(void);

/* Say on stderr what is wrong with a file; under -q only the errors. */
void program_report(const struct program *program, const struct diag *diag);

/* The only operand, "FILE", or a usage error that says what is missing or too much; NULL then. */
const char *program_operand(struct program *program, const char *what);

#endif
