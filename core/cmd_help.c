#include <stdio.h>
#include <string.h>

#include "command.h"
#include "layout.h"
#include "text.h"
#include "utf8.h"

/* "-C, --directory DIR", "    --color WHEN" */
static void flag_form(const struct flag *flag, char *out, size_t room) {
    char letter[8] = "    ";
    if (flag->letter)
        snprintf(letter, sizeof letter, "-%c, ", flag->letter);
    snprintf(out, room, "%s--%s%s%s%s", letter, flag->name, flag->value ? " " : "",
             flag->value ? flag->value : "", flag->many ? " …" : "");
}

enum { FLAG_WIDEST = 28 }; /* a wider one stands on a line of its own */

static void print_flags(const char *title, const struct flag *flags) {
    char form[120];
    int width = 0;
    for (const struct flag *flag = flags; flag->name; flag++) {
        flag_form(flag, form, sizeof form);
        int length = (int)utf8_length(text_of(form));
        width = length > width && length <= FLAG_WIDEST ? length : width;
    }
    printf("\n%s:\n", title);
    for (const struct flag *flag = flags; flag->name; flag++) {
        flag_form(flag, form, sizeof form);
        layout_row(stdout, form, width, flag->help);
    }
}

static int print_overview(void) {
    int width = 0;
    for (size_t i = 0; commands[i]; i++)
        width = (int)strlen(commands[i]->name) > width ? (int)strlen(commands[i]->name) : width;
    puts("sluice runs pipelines of records and places paid orders: each once, none lost.\n\n"
         "Usage: sluice [OPTION]… COMMAND [ARGUMENT]…\n\nCommands:");
    for (size_t i = 0; commands[i]; i++)
        layout_row(stdout, commands[i]->name, width, commands[i]->summary);
    print_flags("Options of every command", program_flags);
    putchar('\n');
    layout_wrap(
        stdout,
        "Each of these can be set in the environment: --state-dir is SLUICE_STATE_DIR. Options may stand "
        "before or after the command.\n\n`sluice help COMMAND` shows how a command is used.",
        0, 0);
    return 0;
}

static int print_command(const struct command *command) {
    printf("Usage: sluice %s%s%s\n\n", command->name, *command->usage ? " " : "", command->usage);
    layout_wrap(stdout, command->about, 0, 0);
    if (command->flags)
        print_flags("Options", command->flags);
    puts("\nThe options of every command are listed by `sluice help`.");
    return 0;
}

static int run(struct program *program) {
    const struct arguments *arguments = &program->arguments;
    program_only_prints();
    if (arguments->operand_count == 0)
        return print_overview();
    if (arguments->operand_count > 1)
        return fail(&program->error, SLUICE_E_USAGE, "help takes one command, as in `sluice help %s`",
                    arguments->operands[0]);
    const struct command *command = command_find(arguments->operands[0]);
    return command ? print_command(command) : command_unknown(program, arguments->operands[0]);
}

const struct command cmd_help = {
    .name = "help",
    .usage = "[COMMAND]",
    .summary = "show the commands, or how one of them is used",
    .about = "Without a command: lists the commands and the options of every command. With one: shows what "
             "it does, its "
             "arguments and its options.",
    .run = run,
};
