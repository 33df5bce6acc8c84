/* cmd_completion.h - the pieces of `sluice completion`. Nobody else includes it but their tests. */
#ifndef CORE_CMD_COMPLETION_H
#define CORE_CMD_COMPLETION_H

#include <stdbool.h>

#include "program.h"

/* The script that makes a shell ask `sluice completion words`; NULL: no such shell. */
const char *completion_script(const char *shell);

/* What a placeholder of a usage text or a flag stands for. */
enum completion_kind {
    COMPLETION_UNKNOWN, /* a test sees to it that there is none */
    COMPLETION_NOTHING, /* a number, a date: only the user knows */
    COMPLETION_FILE,
    COMPLETION_DIRECTORY,
    COMPLETION_COMMAND,
    COMPLETION_PLUGIN,
    COMPLETION_PROVIDER
};
enum completion_kind completion_kind(sluice_text placeholder);

/* Print what the last of the words may become, a line each, "WORD<tab>what it is"; the words before it are
 * the command line without the program's name. ":files" or ":directories": the shell knows. */
int completion_words(struct program *program, const char *const *words, size_t count);

#endif
