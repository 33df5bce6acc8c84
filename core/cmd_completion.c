#include "cmd_completion.h"

#include <stdio.h>
#include <string.h>

#include "command.h"

static int run(struct program *program) {
    const struct arguments *arguments = &program->arguments;
    const char *shell = arguments->operand_count ? arguments->operands[0] : "";
    program_only_prints();
    if (strcmp(shell, "words") == 0)
        return completion_words(program, arguments->operands + 1, arguments->operand_count - 1);
    const char *script = arguments->operand_count == 1 ? completion_script(shell) : NULL;
    if (!script)
        return fail(&program->error, SLUICE_E_USAGE,
                    "name your shell: `sluice completion bash`, zsh or fish");
    fputs(script, stdout);
    return 0;
}

const struct command cmd_completion = {
    .name = "completion",
    .usage = "bash | zsh | fish",
    .summary = "print what makes a shell complete sluice's command lines",
    .about = "Prints a script for the shell, which completes commands, options, their values, plugins and "
             "files. An "
             "installation (`make install`) has put it where each shell looks. To use it from elsewhere:\n\n"
             "bash: source <(sluice completion bash)\n"
             "zsh: source <(sluice completion zsh), after compinit\n"
             "fish: sluice completion fish | source\n\nThe script asks the program itself, so it knows the "
             "plugins "
             "that are installed, and needs no change when there are more.",
    .run = run,
};
