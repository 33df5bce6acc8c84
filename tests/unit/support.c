#include "support.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void must(bool ok, const char *what) {
    if (ok)
        return;
    perror(what);
    abort();
}

const char *support_dir(char room[64]) {
    const char *base = getenv("TMPDIR");
    snprintf(room, 64, "%.40s/sluice-XXXXXX", base ? base : "/tmp");
    must(mkdtemp(room) != NULL, "mkdtemp");
    return room;
}

static int remove_one(const char *path, const struct stat *found, int kind, struct FTW *where) {
    (void)found, (void)kind, (void)where;
    return remove(path);
}

void support_remove(const char *dir) {
    must(nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0, "nftw");
}

const char *support_path(char room[256], const char *dir, const char *name) {
    snprintf(room, 256, "%s/%s", dir, name);
    return room;
}

void support_write(const char *path, const char *bytes, size_t length) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    must(fd >= 0, path);
    must(write(fd, bytes, length) == (ssize_t)length, "write");
    close(fd);
}

static struct { int kept, file; } captures[3];

void support_capture(int fd) {
    fflush(NULL);
    captures[fd].kept = dup(fd);
    captures[fd].file = memfd_create("captured", MFD_CLOEXEC);
    must(captures[fd].kept >= 0 && captures[fd].file >= 0, "memfd_create");
    must(dup2(captures[fd].file, fd) == fd, "dup2");
}

char *support_captured(int fd) {
    fflush(NULL);
    must(dup2(captures[fd].kept, fd) == fd, "dup2");
    close(captures[fd].kept);
    off_t length = lseek(captures[fd].file, 0, SEEK_END);
    char *text = malloc((size_t)length + 1);
    must(text && pread(captures[fd].file, text, (size_t)length, 0) == length, "pread");
    text[length] = 0;
    close(captures[fd].file);
    return text;
}
