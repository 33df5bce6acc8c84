#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int32_t fail_io(const struct target *target, const char *what, sluice_error *error) {
    const char *hint = errno == ENOSPC  ? "; free some space and run it again"
                       : errno == EPIPE ? ": whoever read the output is gone"
                                        : "";
    return target->host->fail(error, SLUICE_E_IO, "%s: %s: %s%s", target->name, what, strerror(errno), hint);
}

static int32_t fail_create(const struct target *target, const char *path, sluice_error *error) {
    bool disk = errno == ENOSPC || errno == EIO || errno == EROFS;
    return target->host->fail(error, disk ? SLUICE_E_IO : SLUICE_E_CANTCREAT, "%s: can't be created: %s",
                              path, strerror(errno));
}

/* ---- paths -------------------------------------------------------------------------------- */

/* DIR/.NAME.suffix */
static bool name_beside(struct target *target) {
    const char *slash = strrchr(target->path, '/');
    const char *name = slash ? slash + 1 : target->path;
    int n = snprintf(target->beside, sizeof target->beside, "%.*s.%s.%s", (int)(name - target->path),
                     target->path, name, target->mode == TARGET_APPEND ? "tail" : "part");
    return n > 0 && (size_t)n < sizeof target->beside;
}

int32_t target_init(struct target *target, const sluice_host *host, sluice_self *self, sluice_text path,
                    enum target_mode mode, sluice_error *error) {
    char resolved[PATH_MAX];
    bool is_stdout = path.len == 1 && path.ptr[0] == '-';
    *target = (struct target){.host = host, .self = self, .mode = mode, .fd = -1, .tail = -1};
    if (is_stdout) {
        strcpy(target->name, "standard output");
        return 0;
    }
    if (!path.len || path.len >= sizeof target->path - 8 || memchr(path.ptr, 0, path.len))
        return host->fail(error, SLUICE_E_CANTCREAT,
                          "the output path is empty, too long or holds a NUL byte");
    memcpy(target->path, path.ptr, path.len);
    memcpy(target->name, path.ptr, path.len);
    /* Renaming onto a symbolic link would replace the link, not the file that it names. */
    if (realpath(target->path, resolved))
        memcpy(target->path, resolved, strlen(resolved) + 1);
    if (!name_beside(target))
        return host->fail(error, SLUICE_E_CANTCREAT, "%s: the path is too long", target->name);
    return 0;
}

/* The directory entry of a new or renamed file is durable once its directory is. */
static int32_t sync_directory(const struct target *target, sluice_error *error) {
    char dir[PATH_MAX];
    const char *slash = strrchr(target->path, '/');
    size_t n = slash ? (size_t)(slash - target->path) + 1 : 0;
    memcpy(dir, slash ? target->path : ".", slash ? n : 1);
    dir[slash ? n : 1] = 0;
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int failed = fd < 0 || (fsync(fd) && errno != EINVAL);
    int32_t rc = failed ? fail_io(target, "its directory can't be synced", error) : 0;
    if (fd >= 0)
        close(fd);
    return rc;
}

/* ---- opening ------------------------------------------------------------------------------ */

static int32_t fail_locked(const struct target *target, sluice_error *error) {
    return target->host->fail(
        error, SLUICE_E_BUSY,
        "%s: another run, or another sink of this one, is writing it; give each a file of its "
        "own, or wait until the other is done",
        target->name);
}

/* Locked, and still the file that the path names? A writer that finished in between renamed it. */
static int lock_fd(int fd, const char *path) {
    struct stat ours, theirs;
    if (flock(fd, LOCK_EX | LOCK_NB))
        return errno == EWOULDBLOCK ? 1 : -1;
    if (fstat(fd, &ours) || stat(path, &theirs))
        return errno == ENOENT ? 2 : -1;
    return ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino ? 0 : 2;
}

static int32_t open_locked(struct target *target, const char *path, sluice_error *error) {
    for (int tries = 0; tries < 100; tries++) {
        struct stat before;
        target->created = stat(path, &before) != 0;
        target->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (target->fd < 0)
            return fail_create(target, path, error);
        int locked = lock_fd(target->fd, path);
        if (locked == 0)
            return 0;
        int32_t rc = locked < 0 ? fail_io(target, "can't be locked", error) : fail_locked(target, error);
        close(target->fd);
        target->fd = -1;
        if (locked != 2)
            return rc;
    }
    return fail_locked(target, error);
}

/* A pipe, a terminal, /dev/null: written as it is. */
static int32_t open_special(struct target *target, sluice_error *error) {
    target->fd = target->path[0] ? open(target->path, O_WRONLY | O_CLOEXEC) : fcntl(1, F_DUPFD_CLOEXEC, 3);
    return target->fd < 0 ? fail_create(target, target->name, error) : 0;
}

static int32_t open_part(struct target *target, const struct stat *old, sluice_error *error) {
    if (old && access(target->path, W_OK))
        return fail_create(target, target->path, error);
    int32_t rc = open_locked(target, target->beside, error);
    if (rc < 0)
        return rc;
    if (ftruncate(target->fd, 0) || (old && fchmod(target->fd, old->st_mode & 07777)))
        return fail_io(target, "its new version can't be begun", error);
    return 0;
}

