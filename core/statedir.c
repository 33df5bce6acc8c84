#include "statedir.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int refused(const char *path, const char *what, sluice_error *error) {
    bool disk = errno == ENOSPC || errno == EROFS || errno == EIO || errno == EDQUOT;
    return fail(error, disk ? SLUICE_E_IO : SLUICE_E_CANTCREAT,
                "%s: the state directory can't be %s: %s; name another with --state-dir", path, what,
                strerror(errno));
}

int statedir_make(const char *path, sluice_error *error) {
    char part[4096];
    if (strlen(path) >= sizeof part)
        return fail(error, SLUICE_E_USAGE, "--state-dir: the path is too long");
    for (size_t i = 1; path[i - 1]; i++) {
        if (path[i] != '/' && path[i])
            continue;
        memcpy(part, path, i);
        part[i] = 0;
        if (mkdir(part, 0700) && errno != EEXIST)
            return refused(part, "made", error);
    }
    struct stat found;
    if (stat(path, &found))
        return refused(path, "read", error);
    if (!S_ISDIR(found.st_mode))
        return fail(error, SLUICE_E_CANTCREAT,
                    "%s: the state directory is a file; name another with --state-dir", path);
    if (access(path, W_OK | X_OK))
        return refused(path, "written", error);
    return 0;
}
