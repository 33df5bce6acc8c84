/* file.h - a small file, read whole. */
#ifndef CORE_FILE_H
#define CORE_FILE_H

#include <stddef.h>

#include "arena.h"
#include "error.h"

enum { FILE_SILENCE_MS = 10000 };

/* Read `path` into `arena`; a NUL that isn't counted follows. NOINPUT when it can't be read, or is
 * a pipe from which nothing comes for FILE_SILENCE_MS, DATA when it is larger than `limit`; the message is
 * what to write behind the path ("can't be read: …"). */
int file_read(const char *path, size_t limit, sluice_arena *arena, sluice_text *out, sluice_error *error);

#endif
