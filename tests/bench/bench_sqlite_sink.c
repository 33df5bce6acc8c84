/* CPU time of the sqlite sink alone, beside that of the sqlite3 shell.
 *
 *     bench_sqlite_sink plain [ROWS [COMMIT]]   eight columns, a unique key of 15 random digits, against
 * .import; a commit every COMMIT rows bench_sqlite_sink small [ROWS [COMMIT]]   the same into a file that is
 * there already, with pages of 4 KiB bench_sqlite_sink orders [ROWS [GROUP]]   the whole order schema, GROUP
 * rows a write and commit
 *
 * Each is done twice: the second time the rows are there. In `orders` they come with news then. The plugin is
 * found as the tests find it (SLUICE_PLUGIN_PATH). Files are made in a temporary directory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../plugins/harness.h"
#include "text.h"

struct bench {
    struct harness sink;
    char dir[64];
    uint64_t random;
    uint32_t made;
    bool again;
    FILE *csv; /* NULL: not wanted */
    double cpu;
};

static const char *const plain_names[] = {"imei",      "service_id", "customer", "email",
                                          "reference", "country",    "price",    "note"};
static const char *const order_names[] = {"imei",    "service_id", "order_id",     "status",   "service_name",
                                          "credits", "order_date", "raw_response", "provider", "account"};
enum {
    PLAIN = sizeof plain_names / sizeof *plain_names,
    ORDER = sizeof order_names / sizeof *order_names,
    WIDE = 16
};

