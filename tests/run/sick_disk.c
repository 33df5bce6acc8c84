/* A disk that falls ill, for whole-program tests: loaded before the program (LD_PRELOAD), it lets operations
 * on files whose path contains SICK_FILE fail with errno SICK_ERRNO, once SICK_AFTER of those that write have
 * succeeded; with SICK_OPS=sync only those that sync. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long done;

static int sick(const char *path, int syncs) {
    const char *file = getenv("SICK_FILE"), *ops = getenv("SICK_OPS"), *code = getenv("SICK_ERRNO");
    if (!file || !code || !strstr(path, file) || (ops && strcmp(ops, "sync") == 0 && !syncs))
        return 0;
    if (atomic_fetch_add(&done, 1) < atol(getenv("SICK_AFTER")))
        return 0;
    errno = atoi(code);
    return 1;
}

static int sick_fd(int fd, int syncs) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n < 0)
        return 0;
    path[n] = 0;
    return sick(path, syncs);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define SICK __attribute__((visibility("default")))

SICK ssize_t write(int fd, const void *bytes, size_t count) {
    return sick_fd(fd, 0) ? -1 : REAL(write)(fd, bytes, count);
}

SICK ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    return sick_fd(fd, 0) ? -1 : REAL(pwrite)(fd, bytes, count, at);
}

SICK ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    return sick_fd(fd, 0) ? -1 : REAL(pwrite64)(fd, bytes, count, at);
}

SICK ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) {
    return sick_fd(fd, 0) ? -1 : REAL(pwritev)(fd, parts, count, at);
}

SICK int ftruncate(int fd, off_t length) {
    return sick_fd(fd, 0) ? -1 : REAL(ftruncate)(fd, length);
}

SICK int ftruncate64(int fd, off64_t length) {
    return sick_fd(fd, 0) ? -1 : REAL(ftruncate64)(fd, length);
}

SICK int fsync(int fd) {
    return sick_fd(fd, 1) ? -1 : REAL(fsync)(fd);
}

SICK int fdatasync(int fd) {
    return sick_fd(fd, 1) ? -1 : REAL(fdatasync)(fd);
}

/* A file system that has become read-only refuses to open files for writing. */
static int sick_open(const char *path, int flags) {
    const char *code = getenv("SICK_ERRNO");
    return code && atoi(code) == EROFS && (flags & O_ACCMODE) != O_RDONLY && sick(path, 0);
}

SICK int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return sick_open(path, flags) ? -1 : REAL(open)(path, flags, mode);
}

SICK int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return sick_open(path, flags) ? -1 : REAL(open64)(path, flags, mode);
}
