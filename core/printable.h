/* printable.h - other people's text on a terminal: no control character gets there. */
#ifndef CORE_PRINTABLE_H
#define CORE_PRINTABLE_H

#include <stdio.h>

#include <sluice/base.h>

/* The text with each control character (C0, DEL, C1) and each broken byte as '?'. */
void printable_put(FILE *out, sluice_text text);
/* The same, cut to `width` characters. */
void printable_cut(FILE *out, sluice_text text, unsigned width);
/* The same, cut or filled with spaces to `width` characters. */
void printable_pad(FILE *out, sluice_text text, unsigned width);

#endif