/* Where the mark of a crashed run says that unconfirmed rows begin. */
static int32_t read_mark(struct target *target, sluice_error *error) {
    char text[32] = {0};
    int fd = open(target->beside, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0
                               : fail_io(target, "the mark of an earlier run beside it can't be read", error);
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    char *end = text;
    long long tail = n > 0 ? strtoll(text, &end, 10) : 0;
    /* An empty mark was being written when the machine stopped: nothing was appended yet. */
    target->marked = n > 0 && *end == '\n' && tail >= 0 && tail <= target->length;
    if (target->marked)
        target->tail = tail;
    return 0;
}

static int32_t open_append(struct target *target, sluice_error *error) {
    int32_t rc = open_locked(target, target->path, error);
    if (rc < 0)
        return rc;
    target->length = lseek(target->fd, 0, SEEK_END);
    if (target->length < 0)
        return fail_io(target, "its end can't be found", error);
    target->kept = target->length;
    return read_mark(target, error);
}

int32_t target_open(struct target *target, sluice_error *error) {
    struct stat old;
    if (target->fd >= 0)
        return 0;
    bool exists = target->path[0] && stat(target->path, &old) == 0;
    if (exists && S_ISDIR(old.st_mode))
        return target->host->fail(error, SLUICE_E_CANTCREAT, "%s: is a directory; name a file", target->name);
    target->length = target->kept = 0;
    target->regular = target->path[0] && (!exists || S_ISREG(old.st_mode));
    if (!target->regular)
        return open_special(target, error);
    return target->mode == TARGET_APPEND ? open_append(target, error)
                                         : open_part(target, exists ? &old : NULL, error);
}

/* ---- writing ------------------------------------------------------------------------------ */

static int32_t write_all(const struct target *target, int fd, const char *bytes, uint64_t count,
                         sluice_error *error) {
    while (count) {
        ssize_t n = write(fd, bytes, count);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_io(target, "can't be written", error);
        bytes += n;
        count -= (uint64_t)n;
    }
    return 0;
}

/* Before the first row: durable, so that a crash at any later moment finds it. */
static int32_t put_mark(struct target *target, sluice_error *error) {
    char text[32];
    int n = snprintf(text, sizeof text, "%lld\n", (long long)target->length);
    int fd = open(target->beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return fail_create(target, target->beside, error);
    int32_t rc = write_all(target, fd, text, (uint64_t)n, error);
    if (rc == 0 && fsync(fd))
        rc = fail_io(target, "the mark beside it can't be synced", error);
    close(fd);
    if (rc == 0)
        rc = sync_directory(target, error);
    target->marked = rc == 0;
    return rc;
}

int32_t target_cut(struct target *target, int64_t length, sluice_error *error) {
    if (!target->regular || target->fd < 0)
        return 0;
    if (ftruncate(target->fd, length) || lseek(target->fd, length, SEEK_SET) < 0)
        return fail_io(target, "what was written in part can't be taken back", error);
    target->length = length;
    if (target->kept > length)
        target->kept = length;
    return 0;
}

int32_t target_prove(struct target *target, sluice_error *error) {
    if (!target->regular || target->mode != TARGET_APPEND || target->marked)
        return 0;
    int32_t rc = put_mark(target, error);
    if (rc)
        unlink(target->beside);
    target->proved = rc == 0;
    return rc;
}

int32_t target_write(struct target *target, const char *bytes, uint64_t count, sluice_error *error) {
    int32_t rc = 0;
    if (target->regular && target->mode == TARGET_APPEND && !target->marked)
        rc = put_mark(target, error);
    target->proved = false;
    if (rc == 0)
        rc = write_all(target, target->fd, bytes, count, error);
    if (rc == 0)
        target->length += (int64_t)count;
    return rc;
}

/* Whoever looks for the rows looks at the path. */
static int32_t check_place(const struct target *target, sluice_error *error) {
    struct stat ours, theirs;
    if (fstat(target->fd, &ours) == 0 && stat(target->path, &theirs) == 0 && ours.st_dev == theirs.st_dev &&
        ours.st_ino == theirs.st_ino)
        return 0;
    return target->host->fail(
        error, SLUICE_E_IO,
        "%s: was moved, replaced or deleted while it was written; rows that came since aren't "
        "in it",
        target->name);
}

int32_t target_commit(struct target *target, sluice_error *error) {
    /* The new version of a file is of no use before it is whole: finish makes it durable. */
    if (target->regular && target->mode == TARGET_APPEND && target->length > target->kept) {
        if (check_place(target, error))
            return SLUICE_E_IO;
        if (fdatasync(target->fd))
            return fail_io(target, "can't be synced", error);
        if (target->created) {
            int32_t rc = sync_directory(target, error);
            if (rc < 0)
                return rc;
            target->created = false;
        }
    }
    target->kept = target->length;
    return 0;
}

int32_t target_finish(struct target *target, sluice_error *error) {
    if (!target->regular || target->fd < 0)
        return 0;
    if (target->mode == TARGET_APPEND) {
        if (target->marked && unlink(target->beside) && errno != ENOENT)
            return fail_io(target, "the mark beside it can't be removed", error);
        target->marked = false;
        target->tail = -1;
        return 0;
    }
    if (fsync(target->fd))
        return fail_io(target, "can't be synced", error);
    if (rename(target->beside, target->path))
        return fail_create(target, target->path, error);
    close(target->fd);
    target->fd = -1;
    return sync_directory(target, error);
}

int32_t target_remove(struct target *target, sluice_error *error) {
    int32_t rc = target_open(target, error); /* its lock: nobody else is at it */
    if (rc < 0 || !target->regular)
        return rc;
    if (unlink(target->path) && errno != ENOENT)
        return fail_io(target, "the one of an earlier run can't be removed", error);
    target_close(target);
    return 0;
}

void target_close(struct target *target) {
    if (target->fd < 0)
        return;
    if (target->regular && target->mode == TARGET_REPLACE)
        unlink(target->beside); /* under the lock: nobody else's */
    if (target->regular && target->mode == TARGET_APPEND && target->created && target->length == 0)
        unlink(target->path); /* it was only tried whether it can be created */
    if (target->proved)
        unlink(target->beside);
    target->proved = false;
    close(target->fd);
    target->fd = -1;
}
