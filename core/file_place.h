/* file_place.h - is the file that is open still the one that its path names? SQLite writes on into files that
 * were moved, replaced or deleted, and whoever opens the path next finds none of it. */
#ifndef CORE_FILE_PLACE_H
#define CORE_FILE_PLACE_H

#include <stdbool.h>
#include <sys/types.h>

struct file_place {
    dev_t device;
    ino_t file; /* 0: not seen yet */
};

/* The first one that is seen is the one in use; none is good as long as none was seen. */
bool file_place_holds(struct file_place *known, const char *path);
/* A database, and its log: as long as it is open nobody makes a new one. */
bool file_place_holds_both(struct file_place *database, struct file_place *log, const char *path);

#endif
