/* bench_ledger_size.c - what a large ledger costs: to begin a run, and to look an order up.
 *
 *     bench_ledger_size [ORDERS]     5,000,000 unless told
 *
 * The ledger is filled by hand, with its indexes made afterwards, since placing that many takes minutes. The
 * look-ups are of orders anywhere in it, as those of a file are: warm is the system's page cache, not
 * SQLite's. */
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ledger.h"
#include "text.h"

enum { LOOKS = 100000, TOGETHER = 1024 /* as many as a batch has */ };

static const uint64_t ANYWHERE = 2654435761u;

static sluice_error error = ERROR_INIT;

static void check(int failed, const char *what) {
    if (!failed)
        return;
    fprintf(stderr, "%s: %s\n", what, error.text);
    exit(1);
}

struct times {
    double cpu, wall;
};

static struct times now(void) {
    struct rusage usage;
    struct timespec wall;
    getrusage(RUSAGE_SELF, &usage);
    clock_gettime(CLOCK_MONOTONIC, &wall);
    return (struct times){(double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
                              (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec),
                          (double)wall.tv_sec * 1e6 + (double)wall.tv_nsec / 1e3};
}

static void identify(uint64_t n, char identifier[16], struct order_key *key) {
    snprintf(identifier, 16, "00%013" PRIu64, n);
    check(order_key_make(key, TEXT("gsm_fusion"), TEXT("tester@provider"), TEXT("1739"),
                         (sluice_text){identifier, 15}, &error),
          "order_key_make");
}

/* ---- a ledger of that size ----------------------------------------------------------------- */

static void sql(sqlite3 *db, const char *text) {
    if (sqlite3_exec(db, text, NULL, NULL, NULL)) {
        fprintf(stderr, "%s: %s\n", text, sqlite3_errmsg(db));
        exit(1);
    }
}

/* The indexes of `orders`: what drops them and what makes them, each as one text. */
static void read_indexes(sqlite3 *db, char *drop, char *make, size_t room) {
    sqlite3_stmt *indexes;
    size_t dropping = 0, making = 0;
    sqlite3_prepare_v2(db,
                       "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'orders'"
                       " AND sql IS NOT NULL",
                       -1, &indexes, NULL);
    while (sqlite3_step(indexes) == SQLITE_ROW) {
        dropping += (size_t)snprintf(drop + dropping, room - dropping, "DROP INDEX %s;",
                                     (const char *)sqlite3_column_text(indexes, 0));
        making += (size_t)snprintf(make + making, room - making, "%s;",
                                   (const char *)sqlite3_column_text(indexes, 1));
    }
    sqlite3_finalize(indexes);
}

static void add_orders(sqlite3 *db, uint64_t orders) {
    sqlite3_stmt *add;
    char identifier[16], order_id[16];
    struct order_key key;
    int failed = sqlite3_prepare_v2(
        db,
        "INSERT INTO orders (id, key, gen, state, run, call, attempt, version, account, day, price, "
        "claimed_ms,"
        " sent_ms, changed_ms, row, service, identifier, currency, order_id)"
        " VALUES (?1, ?2, 0, 3, 1, ?1, 1, 1, 1, 20000, 80000, 1700000000000 + ?1, 1700000000001 + ?1,"
        " 1700000000100 + ?1, ?1, '1739', ?3, 'USD', ?4)",
        -1, &add, NULL);
    for (uint64_t n = 1; n <= orders && !failed; n++) {
        identify(n, identifier, &key);
        int length = snprintf(order_id, sizeof order_id, "%" PRIu64, 7000000 + n);
        sqlite3_bind_int64(add, 1, (sqlite3_int64)n);
        sqlite3_bind_blob(add, 2, key.bytes, sizeof key.bytes, SQLITE_STATIC);
        sqlite3_bind_text(add, 3, identifier, 15, SQLITE_STATIC);
        sqlite3_bind_text(add, 4, order_id, length, SQLITE_STATIC);
        failed = sqlite3_step(add) != SQLITE_DONE;
        sqlite3_reset(add);
    }
    sqlite3_finalize(add);
    if (failed) {
        fprintf(stderr, "%s\n", sqlite3_errmsg(db));
        exit(1);
    }
}

static const struct run_info info = {
    .pipeline = "p", .file = "p.yaml", .sinks = (const char *const[]){"orders"}, .sink_count = 1};

static void fill(const char *directory, uint64_t orders) {
    char path[300], drop[4096] = "", make[8192] = "";
    struct ledger *ledger;
    sqlite3 *db;
    int64_t run;
    check(ledger_open(directory, 0, &ledger, &error), "ledger_open");
    check(ledger_run_begin(ledger, &info, &run, &error), "ledger_run_begin");
    check(ledger_run_end(ledger, run, 0, &error), "ledger_run_end");
    ledger_close(ledger);
    snprintf(path, sizeof path, "%s/ledger.db", directory);
    if (sqlite3_open(path, &db))
        exit(1);
    read_indexes(db, drop, make, sizeof drop);
    sql(db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000");
    sql(db, "BEGIN");
    sql(db, drop);
    sql(db, "INSERT OR IGNORE INTO accounts (id, provider, account)"
            " VALUES (1, 'gsm_fusion', 'tester@provider')");
    add_orders(db, orders);
    sql(db, make);
    sql(db, "COMMIT");
    sql(db, "PRAGMA journal_mode = WAL");
    sqlite3_close(db);
}

/* ---- what is measured ---------------------------------------------------------------------- */

static int nothing(void *user, int64_t run) {
    (void)user, (void)run;
    return 0;
}

static void tell(void *user, const char *pipeline, const char *sink, uint64_t orders) {
    (void)user, (void)pipeline, (void)sink, (void)orders;
}

/* What a run does before its first row. */
static void begin_run(const char *directory, struct ledger **ledger, int64_t *run) {
    struct recovered recovered;
    uint64_t waiting;
    struct times begin = now();
    check(ledger_open(directory, 0, ledger, &error), "ledger_open");
    check(ledger_run_begin(*ledger, &info, run, &error), "ledger_run_begin");
    check(ledger_recover(*ledger, *run, &recovered, &error), "ledger_recover");
    check(ledger_stranded(*ledger, *run, tell, NULL, &error), "ledger_stranded");
    check(ledger_waiting(*ledger, *run, "orders", &waiting, &error), "ledger_waiting");
    check(ledger_behind(*ledger, *run, "orders", nothing, NULL, &error), "ledger_behind");
    struct times end = now();
    printf("start of a run: %.1f ms (%.1f ms CPU)\n", (end.wall - begin.wall) / 1e3,
           (end.cpu - begin.cpu) / 1e3);
}

/* Every `stride`-th of `span` orders, round and round: 1 is a file that runs again, whose orders lie side by
 * side in the ledger; a large one is any order. */
static double look(struct ledger *ledger, int64_t run, uint64_t first, uint64_t span, uint64_t stride,
                   enum answer expected) {
    struct order_key *keys = malloc(LOOKS * sizeof *keys);
    struct claim claim;
    char identifier[16];
    if (!keys)
        exit(1);
    for (uint64_t i = 0; i < LOOKS; i++)
        identify(first + i * stride % span, identifier, &keys[i]);
    struct times begin = now();
    for (uint64_t i = 0; i < LOOKS; i++) {
        if (i % TOGETHER == 0)
            check(ledger_read_begin(ledger, &error), "ledger_read_begin");
        check(ledger_look(ledger, run, &keys[i], (sluice_text){NULL, 0}, &claim, &error), "ledger_look");
        if (claim.answer != expected)
            exit(1);
        if (i % TOGETHER == TOGETHER - 1 || i == LOOKS - 1)
            ledger_read_end(ledger);
    }
    struct times end = now();
    free(keys);
    return (end.cpu - begin.cpu) / LOOKS;
}

static void measure(const char *directory, uint64_t orders) {
    struct ledger *ledger;
    int64_t run;
    begin_run(directory, &ledger, &run);
    look(ledger, run, 1, orders, ANYWHERE, ANSWER_DUPLICATE); /* warms */
    double again = look(ledger, run, 1, orders, 1, ANSWER_DUPLICATE);
    double anywhere = look(ledger, run, 1, orders, ANYWHERE, ANSWER_DUPLICATE);
    double unknown = look(ledger, run, orders + 1, orders, 1, ANSWER_CLAIMED);
    printf("look-up: %.2f us of the orders of a file in turn, %.2f us of orders anywhere, %.2f us of unknown "
           "ones (CPU)\n",
           again, anywhere, unknown);
    check(ledger_run_end(ledger, run, 0, &error), "ledger_run_end");
    ledger_close(ledger);
}

int main(int argc, char **argv) {
    uint64_t orders = argc > 1 ? strtoull(argv[1], NULL, 10) : 5000000;
    char directory[200], path[300];
    const char *kept = getenv("LEDGER"); /* made once, measured again */
    struct stat found;
    struct rusage usage;
    snprintf(directory, sizeof directory, "%s", kept ? kept : "/tmp/bench-ledger-XXXXXX");
    if (!kept && !mkdtemp(directory))
        return 1;
    snprintf(path, sizeof path, "%s/ledger.db", directory);
    if (stat(path, &found))
        fill(directory, orders);
    if (stat(path, &found) == 0)
        printf("%" PRIu64 " orders: %.0f bytes an order\n", orders, (double)found.st_size / (double)orders);
    measure(directory, orders);
    getrusage(RUSAGE_SELF, &usage);
    printf("peak %ld KiB\n", usage.ru_maxrss);
    if (!kept) {
        char command[300];
        snprintf(command, sizeof command, "rm -rf '%s'", directory);
        return system(command) != 0;
    }
    return 0;
}
