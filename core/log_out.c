#include "log_out.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"

static bool stuck; /* the last line wasn't taken, */
static bool torn;  /* but for a part of it */

static bool wait_for_room(int64_t until_us) {
    struct pollfd fd = {.fd = STDERR_FILENO, .events = POLLOUT};
    int64_t left_us = until_us - clock_us();
    int ready;
    do
        ready = poll(&fd, 1, left_us > 0 ? (int)(left_us / 1000) : 0);
    while (ready < 0 && errno == EINTR);
    return ready != 0;
}

/* Not to wait is a property of what is open, which others may have open, too: the shell, for one. So it is
 * opened a second time. -1: it can't be. */
static int open_own(void) {
    return open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* `own`: -1: there is none. A pipe with any room takes PIPE_BUF bytes. */
static ssize_t write_some(int own, mode_t type, const char *bytes, size_t count) {
    if (S_ISREG(type))
        return write(STDERR_FILENO, bytes, count);
    if (S_ISSOCK(type))
        return send(STDERR_FILENO, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (own >= 0)
        return write(own, bytes, count);
    if (!wait_for_room(0)) {
        errno = EAGAIN;
        return -1;
    }
    return write(STDERR_FILENO, bytes, count < PIPE_BUF ? count : PIPE_BUF);
}

static bool write_until(int own, mode_t type, const char *bytes, size_t count, int64_t until_us) {
    size_t done = 0;
    while (done < count) {
        ssize_t n = write_some(own, type, bytes + done, count - done);
        if (n > 0)
            done += (size_t)n;
        else if (n < 0 && errno == EAGAIN && clock_us() < until_us)
            wait_for_room(until_us);
        else if (n == 0 || errno != EINTR)
            break; /* EAGAIN: nobody reads it; else nowhere is left to say it */
    }
    stuck = done < count && errno == EAGAIN;
    if (done)
        torn = bytes[done - 1] != '\n' && stuck;
    return !stuck;
}

static bool is_file(mode_t type) {
    return S_ISREG(type) || S_ISSOCK(type);
}

bool log_out(const char *bytes, size_t count) {
    struct stat found;
    int64_t until_us = stuck ? 0 : clock_us() + LOG_OUT_WAIT_MS * 1000;
    if (fstat(STDERR_FILENO, &found))
        return true; /* it is closed on purpose */
    int own = is_file(found.st_mode) ? -1 : open_own();
    bool written = !torn || write_until(own, found.st_mode, "\n", 1, until_us);
    written = written && write_until(own, found.st_mode, bytes, count, until_us);
    if (own >= 0)
        close(own);
    return written;
}

bool log_out_ready(void) {
    return !stuck || wait_for_room(0);
}