static double cpu_seconds(int who) {
    struct rusage usage;
    getrusage(who, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void must(struct bench *bench, int failed) {
    if (!failed)
        return;
    fprintf(stderr, "bench_sqlite_sink: %s\n", bench->sink.error.text);
    exit(1);
}

/* xorshift64*: the same keys in each run. */
static uint64_t next_random(struct bench *bench) {
    bench->random ^= bench->random >> 12;
    bench->random ^= bench->random << 25;
    bench->random ^= bench->random >> 27;
    return bench->random * 0x2545F4914F6CDD1Dull;
}

static void put(sluice_arena *arena, sluice_text *cell, const char *text) {
    *cell = arena_copy(arena, text_of(text));
}

static void make_plain(struct bench *bench, sluice_filling *out, uint32_t row) {
    char text[PLAIN][64];
    unsigned i = bench->made++;
    snprintf(text[0], 64, "00%013llu", (unsigned long long)(next_random(bench) % 10000000000000ull));
    snprintf(text[1], 64, "%u", 1700 + i % 50);
    snprintf(text[2], 64, "Customer %u", i % 9973);
    snprintf(text[3], 64, "c%u@example.com", i % 9973);
    snprintf(text[4], 64, "R-%07u", i);
    snprintf(text[5], 64, "DE");
    snprintf(text[6], 64, "%u.%02u", i % 9, i % 100);
    snprintf(text[7], 64, "note %u", i % 17);
    for (unsigned c = 0; c < PLAIN; c++) {
        put(out->arena, &out->cells[c][row], text[c]);
        if (bench->csv)
            fprintf(bench->csv, "%s%c", text[c], c + 1 < PLAIN ? ',' : '\n');
    }
}

static void make_order(struct bench *bench, sluice_filling *out, uint32_t row) {
    char text[ORDER][256];
    unsigned i = bench->made++;
    snprintf(text[0], 256, "00%013llu", (unsigned long long)(next_random(bench) % 10000000000000ull));
    snprintf(text[1], 256, "1739");
    snprintf(text[2], 256, "%u", 5000000 + i);
    snprintf(text[3], 256, bench->again ? "Completed" : "Pending");
    snprintf(text[4], 256, "Apple carrier check, worldwide");
    snprintf(text[5], 256, "0.08");
    snprintf(text[6], 256, "2026-11-22 %02u:%02u:%02u", i / 3600 % 24, i / 60 % 60, i % 60);
    snprintf(text[7], 256, "{\"%s\":{\"id\":\"%u\",\"imei\":\"%s\",\"status\":\"Pending\"}}",
             bench->again ? "check" : "place", 5000000 + i, text[0]);
    snprintf(text[8], 256, "gsm_fusion");
    snprintf(text[9], 256, "tester@127.0.0.1");
    for (unsigned c = 0; c < ORDER; c++)
        put(out->arena, &out->cells[c][row], text[c]);
}

static struct batch *make_batch(struct bench *bench, uint32_t rows, bool orders) {
    struct filling filling;
    sluice_text names[WIDE];
    uint32_t columns = orders ? ORDER : PLAIN;
    for (uint32_t c = 0; c < columns; c++)
        names[c] = text_of(orders ? order_names[c] : plain_names[c]);
    must(bench, filling_begin(&filling, rows, BATCH_BYTES, &bench->sink.error));
    must(bench, filling_columns(&filling.view, names, columns, &bench->sink.error));
    for (uint32_t r = 0; r < rows; r++) {
        if (orders)
            make_order(bench, &filling.view, r);
        else
            make_plain(bench, &filling.view, r);
        filling.view.numbers[r] = r + 1;
    }
    filling.view.row_count = rows;
    return filling_end(&filling);
}

static void write_batch(struct bench *bench, struct batch *batch) {
    struct changes changes;
    double before = cpu_seconds(RUSAGE_SELF);
    must(bench, harness_write(&bench->sink, batch, &changes));
    bench->cpu += cpu_seconds(RUSAGE_SELF) - before;
    if (changes.reject_count)
        fprintf(stderr, "%zu rejected: %s\n", changes.reject_count, changes.rejects[0].reason.ptr);
    changes_free(&changes);
    batch_unref(batch);
}

static void commit(struct bench *bench) {
    double before = cpu_seconds(RUSAGE_SELF);
    must(bench, bench->sink.instance.type->sink->commit(bench->sink.instance.handle, &bench->sink.error));
    bench->cpu += cpu_seconds(RUSAGE_SELF) - before;
}

static void load(struct bench *bench, uint32_t rows, uint32_t group, uint32_t commit_every, bool orders) {
    uint32_t waiting = 0;
    while (bench->made < rows) {
        uint32_t count = rows - bench->made < group ? rows - bench->made : group;
        write_batch(bench, make_batch(bench, count, orders));
        waiting += count;
        if (waiting >= commit_every) {
            commit(bench);
            waiting = 0;
        }
    }
    commit(bench);
}

static int shell(struct bench *bench, const char *file, const char *arguments) {
    char command[1024];
    snprintf(command, sizeof command, "cd '%s' && sqlite3 %s %s", bench->dir, file, arguments);
    int failed = system(command);
    if (failed)
        fprintf(stderr, "bench_sqlite_sink: failed: %s\n", command);
    return failed;
}

static const char create_table[] = "'CREATE TABLE records(imei TEXT UNIQUE, service_id TEXT, customer TEXT, "
                                   "email TEXT, reference TEXT, country TEXT,"
                                   " price TEXT, note TEXT)'";

static double run_import(struct bench *bench) {
    if (shell(bench, "import.db", create_table))
        return 0;
    double before = cpu_seconds(RUSAGE_CHILDREN);
    int failed = shell(bench, "import.db", "-cmd '.mode csv' '.import in.csv records'");
    return failed ? 0 : cpu_seconds(RUSAGE_CHILDREN) - before;
}

static void clean_up(struct bench *bench) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", bench->dir);
    if (system(command) != 0)
        fprintf(stderr, "bench_sqlite_sink: %s is left\n", bench->dir);
}

static void open_sink(struct bench *bench, bool orders) {
    char option[160];
    snprintf(option, sizeof option, "path=%s/sink.db", bench->dir);
    const char *plain_options[] = {option, "table=records", "conflict=imei", NULL};
    const char *order_options[] = {option, NULL};
    must(bench, harness_open(&bench->sink, "sqlite", "sqlite", SLUICE_SINK, orders,
                             orders ? order_options : plain_options));
}

static void close_sink(struct bench *bench) {
    double before = cpu_seconds(RUSAGE_SELF);
    harness_close(&bench->sink);
    bench->cpu += cpu_seconds(RUSAGE_SELF) - before;
}

/* The peak is that of the process: the sink, its library, and one batch. */
static double run_sink(struct bench *bench, uint32_t rows, uint32_t group, uint32_t commit_every,
                       bool orders) {
    struct rusage usage;
    bench->random = 88172645463325252ull;
    bench->made = 0;
    bench->cpu = 0;
    open_sink(bench, orders);
    load(bench, rows, group, commit_every, orders);
    close_sink(bench);
    getrusage(RUSAGE_SELF, &usage);
    printf("%s: %.2f s CPU, %.2f us a row, peak %.1f MiB\n", bench->again ? "again" : "sink", bench->cpu,
           bench->cpu * 1e6 / rows, (double)usage.ru_maxrss / 1024);
    return bench->cpu;
}

int main(int argc, char **argv) {
    bool orders = argc > 1 && strcmp(argv[1], "orders") == 0,
         small = argc > 1 && strcmp(argv[1], "small") == 0;
    uint32_t rows = argc > 2 ? (uint32_t)atol(argv[2]) : orders ? 20000 : 1000000;
    uint32_t together = argc > 3 ? (uint32_t)atol(argv[3]) : orders ? 1000 : 65536;
    struct bench bench = {.dir = "/tmp/bench_sqlite.XXXXXX"};
    char csv[128];
    if (!mkdtemp(bench.dir))
        return 1;
    snprintf(csv, sizeof csv, "%s/in.csv", bench.dir);
    bench.csv = orders ? NULL : fopen(csv, "w");
    if (small)
        shell(&bench, "sink.db", create_table);
    double sink = run_sink(&bench, rows, orders ? together : BATCH_ROWS, together, orders);
    if (bench.csv) {
        fclose(bench.csv);
        bench.csv = NULL;
        double import = run_import(&bench);
        printf("import: %.2f s CPU; ratio %.2f\n", import, sink / import);
    }
    bench.again = true;
    run_sink(&bench, rows, orders ? together : BATCH_ROWS, together, orders);
    clean_up(&bench);
    return 0;
}
