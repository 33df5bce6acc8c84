#include "run_mark.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_ROOM = 4096, NUMBER = 24, NUMBERS = 3 * NUMBER };

static int open_at(const char *state_dir, const char *folder, const char *name, int flags) {
    char path[PATH_ROOM];
    if (snprintf(path, sizeof path, "%s/%s/%s", state_dir, folder, name) >= (int)sizeof path)
        return -1;
    return open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
}

static int open_mark(const char *state_dir, int flags) {
    return open_at(state_dir, "runs", "newest", flags);
}

int64_t run_mark_read(const char *state_dir) {
    char text[NUMBER] = "", *end;
    int fd = open_mark(state_dir, O_RDONLY);
    ssize_t length = fd < 0 ? -1 : pread(fd, text, sizeof text - 1, 0);
    if (fd >= 0)
        close(fd);
    if (length <= 0 || text[0] < '1' || text[0] > '9')
        return 0;
    errno = 0;
    int64_t run = strtoll(text, &end, 10);
    return errno || *end != '\n' ? 0 : run; /* cut off, it would be another number */
}

static void write_mark(int fd, const char *text, int length) {
    if (fd < 0)
        return;
    bool whole = pwrite(fd, text, (size_t)length, 0) == length;
    if (!whole && ftruncate(fd, 0))
        whole = false; /* what is there is no number, then */
    close(fd);
}

void run_mark_write(const char *state_dir, int64_t run) {
    char text[NUMBER];
    if (run_mark_read(state_dir) >= run)
        return;
    int length = snprintf(text, sizeof text, "%" PRId64 "\n", run);
    write_mark(open_mark(state_dir, O_WRONLY | O_CREAT), text, length);
}

/* ---- of a ledger on a server ---------------------------------------------------------------- */

/* Three numbers and the end of the line. */
static bool read_numbers(const char *text, int64_t *out) {
    for (int i = 0; i < 3; i++) {
        char *end;
        if (*text < '0' || *text > '9')
            return false;
        errno = 0;
        out[i] = strtoll(text, &end, 10);
        if (errno || *end != (i < 2 ? ' ' : '\n'))
            return false;
        text = end + 1;
    }
    return true;
}

bool run_mark_read_far(const char *state_dir, const char *ledger, struct run_mark *out) {
    char text[NUMBERS] = "";
    int64_t numbers[3];
    int fd = open_at(state_dir, RUN_MARK_FOLDER, ledger, O_RDONLY);
    ssize_t length = fd < 0 ? -1 : pread(fd, text, sizeof text - 1, 0);
    if (fd >= 0)
        close(fd);
    if (length <= 0 || !read_numbers(text, numbers))
        return false;
    *out = (struct run_mark){.run = numbers[0], .token = numbers[1], .turn = numbers[2]};
    return true;
}

void run_mark_write_far(const char *state_dir, const char *ledger, const struct run_mark *mark) {
    char text[NUMBERS], path[PATH_ROOM];
    struct run_mark known;
    if (run_mark_read_far(state_dir, ledger, &known) && known.run > mark->run)
        return;
    int length = snprintf(text, sizeof text, "%" PRId64 " %" PRId64 " %" PRId64 "\n", mark->run, mark->token,
                          mark->turn);
    int fd = open_at(state_dir, RUN_MARK_FOLDER, ledger, O_WRONLY | O_CREAT);
    if (fd < 0 && errno == ENOENT &&
        snprintf(path, sizeof path, "%s/%s", state_dir, RUN_MARK_FOLDER) < (int)sizeof path &&
        mkdir(path, 0700) == 0)
        fd = open_at(state_dir, RUN_MARK_FOLDER, ledger, O_WRONLY | O_CREAT);
    write_mark(fd, text, length);
}
