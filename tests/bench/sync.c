/* sync.c - how long the disk takes to keep something: appends 4 KiB to a file and syncs it, again and again.
 *
 *     sync FILE [TIMES]     the median in microseconds of elapsed time, and of CPU time on average */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, TIMES = 500, MOST = 100000 };

static double now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static double cpu_us(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    static double took[MOST];
    char page[PAGE];
    int times = argc > 2 ? atoi(argv[2]) : TIMES;
    int fd = argc > 1 ? open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    if (fd < 0 || times < 1 || times > MOST)
        return fputs("usage: sync FILE [TIMES]\n", stderr), 64;
    memset(page, 'x', sizeof page);
    double cpu = 0;
    for (int i = 0; i < times; i++) {
        if (write(fd, page, sizeof page) != sizeof page)
            return perror(argv[1]), 74;
        double begun = now_us(), used = cpu_us();
        if (fdatasync(fd))
            return perror(argv[1]), 74;
        took[i] = now_us() - begun;
        cpu += cpu_us() - used;
    }
    qsort(took, (size_t)times, sizeof *took, ascending);
    printf("%.0f %.1f\n", took[times / 2], cpu / times);
    return close(fd) || unlink(argv[1]);
}
