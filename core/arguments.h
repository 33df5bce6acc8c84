/* arguments.h - a command line taken apart by tables of flags. Pure. */
#ifndef CORE_ARGUMENTS_H
#define CORE_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "error.h"

/* One flag. `--name VALUE`, `--name=VALUE`, `-l VALUE` and `-lVALUE` are the same. */
struct flag {
    const char *name;  /* "state-dir" */
    char letter;       /* 'C'; 0: none */
    const char *value; /* what stands for its value in a help text: "DIR"; NULL: it takes none */
    const char *help;  /* one sentence, without a full stop */
    bool many;         /* may be given more than once; otherwise the last one counts */
};

/* Flags that are valid together, the last with a name of NULL. */
struct flag_table {
    const struct flag *flags;
    const struct flag_table *next;
};

struct given {
    const struct flag *flag;
    const char *value; /* "" for a flag that takes none */
};

struct arguments {
    struct given *given;
    size_t given_count;
    const char **operands;
    size_t operand_count;
};

/* Take `argv` (argc words, without the program's name) apart. "--" ends the flags. SLUICE_E_USAGE with
 * a sentence and, where one is close, a suggestion. Everything lives as long as `arena` and `argv`. */
int arguments_parse(struct arguments *out, size_t argc, const char *const *argv,
                    const struct flag_table *tables, sluice_arena *arena, sluice_error *error);

/* The index of the first word that is neither a flag nor the value of one; argc: there is none. Unknown
 * flags are passed over: arguments_parse complains about them. */
size_t arguments_first_operand(size_t argc, const char *const *argv, const struct flag_table *tables);

bool arguments_has(const struct arguments *arguments, const char *name);
/* The last value given; NULL: none. */
const char *arguments_value(const struct arguments *arguments, const char *name);
/* The index-th value of a flag that may be given many times; NULL: there are fewer. */
const char *arguments_nth(const struct arguments *arguments, const char *name, size_t index);

#endif
