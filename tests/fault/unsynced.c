/* unsynced.so - preloaded into a program, it notes what the program writes and doesn't sync.
 *
 * A process that is killed can't show what a power cut does: the system keeps what was written. Here each
 * write to a file below $SLUICE_TEST_DISK goes into a log first, with what stood there before, and a sync
 * empties the log of its file. power_cut.py takes back, or takes back in part, what is in the logs.
 *
 *     $SLUICE_TEST_DISK/.unsynced/INODE    struct entry, the bytes before, the bytes written; and so on
 *
 * A sync takes $SLUICE_TEST_SYNC_US microseconds, so that a kill at any time often comes before its end.
 *
 * Shared memory (-shm) is left out, as nothing of it outlives a reboot; so are standard output and errors,
 * and the names of files. */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

struct entry {
    int64_t offset, size_before;    /* of the file */
    uint64_t bytes_before, written; /* 0 written: a truncation to `offset` */
};

#define EXPORT __attribute__((visibility("default")))

/* Of a program that has crash points: two more, `write` and `sync`, with something to lose. */
__attribute__((weak)) void crash_point(const char *name);

static void may_crash(const char *name) {
    if (crash_point)
        crash_point(name);
}

/* The functions that this one stands in front of. */
static struct {
    ssize_t (*write)(int, const void *, size_t);
    ssize_t (*pwrite64)(int, const void *, size_t, off_t);
    int (*ftruncate64)(int, off_t);
    int (*unlink)(const char *);
} real;

static const char *disk;
static useconds_t sync_us;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *find(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found)
        abort();
    return found;
}

static void set_up(void) {
    void *found[] = {find("write"), find("pwrite64"), find("ftruncate64"), find("unlink")};
    memcpy(&real.write, &found[0], sizeof found[0]);
    memcpy(&real.pwrite64, &found[1], sizeof found[1]);
    memcpy(&real.ftruncate64, &found[2], sizeof found[2]);
    memcpy(&real.unlink, &found[3], sizeof found[3]);
    disk = getenv("SLUICE_TEST_DISK");
    const char *us = getenv("SLUICE_TEST_SYNC_US");
    sync_us = us ? (useconds_t)atoi(us) : 0;
}

/* A file on the disk that loses what isn't synced? */
static bool is_watched(int fd, struct stat *file) {
    char link[64], path[4096];
    pthread_once(&once, set_up);
    if (!disk || fd <= STDERR_FILENO || fstat(fd, file) || !S_ISREG(file->st_mode))
        return false;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        abort();
    path[length] = '\0';
    size_t above = strlen(disk);
    bool shared = length > 4 && strcmp(path + length - 4, "-shm") == 0;
    return !shared && strncmp(path, disk, above) == 0 && path[above] == '/';
}

static int open_log(const struct stat *file, int flags) {
    char path[4096];
    snprintf(path, sizeof path, "%s/.unsynced/%llu", disk, (unsigned long long)file->st_ino);
    return open(path, flags | O_CLOEXEC, 0600);
}

/* What stands there now; fd itself may be for writing only. */
static void read_before(int fd, int64_t offset, char *out, size_t bytes) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    int reading = bytes ? open(link, O_RDONLY | O_CLOEXEC) : -1;
    if (bytes && pread(reading, out, bytes, offset) != (ssize_t)bytes)
        abort();
    if (reading >= 0)
        close(reading);
}

/* Into the log before it happens: a process that dies between the two has written nothing. */
static void note(int fd, const struct stat *file, int64_t offset, const void *bytes, size_t count) {
    int64_t behind = file->st_size > offset ? file->st_size - offset : 0;
    size_t before = count && behind > (int64_t)count ? count : (size_t)behind;
    struct entry entry = {offset, file->st_size, before, count};
    char *old = malloc(before + 1);
    int log = open_log(file, O_WRONLY | O_CREAT | O_APPEND);
    if (log < 0 || !old)
        abort();
    read_before(fd, offset, old, before);
    struct iovec parts[] = {{&entry, sizeof entry}, {old, before}, {(void *)(uintptr_t)bytes, count}};
    if (writev(log, parts, 3) != (ssize_t)(sizeof entry + before + count))
        abort();
    close(log);
    free(old);
}

static int synced(int fd) {
    struct stat file;
    if (!is_watched(fd, &file))
        return 0;
    if (sync_us)
        usleep(sync_us);
    may_crash("sync");
    pthread_mutex_lock(&lock);
    int log = open_log(&file, O_WRONLY | O_TRUNC);
    if (log >= 0)
        close(log);
    pthread_mutex_unlock(&lock);
    return 0;
}

/* ---- in front of the C library's --------------------------------------------------------------- */

EXPORT ssize_t write(int fd, const void *bytes, size_t count) {
    struct stat file;
    bool watched = is_watched(fd, &file);
    if (!watched || !count)
        return real.write(fd, bytes, count);
    pthread_mutex_lock(&lock);
    bool appends = fcntl(fd, F_GETFL) & O_APPEND;
    fstat(fd, &file);
    note(fd, &file, appends ? file.st_size : lseek(fd, 0, SEEK_CUR), bytes, count);
    ssize_t result = real.write(fd, bytes, count);
    pthread_mutex_unlock(&lock);
    may_crash("write");
    return result;
}

EXPORT ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t offset) {
    struct stat file;
    bool watched = is_watched(fd, &file);
    if (!watched || !count)
        return real.pwrite64(fd, bytes, count, offset);
    pthread_mutex_lock(&lock);
    fstat(fd, &file);
    note(fd, &file, offset, bytes, count);
    ssize_t result = real.pwrite64(fd, bytes, count, offset);
    pthread_mutex_unlock(&lock);
    may_crash("write");
    return result;
}

EXPORT int ftruncate64(int fd, off_t size) {
    struct stat file;
    bool watched = is_watched(fd, &file);
    if (!watched)
        return real.ftruncate64(fd, size);
    pthread_mutex_lock(&lock);
    fstat(fd, &file);
    note(fd, &file, size, NULL, 0);
    int result = real.ftruncate64(fd, size);
    pthread_mutex_unlock(&lock);
    return result;
}

/* The page cache of this machine isn't what is tested: to sync is to empty the log. */
EXPORT int fsync(int fd) {
    return synced(fd);
}

EXPORT int fdatasync(int fd) {
    return synced(fd);
}

/* The number of a file that is gone is given to the next one. */
EXPORT int unlink(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd >= 0) {
        synced(fd);
        close(fd);
    }
    pthread_once(&once, set_up);
    return real.unlink(path);
}
