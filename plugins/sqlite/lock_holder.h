/* lock_holder.h - who holds a lock on a file, as far as Linux tells. */
#ifndef LOCK_HOLDER_H
#define LOCK_HOLDER_H

#include <stddef.h>

/* "process 4711 (python3)" into `out`, for the database file at `path` or its -shm; "another process"
 * when it can't be told. Writers are named before readers. */
void lock_holder(const char *path, char *out, size_t room);

#endif
