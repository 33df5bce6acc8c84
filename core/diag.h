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

struct diag {
    sluice_arena arena;
    struct diag_entry *entries;
    size_t count, room;
    size_t errors, warnings;
    int exit_code; /* 78 for a wrong file; 66 when it couldn't be opened */
};

void diag_add(struct diag *diag, enum diag_level level, struct mark at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* All entries in the order of the file's lines, source lines included, secrets struck out. */
void diag_print(const struct diag *diag, FILE *out, bool color);
void diag_free(struct diag *diag);

#endif
