#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of the list, which only the source's thread changes, and of what can be cut. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct input *remember(struct inputs *inputs, const char *path) {
    struct input *input = calloc(1, sizeof *input);
    if (!input || !(input->path = strdup(path))) {
        free(input);
        return NULL;
    }
    input->spool = input->fd = -1;
    input->next = inputs->list;
    pthread_mutex_lock(&lock);
    inputs->list = input;
    pthread_mutex_unlock(&lock);
    return input;
}

static struct input *find(const struct inputs *inputs, const char *path) {
    for (struct input *input = inputs->list; input; input = input->next)
        if (strcmp(input->path, path) == 0)
            return input;
    return NULL;
}

static bool write_all(int fd, const char *bytes, size_t count) {
    while (count) {
        ssize_t n = write(fd, bytes, count);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        bytes += n;
        count -= (size_t)n;
    }
    return true;
}

static int copy_all(int from, int to, sluice_error *error) {
    char *buffer = malloc(256 * 1024);
    long long total = 0;
    ssize_t n;
    int failed = buffer ? 0 : fail_memory(error);
    while (!failed && (n = read(from, buffer, 256 * 1024)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            failed = fail(error, errno == EISDIR ? SLUICE_E_NOINPUT : SLUICE_E_IO,
                          "standard input can't be read: %s", strerror(errno));
        else if ((total += n) > INPUT_SPOOL_MOST)
            failed =
                fail(error, SLUICE_E_DATA,
                     "standard input is larger than 1 GiB, which is what a run that spends keeps aside to "
                     "count it first; give a file");
        else if (!write_all(to, buffer, (size_t)n))
            failed = fail(error, SLUICE_E_IO, "standard input can't be kept aside in the state directory: %s",
                          strerror(errno));
    }
    free(buffer);
    return failed;
}

/* A file without a name, or as good as that where the file system can't make one. */
static int unnamed_file(const char *dir) {
    char name[4096];
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT))
        return fd;
    if (snprintf(name, sizeof name, "%s/stdin-XXXXXX", dir) >= (int)sizeof name)
        return -1;
    fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0)
        unlink(name);
    return fd;
}

static int spool(struct inputs *inputs, struct input *input, sluice_error *error) {
    int fd = unnamed_file(inputs->spool_dir);
    if (fd < 0)
        return fail(error, SLUICE_E_IO, "%s: standard input can't be kept aside here: %s", inputs->spool_dir,
                    strerror(errno));
    int failed = copy_all(STDIN_FILENO, fd, error);
    if (failed) {
        close(fd);
        return failed;
    }
    input->spool = fd;
    return 0;
}

/* A second, independent position in the same unlinked file. */
static int reopen(int spool_fd, int *fd, sluice_error *error) {
    char path[40];
    snprintf(path, sizeof path, "/proc/self/fd/%d", spool_fd);
    *fd = open(path, O_RDONLY | O_CLOEXEC);
    if (*fd < 0)
        return fail(error, SLUICE_E_IO, "standard input, kept aside, can't be opened again: %s",
                    strerror(errno));
    return 0;
}

/* Reading it may wait for somebody: it can be cut. */
static void can_wait(struct input *input, int fd, const struct stat *now) {
    pthread_mutex_lock(&lock);
    input->seen = *now;
    input->fd = S_ISREG(now->st_mode) ? -1 : fd;
    pthread_mutex_unlock(&lock);
}

static int open_as_it_comes(struct inputs *inputs, int *fd, sluice_error *error) {
    struct stat now;
    struct input *input = find(inputs, "-");
    if (!input && !(input = remember(inputs, "-")))
        return fail_memory(error);
    *fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    if (*fd < 0 || fstat(*fd, &now))
        return fail(error, SLUICE_E_IO, "standard input can't be opened: %s", strerror(errno));
    can_wait(input, *fd, &now);
    return 0;
}

