#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int cannot(sluice_error *error) {
    return fail(error, SLUICE_E_NOINPUT, "can't be read: %s", strerror(errno));
}

/* A pipe that nobody has opened for writing yet has nothing to read and no end. */
static int wait_for_bytes(int fd, sluice_error *error) {
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    int ready;
    do
        ready = poll(&wait, 1, FILE_SILENCE_MS);
    while (ready < 0 && errno == EINTR);
    if (ready)
        return ready < 0 ? cannot(error) : 0;
    return fail(
        error, SLUICE_E_NOINPUT,
        "it is no file, and nothing has come from it for %d s; name a file, or start what writes to it",
        FILE_SILENCE_MS / 1000);
}

/* Fill `room` bytes, or what there is: *got. */
static int read_all(int fd, bool regular, char *to, size_t room, size_t *got, sluice_error *error) {
    *got = 0;
    while (*got < room) {
        int failed = regular ? 0 : wait_for_bytes(fd, error);
        if (failed)
            return failed;
        ssize_t n = read(fd, to + *got, room - *got);
        if (n < 0 && (errno == EINTR || (errno == EAGAIN && !regular)))
            continue;
        if (n < 0)
            return cannot(error);
        if (n == 0)
            break;
        *got += (size_t)n;
    }
    return 0;
}

static int read_open(int fd, size_t limit, sluice_arena *arena, sluice_text *out, sluice_error *error) {
    struct stat about;
    if (fstat(fd, &about) != 0)
        return cannot(error);
    /* A pipe has no size: make room for the most that is allowed. One byte more shows what is too long. */
    bool regular = S_ISREG(about.st_mode);
    size_t got, room = regular && (size_t)about.st_size < limit ? (size_t)about.st_size + 1 : limit + 1;
    char *bytes = arena_alloc(arena, room + 1);
    if (!bytes)
        return fail_memory(error);
    int failed = read_all(fd, regular, bytes, room, &got, error);
    if (failed)
        return failed;
    if (got > limit)
        return fail(error, SLUICE_E_DATA, "larger than %zu bytes; is it the right file?", limit);
    if (got == room)
        return fail(error, SLUICE_E_DATA, "it grew while it was read; try again");
    bytes[got] = 0;
    *out = (sluice_text){bytes, got};
    return 0;
}

int file_read(const char *path, size_t limit, sluice_arena *arena, sluice_text *out, sluice_error *error) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return cannot(error);
    int result = read_open(fd, limit, arena, out, error);
    close(fd);
    return result;
}
