/* diag.h - what is wrong with a file, collected, then printed in GNU form with the line and a caret. */
#ifndef CORE_DIAG_H
#define CORE_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "arena.h"

struct mark {
    const char *file;
    unsigned line, column; /* from 1; columns count characters, not bytes; line 0: the whole file */
    unsigned width;        /* characters that the caret line underlines; 0: 1 */
};

enum diag_level { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE };

struct diag_entry {
    enum diag_level level;
    struct mark at;
    const char *text;
};

/* The text of a file, for the lines that are shown. */
struct diag_source {
    struct diag_source *next;
    const char *file;
    sluice_text text;
};

struct diag {
    sluice_arena arena;
    struct diag_source *sources;
    struct diag_entry *entries; /* the first DIAG_MOST, errors before others; the rest is only counted */
    size_t count, room;
    size_t errors, warnings, notes;
    int exit_code; /* 78 for a wrong file; 66 when it couldn't be opened; 76 for a refused plugin; 0: no error
                    */
};

enum { DIAG_MOST = 100 };

/* Lines of `file` are shown from `text`, which is copied. */
void diag_source(struct diag *diag, const char *file, sluice_text text);

void diag_add(struct diag *diag, enum diag_level level, struct mark at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

struct diag_look {
    bool color;
    bool errors_only; /* -q: neither warnings nor notes */
};

/* The entries in the order of the file's lines, source lines included, secrets struck out. */
void diag_print(const struct diag *diag, FILE *out, const struct diag_look *look);
void diag_free(struct diag *diag);

#endif