static int open_stdin(struct inputs *inputs, int *fd, sluice_error *error) {
    int mode = fcntl(STDIN_FILENO, F_GETFL);
    if (mode < 0 || (mode & O_ACCMODE) == O_WRONLY) /* as main.c leaves a closed one */
        return fail(error, SLUICE_E_NOINPUT, "standard input is closed");
    if (!inputs->twice)
        return open_as_it_comes(inputs, fd, error);
    struct input *input = find(inputs, "-");
    if (!input && !(input = remember(inputs, "-")))
        return fail_memory(error);
    if (input->spool < 0) {
        int failed = spool(inputs, input, error);
        if (failed)
            return failed;
    }
    return reopen(input->spool, fd, error);
}

static bool changed(const struct stat *a, const struct stat *b) {
    return a->st_dev != b->st_dev || a->st_ino != b->st_ino || a->st_size != b->st_size ||
           a->st_mtim.tv_sec != b->st_mtim.tv_sec || a->st_mtim.tv_nsec != b->st_mtim.tv_nsec;
}

static int check(struct inputs *inputs, const char *path, int fd, sluice_error *error) {
    struct stat now;
    if (fstat(fd, &now))
        return fail(error, SLUICE_E_NOINPUT, "%s: %s", path, strerror(errno));
    if (S_ISDIR(now.st_mode))
        return fail(error, SLUICE_E_NOINPUT, "%s: is a directory; name a file", path);
    if (inputs->twice && !S_ISREG(now.st_mode))
        return fail(error, SLUICE_E_NOINPUT,
                    "%s: not a regular file; a run that spends reads its input twice: give a file, or '-'",
                    path);
    struct input *before = find(inputs, path);
    if (before && inputs->twice && changed(&before->seen, &now))
        return fail(error, SLUICE_E_DATA, "%s: changed after it was counted; nothing was sent: run it again",
                    path);
    if (!before && !(before = remember(inputs, path)))
        return fail_memory(error);
    can_wait(before, fd, &now);
    return 0;
}

int input_open(struct inputs *inputs, const char *path, int *fd, sluice_error *error) {
    if (strcmp(path, "-") == 0)
        return open_stdin(inputs, fd, error);
    /* Without waiting: a pipe that nobody writes to would hold us up before it could be refused. */
    *fd = open(path, O_RDONLY | O_CLOEXEC | (inputs->twice ? O_NONBLOCK : 0));
    if (*fd < 0)
        return fail(error, SLUICE_E_NOINPUT, "%s: %s", path, strerror(errno));
    int failed = check(inputs, path, *fd, error);
    if (failed) {
        close(*fd);
        return failed;
    }
    posix_fadvise(*fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return 0;
}

int inputs_check(const struct inputs *inputs, sluice_error *error) {
    struct stat now;
    for (const struct input *input = inputs->list; inputs->twice && input; input = input->next)
        if (input->spool < 0 && stat(input->path, &now) == 0 && now.st_ino == input->seen.st_ino &&
            changed(&input->seen, &now))
            return fail(
                error, SLUICE_E_DATA,
                "%s: was written while it was read, so the rest isn't what was counted and nothing more is "
                "ordered; run it again",
                input->path);
    return 0;
}

bool inputs_have(const struct inputs *inputs, const char *path) {
    struct stat other;
    if (stat(path, &other))
        return false;
    for (const struct input *input = inputs->list; input; input = input->next)
        if (input->spool < 0 && input->seen.st_dev == other.st_dev && input->seen.st_ino == other.st_ino)
            return true;
    return false;
}

/* Is the descriptor still what was opened? The source closes it when it likes. */
static bool still_open(const struct input *input) {
    struct stat now;
    return input->fd >= 0 && fstat(input->fd, &now) == 0 && now.st_dev == input->seen.st_dev &&
           now.st_ino == input->seen.st_ino;
}

void inputs_cut(struct inputs *inputs) {
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    pthread_mutex_lock(&lock);
    for (struct input *input = inputs->list; input && nothing >= 0; input = input->next)
        if (still_open(input)) /* by the bare call: it is meant to happen while somebody reads */
            syscall(SYS_dup3, nothing, input->fd, O_CLOEXEC);
    pthread_mutex_unlock(&lock);
    if (nothing >= 0)
        close(nothing);
}

void inputs_free(struct inputs *inputs) {
    for (struct input *input = inputs->list, *next; input; input = next) {
        next = input->next;
        if (input->spool >= 0)
            close(input->spool);
        free(input->path);
        free(input);
    }
    inputs->list = NULL;
}
