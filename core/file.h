/* file.h - a small file, read whole. */
#ifndef CORE_FILE_H
#define CORE_FILE_H

#include <stddef.h>

#include "arena.h"
#include "error.h"

/* Read `path` into `arena`; a NUL that isn't counted follows. NOINPUT with the path and the reason when
 * it can't be read, or when it is larger than `limit`. */
int file_read(const char *path, size_t limit, sluice_arena *arena, sluice_text *out, sluice_error *error);

#endif
