#include "vars.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "text.h"
#include "utf8.h"

static bool is_name_char(char c, bool first) {
    return c == '_' || (first ? isalpha((unsigned char)c) : isalnum((unsigned char)c));
}

uint64_t vars_name_length(sluice_text text) {
    uint64_t n = 0;
    while (n < text.len && is_name_char(text.ptr[n], n == 0))
        n++;
    return n;
}

int vars_add(struct vars *vars, struct var **list, sluice_text name, sluice_text value, sluice_error *error) {
    struct var *var = arena_alloc(&vars->arena, sizeof *var);
    sluice_text name_copy = arena_copy(&vars->arena, name), value_copy = arena_copy(&vars->arena, value);
    if (!var || !name_copy.ptr || !value_copy.ptr)
        return fail_memory(error);
    *var = (struct var){.next = *list, .name = name_copy.ptr, .value = value_copy.ptr};
    *list = var;
    return 0;
}

/* ---- --set --------------------------------------------------------------------------------- */

/* One of the words between the underscores of a name that are given to secrets. */
static bool secret_word(sluice_text word) {
    static const char *const words[] = {"KEY",    "APIKEY",     "TOKEN", "PASSWORD",
                                        "PASSWD", "PASSPHRASE", "SECRET"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (word.len == strlen(words[i]) && strncasecmp(word.ptr, words[i], word.len) == 0)
            return true;
    return false;
}

bool vars_secret_name(sluice_text name) {
    uint64_t start = 0;
    for (uint64_t i = 0; i <= name.len; i++) {
        if (i < name.len && name.ptr[i] != '_')
            continue;
        if (secret_word((sluice_text){name.ptr + start, i - start}))
            return true;
        start = i + 1;
    }
    return false;
}

bool vars_hides_name(sluice_text name) {
    static const char *const addresses[] = {"DB_URL", "DATABASE_URL", "DSN"};
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        size_t n = strlen(addresses[i]);
        if (name.len >= n && strncasecmp(name.ptr + name.len - n, addresses[i], n) == 0 &&
            (name.len == n || name.ptr[name.len - n - 1] == '_'))
            return true;
    }
    return vars_secret_name(name);
}

/* scheme://user:password@host */
static bool has_password(const char *value) {
    const char *authority = strstr(value, "://");
    if (!authority)
        return false;
    authority += 3;
    const char *at = memchr(authority, '@', strcspn(authority, "/?#"));
    return at && memchr(authority, ':', (size_t)(at - authority));
}

int vars_set(struct vars *vars, const char *assignment, sluice_error *error) {
    sluice_text name = {assignment, vars_name_length(text_of(assignment))};
    if (name.len == 0 || assignment[name.len] != '=')
        return fail(error, SLUICE_E_USAGE, "--set needs NAME=value, a name of letters, digits and '_'");
    const char *value = assignment + name.len + 1;
    if (vars_secret_name(name) || has_password(value))
        return fail(error, SLUICE_E_USAGE,
                    "--set %.*s: a secret on the command line can be seen by everybody on this machine; put "
                    "it in .env "
                    "or in the environment",
                    TEXT_ARG(name));
    if (!utf8_valid(text_of(value)))
        return fail(error, SLUICE_E_USAGE, "--set %.*s: the value isn't UTF-8", TEXT_ARG(name));
    return vars_add(vars, &vars->set, name, text_of(value), error);
}

/* ---- look-up ------------------------------------------------------------------------------- */

static const char *find(const struct var *list, const char *name) {
    for (; list; list = list->next)
        if (strcmp(list->name, name) == 0)
            return *list->value ? list->value : NULL;
    return NULL;
}

const char *vars_get(const struct vars *vars, const char *name) {
    for (struct var *var = vars->set; var; var = var->next)
        var->used |= strcmp(var->name, name) == 0;
    const char *value = find(vars->set, name);
    if (value)
        return value;
    value = getenv(name);
    if (value && *value)
        return value;
    value = find(vars->file, name);
    return value ? value : find(vars->own, name);
}

const char *vars_unused(const struct vars *vars) {
    for (const struct var *var = vars->set; var; var = var->next)
        if (!var->used)
            return var->name;
    return NULL;
}

void vars_free(struct vars *vars) {
    arena_free(&vars->arena);
    *vars = (struct vars){0};
}
