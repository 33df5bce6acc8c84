#include "scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRIES = 10, MADE = 6 /* X's of a name */ };

static int open_locked(int base, const char *path) {
    int fd = openat(base, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* Who sweeps may come between its making and its lock. */
static bool is_there(int fd, const char *path) {
    struct stat held, there;
    return fstat(fd, &held) == 0 && stat(path, &there) == 0 && held.st_ino == there.st_ino &&
           held.st_dev == there.st_dev;
}

int scratch_make(struct scratch *scratch, const char *state_dir, const char *name, sluice_error *error) {
    *scratch = (struct scratch){.fd = -1};
    for (int i = 0; i < TRIES; i++) {
        if (asprintf(&scratch->dir, "%s/%s-XXXXXX", state_dir, name) < 0) {
            scratch->dir = NULL;
            return fail_memory(error);
        }
        if (!mkdtemp(scratch->dir))
            break;
        scratch->fd = open_locked(AT_FDCWD, scratch->dir);
        if (scratch->fd >= 0 && is_there(scratch->fd, scratch->dir))
            return 0;
        if (scratch->fd >= 0)
            close(scratch->fd);
        scratch->fd = -1;
        rmdir(scratch->dir);
        free(scratch->dir);
        scratch->dir = NULL;
    }
    int failed = fail(error, SLUICE_E_CANTCREAT, "%s/%s-XXXXXX can't be created: %m", state_dir, name);
    free(scratch->dir);
    scratch->dir = NULL;
    return failed;
}

static void empty(int fd) {
    DIR *list = fdopendir(dup(fd));
    for (const struct dirent *entry; list && (entry = readdir(list));)
        unlinkat(fd, entry->d_name, 0); /* not . and .. */
    if (list)
        closedir(list);
}

void scratch_remove(struct scratch *scratch) {
    if (!scratch->dir)
        return;
    empty(scratch->fd);
    rmdir(scratch->dir);
    close(scratch->fd);
    free(scratch->dir);
    *scratch = (struct scratch){.fd = -1};
}

static bool is_named(const char *entry, const char *name) {
    size_t length = strlen(name);
    return strncmp(entry, name, length) == 0 && entry[length] == '-' && strlen(entry) == length + 1 + MADE;
}

void scratch_sweep(const char *state_dir, const char *name) {
    DIR *list = opendir(state_dir);
    for (const struct dirent *entry; list && (entry = readdir(list));) {
        int fd = is_named(entry->d_name, name) ? open_locked(dirfd(list), entry->d_name) : -1;
        if (fd < 0)
            continue;
        empty(fd);
        unlinkat(dirfd(list), entry->d_name, AT_REMOVEDIR);
        close(fd);
    }
    if (list)
        closedir(list);
}
