#include "arguments.h"

#include <string.h>

#include "suggest.h"
#include "text.h"

/* A word of the command line, seen as a flag. */
struct word {
    sluice_text name; /* without dashes and value */
    bool is_long;
    const char *value; /* what is attached to it; NULL: nothing */
};

static bool is_flag(const char *word) {
    return word[0] == '-' && word[1] != 0;
}

static struct word split(const char *word) {
    if (word[1] != '-')
        return (struct word){{word + 1, 1}, false, word[2] ? word + 2 : NULL};
    const char *name = word + 2;
    const char *equals = strchr(name, '=');
    return (struct word){
        {name, equals ? (uint64_t)(equals - name) : strlen(name)}, true, equals ? equals + 1 : NULL};
}

static const struct flag *find(const struct word *word, const struct flag_table *tables) {
    for (; tables; tables = tables->next)
        for (const struct flag *flag = tables->flags; flag && flag->name; flag++)
            if (word->is_long ? text_is(word->name, flag->name) : flag->letter == word->name.ptr[0])
                return flag;
    return NULL;
}

static int unknown(const struct word *word, const struct flag_table *tables, sluice_error *error) {
    struct suggestion close;
    suggest_begin(&close, word->name);
    for (; tables && word->is_long; tables = tables->next)
        for (const struct flag *flag = tables->flags; flag && flag->name; flag++)
            suggest_consider(&close, flag->name);
    const char *dashes = word->is_long ? "--" : "-";
    if (close.best)
        return fail(error, SLUICE_E_USAGE, "there is no option '%s%.*s'; did you mean '--%s'?", dashes,
                    TEXT_ARG(word->name), close.best);
    return fail(error, SLUICE_E_USAGE, "there is no option '%s%.*s'", dashes, TEXT_ARG(word->name));
}

size_t arguments_first_operand(size_t argc, const char *const *argv, const struct flag_table *tables) {
    for (size_t i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0)
            return i + 1 < argc ? i + 1 : argc;
        if (!is_flag(argv[i]))
            return i;
        struct word word = split(argv[i]);
        const struct flag *flag = find(&word, tables);
        if (flag && flag->value && !word.value)
            i++;
    }
    return argc;
}

/* Take the flag at argv[*index], and the word behind it when that is its value. */
static int take_flag(struct arguments *out, size_t argc, const char *const *argv, size_t *index,
                     const struct flag_table *tables, sluice_error *error) {
    struct word word = split(argv[*index]);
    const struct flag *flag = find(&word, tables);
    if (!flag)
        return unknown(&word, tables, error);
    if (!flag->value && word.value)
        return fail(error, SLUICE_E_USAGE, "option '--%s' takes no value", flag->name);
    if (flag->value && !word.value) {
        if (*index + 1 >= argc)
            return fail(error, SLUICE_E_USAGE, "option '--%s' needs a value: --%s %s", flag->name, flag->name,
                        flag->value);
        word.value = argv[++*index];
    }
    out->given[out->given_count++] = (struct given){flag, flag->value ? word.value : ""};
    return 0;
}

int arguments_parse(struct arguments *out, size_t argc, const char *const *argv,
                    const struct flag_table *tables, sluice_arena *arena, sluice_error *error) {
    *out = (struct arguments){0};
    out->given = arena_array(arena, argc + 1, sizeof *out->given);
    out->operands = arena_array(arena, argc + 1, sizeof *out->operands);
    if (!out->given || !out->operands)
        return fail_memory(error);
    bool flags_over = false;
    for (size_t i = 0; i < argc; i++) {
        if (!flags_over && strcmp(argv[i], "--") == 0) {
            flags_over = true;
        } else if (!flags_over && is_flag(argv[i])) {
            int failed = take_flag(out, argc, argv, &i, tables, error);
            if (failed)
                return failed;
        } else {
            out->operands[out->operand_count++] = argv[i];
        }
    }
    out->operands[out->operand_count] = NULL;
    return 0;
}

bool arguments_has(const struct arguments *arguments, const char *name) {
    return arguments_value(arguments, name) != NULL;
}

const char *arguments_value(const struct arguments *arguments, const char *name) {
    for (size_t i = arguments->given_count; i-- > 0;)
        if (strcmp(arguments->given[i].flag->name, name) == 0)
            return arguments->given[i].value;
    return NULL;
}

const char *arguments_nth(const struct arguments *arguments, const char *name, size_t index) {
    for (size_t i = 0; i < arguments->given_count; i++)
        if (strcmp(arguments->given[i].flag->name, name) == 0 && index-- == 0)
            return arguments->given[i].value;
    return NULL;
}
