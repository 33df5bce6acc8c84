/* vars.h - where ${NAME} comes from: --set, the environment, .env, the file's own vars. */
#ifndef CORE_VARS_H
#define CORE_VARS_H

#include <stdbool.h>

#include <sluice/base.h>

#include "arena.h"
#include "error.h"

struct var {
    struct var *next;
    const char *name, *value;
    bool used; /* of --set: somebody looked it up */
};

struct vars {
    struct var *set;  /* --set NAME=value */
    struct var *file; /* .env or --env-file */
    struct var *own;  /* vars: of the pipeline, filled while it is read */
    const char
        *secret; /* of any name that looks as if one were behind it, and isn't defined; NULL: nothing */
    sluice_arena arena;
    bool no_set; /* the command takes no --set: nobody is told to add one */
};

/* --set: SLUICE_E_USAGE when it isn't NAME=value, or names something that looks secret (KEY, TOKEN,
 * PASSWORD, SECRET). */
int vars_set(struct vars *vars, const char *assignment, sluice_error *error);
/* Read an env file. `required`: a missing one is NOINPUT, else nothing. SLUICE_* in it is ignored with
 * a warning. Quotes, `export `, comments as in the shell; no expansion. */
int vars_read_file(struct vars *vars, const char *path, bool required, sluice_error *error);
/* The first that is defined and not empty; NULL: none. */
const char *vars_get(const struct vars *vars, const char *name);
/* Add to one of the lists, in front: the last of several with one name is found, as in the shell. */
int vars_add(struct vars *vars, struct var **list, sluice_text name, sluice_text value, sluice_error *error);
/* Bytes of the name at the start of `text`: letters, digits and '_', no digit first; 0: none. */
uint64_t vars_name_length(sluice_text text);
/* Does a name look as if a secret were behind it (KEY, TOKEN, PASSWORD, SECRET)? */
bool vars_secret_name(sluice_text name);
/* The same of a name that stands for the address of a database, which may have a password in it. */
bool vars_hides_name(sluice_text name);
/* A --set that nothing looked up; NULL: there is none. */
const char *vars_unused(const struct vars *vars);
void vars_free(struct vars *vars);

enum vars_result {
    VARS_OK = 0,
    VARS_UNDEFINED = 1, /* ${NAME} without a value: `name` says which */
    VARS_REQUIRED = 2,  /* ${NAME:?message} without a value: `message` */
    VARS_SYNTAX = 3     /* "${" without "}", a bad name, …: `message` */
};

struct vars_problem {
    sluice_text name, message;
    size_t offset; /* bytes into the text */
};

/* Put the values into `text` (`$$` is a dollar). */
enum vars_result vars_expand(const struct vars *vars, sluice_arena *arena, sluice_text text, sluice_text *out,
                             struct vars_problem *problem);

#endif
