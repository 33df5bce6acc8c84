/* command.h - the commands: one constant row each, in core/cmd_NAME.c.
 *
 * Parsing, help and did-you-mean come from these rows; nothing of them is written twice. */
#ifndef CORE_COMMAND_H
#define CORE_COMMAND_H

#include <stddef.h>

#include "arguments.h"
#include "program.h"

struct command {
    const char *name;
    const char *usage;        /* operands and the flags worth showing: "FILE [--set NAME=VALUE]…" */
    const char *summary;      /* one line, no full stop */
    const char *about;        /* paragraphs for `help NAME`, an empty line between them */
    const struct flag *flags; /* its own; the last has no name; NULL: none */
    /* The exit code; or a negative failure whose message stands in program->error. */
    int (*run)(struct program *program);
};

extern const struct command cmd_balance;
extern const struct command cmd_completion;
extern const struct command cmd_doctor;
extern const struct command cmd_help;
extern const struct command cmd_ledger;
extern const struct command cmd_lint;
extern const struct command cmd_new;
extern const struct command cmd_orders;
extern const struct command cmd_plan;
extern const struct command cmd_plugins;
extern const struct command cmd_run;
extern const struct command cmd_sandbox;
extern const struct command cmd_schema;
extern const struct command cmd_serve;
extern const struct command cmd_services;
extern const struct command cmd_store;
extern const struct command cmd_test;
extern const struct command cmd_version;

/* All rows, in the order of the help; the last is NULL. */
extern const struct command *const commands[];

const struct command *command_find(const char *name);
/* The failure that says there is no such command, and which one may be meant. */
int command_unknown(struct program *program, const char *name);
/* Find the command among the words, parse its flags, run it. Returns the exit code. */
int command_main(size_t argc, const char *const *argv);

#endif
