/* bench_submit.c - what people send, taken in: jobs of one row from several threads at once, each
 * acknowledged once it is on the disk.
 *
 *     bench_submit [JOBS [THREADS]]    100,000 jobs, 30 threads
 *
 * Prints jobs a second, the median and the 99th percentile of an acknowledgement, and the CPU of a job. The
 * best of three, since other programs run too. What comes to it in a service is host->submit. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "inbox.h"
#include "log.h"
#include "text.h"

enum { ROUNDS = 3, THREADS_MOST = 256 };

struct sender {
    struct inbox *inbox;
    pthread_t thread;
    unsigned number;
    uint64_t count;
    int64_t *us; /* of each acknowledgement */
};

static void submit(const struct sender *sender, uint64_t nth) {
    static const sluice_text names[] = {TEXT("imei"), TEXT("service_id")};
    char name[64], imei[24];
    const uint64_t number = 1;
    int length = snprintf(name, sizeof name, "0198c5d2-%04x-7000-8000-%012llx", sender->number,
                          (unsigned long long)nth);
    snprintf(imei, sizeof imei, "0010%04u%07llu", sender->number, (unsigned long long)nth % 10000000);
    const sluice_text values[] = {{imei, 15}, TEXT("1739")};
    const sluice_text *const cells[] = {&values[0], &values[1]};
    const sluice_batch rows = {.size = sizeof rows,
                               .column_count = 2,
                               .row_count = 1,
                               .selected = 1,
                               .names = names,
                               .cells = cells,
                               .numbers = &number};
    const struct inbox_job job = {
        .pipeline = TEXT("web"), .name = {name, (uint64_t)length}, .rows = &rows, .max_price = MONEY_NONE};
    sluice_error error = ERROR_INIT;
    if (inbox_submit(sender->inbox, &job, &error)) {
        fprintf(stderr, "bench_submit: %s\n", error.code ? error.text : "a name was there already");
        exit(1);
    }
}

static void *send_thread(void *user) {
    struct sender *sender = user;
    for (uint64_t i = 0; i < sender->count; i++) {
        int64_t begun_us = clock_us();
        submit(sender, i);
        sender->us[i] = clock_us() - begun_us;
    }
    return NULL;
}

static int compare(const void *a, const void *b) {
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static double cpu_us(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

struct figures {
    double a_second, cpu_us;
    int64_t median_us, most_us; /* of 50 and of 99 in a hundred */
};

static struct figures run(struct inbox *inbox, uint64_t jobs, unsigned threads, int64_t *us) {
    static struct sender senders[THREADS_MOST];
    uint64_t each = jobs / threads;
    double cpu = cpu_us();
    int64_t begun_us = clock_us();
    for (unsigned i = 0; i < threads; i++) {
        senders[i] = (struct sender){.inbox = inbox, .number = i, .count = each, .us = us + i * each};
        if (pthread_create(&senders[i].thread, NULL, send_thread, &senders[i]))
            exit(1);
    }
    for (unsigned i = 0; i < threads; i++)
        pthread_join(senders[i].thread, NULL);
    double wall = (double)(clock_us() - begun_us);
    uint64_t all = each * threads;
    qsort(us, all, sizeof *us, compare);
    return (struct figures){.a_second = (double)all / wall * 1e6,
                            .cpu_us = (cpu_us() - cpu) / (double)all,
                            .median_us = us[all / 2],
                            .most_us = us[all / 100 * 99]};
}

static struct figures run_in(const char *dir, uint64_t jobs, unsigned threads, int64_t *us) {
    sluice_error error = ERROR_INIT;
    struct inbox *inbox;
    char path[64];
    if (inbox_open(dir, NULL, NULL, &inbox, &error)) {
        fprintf(stderr, "bench_submit: %s\n", error.text);
        exit(1);
    }
    struct figures figures = run(inbox, jobs, threads, us);
    inbox_close(inbox);
    for (size_t i = 0; i < 3; i++) {
        static const char *const files[] = {"inbox.db", "inbox.db-wal", "inbox.db-shm"};
        snprintf(path, sizeof path, "%s/%s", dir, files[i]);
        unlink(path);
    }
    return figures;
}

int main(int count, char **words) {
    uint64_t jobs = count > 1 ? strtoull(words[1], NULL, 10) : 100000;
    unsigned threads = count > 2 ? (unsigned)strtoul(words[2], NULL, 10) : 30;
    char dir[] = "bench-submit.XXXXXX";
    if (!threads || threads > THREADS_MOST || jobs < threads * UINT64_C(100) || !mkdtemp(dir))
        return 2;
    int64_t *us = malloc(jobs * sizeof *us);
    struct figures best = {0};
    if (!us)
        return 1;
    log_configure(&(struct log_settings){.level = SLUICE_LOG_ERROR});
    for (int i = 0; i < ROUNDS; i++) {
        struct figures figures = run_in(dir, jobs, threads, us);
        if (figures.a_second > best.a_second)
            best = figures;
    }
    printf("%.0f %.2f %.2f %.1f\n", best.a_second, (double)best.median_us / 1e3, (double)best.most_us / 1e3,
           best.cpu_us);
    free(us);
    return rmdir(dir) != 0;
}
