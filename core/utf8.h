/* utf8.h - is it UTF-8, and how many characters is it? Pure. */
#ifndef CORE_UTF8_H
#define CORE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include <sluice/base.h>
#include <sluice/utf8.h>

/* Bytes at the start of `text` that are well-formed UTF-8: text.len when all of it is. */
uint64_t utf8_valid_prefix(sluice_text text);
bool utf8_valid(sluice_text text);
/* Make text fit for one line of a terminal, in place: control characters (C0, DEL, C1) become spaces, bytes
 * that aren't UTF-8 question marks, one a character. Returns the new length. */
size_t utf8_flatten(char *text, size_t length);
/* Characters (code points) of well-formed text. */
uint64_t utf8_length(sluice_text text);
/* Length of the line break at `at`, as YAML sees one (LF, CRLF, CR, NEL, LS, PS); 0: there is none. */
unsigned utf8_line_break(sluice_text text, uint64_t at);
/* Line and column, from 1, of the byte at `offset`; columns count characters. */
void utf8_place(sluice_text text, uint64_t offset, unsigned *line, unsigned *column);
/* The line with that number, without its break; null: there are fewer. */
sluice_text utf8_line(sluice_text text, unsigned line);

#endif
