#include "command.h"

#include <stdio.h>
#include <string.h>

#include "log.h"
#include "suggest.h"
#include "text.h"

/* One a line. */
/* clang-format off */
const struct command *const commands[] = {
    &cmd_run,
    &cmd_plan,
    &cmd_serve,
    &cmd_orders,
    &cmd_ledger,
    &cmd_store,
    &cmd_services,
    &cmd_balance,
    &cmd_new,
    &cmd_lint,
    &cmd_test,
    &cmd_plugins,
    &cmd_schema,
    &cmd_doctor,
    &cmd_sandbox,
    &cmd_completion,
    &cmd_version,
    &cmd_help,
    NULL,
};
/* clang-format on */

enum { COMMANDS = sizeof commands / sizeof *commands - 1 };

const struct command *command_find(const char *name) {
    for (size_t i = 0; commands[i]; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

int command_unknown(struct program *program, const char *name) {
    struct suggestion close;
    suggest_begin(&close, text_of(name));
    for (size_t i = 0; commands[i]; i++)
        suggest_consider(&close, commands[i]->name);
    if (close.best)
        return fail(&program->error, SLUICE_E_USAGE, "there is no command '%s'; did you mean '%s'?", name,
                    close.best);
    return fail(&program->error, SLUICE_E_USAGE, "there is no command '%s'; `sluice help` lists them", name);
}

/* Flags that stand before the command may be its own: until it is known, those of every command count. */
static int find_command(struct program *program, size_t argc, const char *const *argv, size_t *at) {
    struct flag_table all[COMMANDS + 1] = {{program_flags, NULL}};
    for (size_t i = 0; i < COMMANDS; i++) {
        all[i + 1].flags = commands[i]->flags;
        all[i].next = &all[i + 1];
    }
    *at = arguments_first_operand(argc, argv, all);
    program->command = *at < argc ? command_find(argv[*at]) : NULL;
    if (program->command || *at == argc)
        return 0;
    /* What looks like the command may be the value of a mistyped flag. */
    int failed = arguments_parse(&program->arguments, *at, argv, all, &program->arena, &program->error);
    return failed ? failed : command_unknown(program, argv[*at]);
}

/* `sluice --help`, `sluice run -h` and `sluice --version` are commands, too. */
static int resolve(struct program *program) {
    bool help = arguments_has(&program->arguments, "help");
    if (help && program->command)
        program->arguments.operands = (const char **)&program->command->name;
    if (help) {
        program->arguments.operand_count = program->command ? 1 : 0;
        program->command = &cmd_help;
    } else if (arguments_has(&program->arguments, "version")) {
        program->command = &cmd_version;
    }
    if (!program->command)
        return fail(&program->error, SLUICE_E_USAGE, "no command given; `sluice help` lists them");
    return 0;
}

static int parse(struct program *program, size_t argc, const char *const *argv) {
    size_t at, count = 0;
    int failed = find_command(program, argc, argv, &at);
    if (failed)
        return failed;
    const char **words = arena_array(&program->arena, argc + 1, sizeof *words);
    if (!words)
        return fail_memory(&program->error);
    for (size_t i = 0; i < argc; i++)
        if (i != at)
            words[count++] = argv[i];
    struct flag_table own = {program->command ? program->command->flags : NULL, NULL};
    struct flag_table tables = {program_flags, &own};
    failed = arguments_parse(&program->arguments, count, words, &tables, &program->arena, &program->error);
    return failed ? failed : resolve(program);
}

static int run(struct program *program, size_t argc, const char *const *argv) {
    int result = parse(program, argc, argv);
    if (result == 0)
        result = program_begin(program);
    if (result == 0)
        result = program->command->run(program);
    if (fflush(stdout) != 0 && result >= 0)
        result = fail(&program->error, SLUICE_E_IO, "can't write to standard output: %m");
    return result;
}

int command_main(size_t argc, const char *const *argv) {
    struct program program = {.error = ERROR_INIT, .progress = true};
    int result = run(&program, argc, argv);
    if (result < 0) {
        log_line(SLUICE_LOG_ERROR, NULL, "%s", program.error.text);
        result = -result;
    }
    program_end(&program);
    return result;
}
