#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int cannot(sluice_error *error) {
    return fail(error, SLUICE_E_NOINPUT, "can't be read: %s", strerror(errno));
}

/* Fill `room` bytes, or what there is. Negative: errno says why. */
static ssize_t read_all(int fd, char *to, size_t room) {
    size_t got = 0;
    while (got < room) {
        ssize_t n = read(fd, to + got, room - got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        got += (size_t)n;
    }
    return (ssize_t)got;
}

static int read_open(int fd, size_t limit, sluice_arena *arena, sluice_text *out, sluice_error *error) {
    struct stat about;
    if (fstat(fd, &about) != 0)
        return cannot(error);
    /* A pipe has no size: make room for the most that is allowed. One byte more shows what is too long. */
    size_t room =
        S_ISREG(about.st_mode) && (size_t)about.st_size < limit ? (size_t)about.st_size + 1 : limit + 1;
    char *bytes = arena_alloc(arena, room + 1);
    if (!bytes)
        return fail_memory(error);
    ssize_t got = read_all(fd, bytes, room);
    if (got < 0)
        return cannot(error);
    if ((size_t)got > limit)
        return fail(error, SLUICE_E_DATA, "larger than %zu bytes; is it the right file?", limit);
    if ((size_t)got == room)
        return fail(error, SLUICE_E_DATA, "it grew while it was read; try again");
    bytes[got] = 0;
    *out = (sluice_text){bytes, (uint64_t)got};
    return 0;
}

int file_read(const char *path, size_t limit, sluice_arena *arena, sluice_text *out, sluice_error *error) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return cannot(error);
    int result = read_open(fd, limit, arena, out, error);
    close(fd);
    return result;
}
