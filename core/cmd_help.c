#include <stdio.h>
#include <string.h>

#include "command.h"
#include "text.h"
#include "utf8.h"

enum { WIDTH = 79, GAP = 2 };

/* Print `text`, broken between words so that no line is wider than WIDTH; lines after the first begin at
 * `indent`. `column` is where the first one begins. A newline in the text is kept. */
static void print_wrapped(const char *text, int indent, int column) {
    bool fresh = true; /* nothing stands on this line yet */
    while (*text) {
        size_t bytes = strcspn(text, " \n");
        int width = (int)utf8_length((sluice_text){text, bytes});
        if (!fresh && column + 1 + width > WIDTH) {
            printf("\n%*s", indent, "");
            column = indent;
            fresh = true;
        }
        printf("%s%.*s", fresh ? "" : " ", (int)bytes, text);
        column += width + !fresh;
        fresh = false;
        text += bytes;
        if (*text == '\n') {
            printf("\n%*s", text[1] == '\n' ? 0 : indent, "");
            column = indent;
            fresh = true;
        }
        text += *text != 0;
    }
    putchar('\n');
}

static void print_row(const char *left, int left_width, const char *right) {
    int used = (int)utf8_length(text_of(left));
    printf("  %s%*s", left, left_width - used + GAP, "");
    print_wrapped(right, 2 + left_width + GAP, 2 + left_width + GAP);
}

/* "-C, --directory DIR", "    --color WHEN" */
static void flag_form(const struct flag *flag, char *out, size_t room) {
    char letter[8] = "    ";
    if (flag->letter)
        snprintf(letter, sizeof letter, "-%c, ", flag->letter);
    snprintf(out, room, "%s--%s%s%s%s", letter, flag->name, flag->value ? " " : "",
             flag->value ? flag->value : "", flag->many ? " …" : "");
}

static void print_flags(const char *title, const struct flag *flags) {
    char form[120];
    int width = 0;
    for (const struct flag *flag = flags; flag->name; flag++) {
        flag_form(flag, form, sizeof form);
        int length = (int)utf8_length(text_of(form));
        width = length > width ? length : width;
    }
    printf("\n%s:\n", title);
    for (const struct flag *flag = flags; flag->name; flag++) {
        flag_form(flag, form, sizeof form);
        print_row(form, width, flag->help);
    }
}

static int print_overview(void) {
    int width = 0;
    for (size_t i = 0; commands[i]; i++)
        width = (int)strlen(commands[i]->name) > width ? (int)strlen(commands[i]->name) : width;
    puts("sluice runs pipelines of records and places paid orders: each once, none lost.\n\n"
         "Usage: sluice [OPTION]… COMMAND [ARGUMENT]…\n\nCommands:");
    for (size_t i = 0; commands[i]; i++)
        print_row(commands[i]->name, width, commands[i]->summary);
    print_flags("Options of every command", program_flags);
    putchar('\n');
    print_wrapped(
        "Each of these can be set in the environment: --state-dir is SLUICE_STATE_DIR. Options may stand "
        "before or after the command.\n\n`sluice help COMMAND` shows how a command is used.",
        0, 0);
    return 0;
}

static int print_command(const struct command *command) {
    printf("Usage: sluice %s%s%s\n\n", command->name, *command->usage ? " " : "", command->usage);
    print_wrapped(command->about, 0, 0);
    if (command->flags)
        print_flags("Options", command->flags);
    puts("\nThe options of every command are listed by `sluice help`.");
    return 0;
}

static int run(struct program *program) {
    const struct arguments *arguments = &program->arguments;
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
