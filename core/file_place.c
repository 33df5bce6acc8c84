#include "file_place.h"

#include <stdio.h>
#include <sys/stat.h>

enum { PATH_MOST = 4096 + 8 };

bool file_place_holds(struct file_place *known, const char *path) {
    struct stat now;
    if (stat(path, &now))
        return !known->file;
    if (!known->file)
        *known = (struct file_place){now.st_dev, now.st_ino};
    return known->device == now.st_dev && known->file == now.st_ino;
}

bool file_place_holds_both(struct file_place *database, struct file_place *log, const char *path) {
    char name[PATH_MOST];
    snprintf(name, sizeof name, "%s-wal", path);
    return file_place_holds(database, path) && file_place_holds(log, name);
}
