/* pg_bytes.h - bytes as Postgres writes them in text: "\x" and hexadecimal digits; or, where bytea_output
 * says `escape` (of the database, or left behind in a pooler's connection), themselves, with \\ for a
 * backslash and \ooo for what isn't printable. Which of the two it is the text says. Pure. */
#ifndef CORE_PG_BYTES_H
#define CORE_PG_BYTES_H

#include <stddef.h>
#include <stdint.h>

/* Into `out`, which has room for as many as `text` has characters; how many there are. */
size_t pg_bytes_read(const char *text, uint8_t *out);

#endif
