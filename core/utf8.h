/* utf8.h - is it UTF-8, and how many characters is it? Pure. */
#ifndef CORE_UTF8_H
#define CORE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include <sluice/base.h>

/* Bytes at the start of `text` that are well-formed UTF-8: text.len when all of it is. */
uint64_t utf8_valid_prefix(sluice_text text);
bool utf8_valid(sluice_text text);
/* Characters (code points) of well-formed text. */
uint64_t utf8_length(sluice_text text);
/* The column, from 1, of the byte at `offset` in its line, counted in characters. */
unsigned utf8_column(sluice_text text, uint64_t offset);

#endif
