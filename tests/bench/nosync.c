/* nosync.so - preloaded into a program, it takes every sync for done: what durability costs is the
 * difference. */
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT int fsync(int fd) {
    (void)fd;
    return 0;
}

EXPORT int fdatasync(int fd) {
    (void)fd;
    return 0;
}
