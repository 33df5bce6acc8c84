#include "run_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TRIES = 100, PAUSE_MS = 20 };

static struct run_lock *make(const char *state_dir, int64_t run) {
    size_t room = strlen(state_dir) + sizeof "/runs/-9223372036854775808.lock";
    struct run_lock *lock = malloc(sizeof *lock + room);
    if (!lock)
        return NULL;
    *lock = (struct run_lock){.run = run, .fd = -1};
    snprintf(lock->path, room, "%s/runs/%" PRId64 ".lock", state_dir, run);
    return lock;
}

static int make_directory(const char *state_dir, sluice_error *error) {
    char path[4096];
    if (snprintf(path, sizeof path, "%s/runs", state_dir) >= (int)sizeof path)
        return fail(error, SLUICE_E_IO, "%s: the path is too long", state_dir);
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return 0;
    return fail(error, SLUICE_E_IO, "%s can't be created: %m", path);
}

/* A holder removes the file before giving it up. */
bool run_lock_current(const struct run_lock *lock) {
    struct stat opened, there;
    return fstat(lock->fd, &opened) == 0 && stat(lock->path, &there) == 0 && opened.st_dev == there.st_dev &&
           opened.st_ino == there.st_ino;
}

/* One try: TAKEN, HELD, or HELD as well when the file was removed meanwhile (*again). */
static int attempt(struct run_lock *lock, bool *again, sluice_error *error) {
    *again = false;
    lock->fd = open(lock->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock->fd < 0)
        return fail(error, SLUICE_E_IO, "the lock of the run, %s, can't be opened: %m", lock->path);
    bool locked = flock(lock->fd, LOCK_EX | LOCK_NB) == 0;
    int reason = errno;
    if (locked && run_lock_current(lock))
        return RUN_LOCK_TAKEN;
    *again = locked;
    close(lock->fd);
    lock->fd = -1;
    if (!locked && reason != EWOULDBLOCK)
        return fail(error, SLUICE_E_IO, "%s can't be locked: %s", lock->path, strerror(reason));
    return RUN_LOCK_HELD;
}

static void pause_between(void) {
    nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
}

int run_lock_take(const char *state_dir, int64_t run, bool wait, struct run_lock **out, sluice_error *error) {
    struct run_lock *lock = make(state_dir, run);
    bool again = false;
    int result = lock ? make_directory(state_dir, error) : fail_memory(error);
    if (result == 0)
        result = attempt(lock, &again, error);
    for (int tries = 1; result == RUN_LOCK_HELD && (wait || again) && tries < TRIES; tries++) {
        if (!again)
            pause_between();
        result = attempt(lock, &again, error);
    }
    if (result == RUN_LOCK_TAKEN) {
        *out = lock;
        return RUN_LOCK_TAKEN;
    }
    free(lock);
    return result;
}

int run_lock_held(const char *state_dir, int64_t run, bool *held, sluice_error *error) {
    struct run_lock *lock = make(state_dir, run);
    if (!lock)
        return fail_memory(error);
    lock->fd = open(lock->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int failed =
        lock->fd < 0 && errno != ENOENT ? fail(error, SLUICE_E_IO, "%s can't be opened: %m", lock->path) : 0;
    *held = lock->fd >= 0 && flock(lock->fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
    if (lock->fd >= 0)
        close(lock->fd);
    free(lock);
    return failed;
}

void run_lock_end(struct run_lock *lock) {
    if (lock)
        unlink(lock->path);
    run_lock_drop(lock);
}

void run_lock_drop(struct run_lock *lock) {
    if (!lock)
        return;
    close(lock->fd);
    free(lock);
}
