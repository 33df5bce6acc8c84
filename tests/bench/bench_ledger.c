/* bench_ledger.c - what an order costs in the ledger.
 *
 *     bench_ledger                 20,000 orders in groups of 30, 100 and 1000
 *     bench_ledger ORDERS [ROWS]   so many orders; then look-ups in a ledger of ROWS orders
 *
 * In a group: the claims and sends of its orders and the outcomes of those of the group before, in one
 * commit; every 1000 orders the cursor of a sink is moved. Identity, record encoding, the log's writes
 * and syncs are in it. Best of five, since other programs run too. */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ledger.h"
#include "text.h"

enum { COLUMNS = 10, ADDED = 8, DELIVER = 1000, ROUNDS = 5 };

static sluice_error error = ERROR_INIT;

static void check(int failed, const char *what) {
    if (!failed)
        return;
    fprintf(stderr, "%s: %s\n", what, error.text);
    exit(1);
}

struct times {
    double cpu, system, wall;
};

static struct times now(void) {
    struct rusage usage;
    struct timespec wall;
    getrusage(RUSAGE_SELF, &usage);
    clock_gettime(CLOCK_MONOTONIC, &wall);
    double system = (double)usage.ru_stime.tv_sec * 1e6 + (double)usage.ru_stime.tv_usec;
    return (struct times){(double)usage.ru_utime.tv_sec * 1e6 + (double)usage.ru_utime.tv_usec + system,
                          system, (double)wall.tv_sec * 1e6 + (double)wall.tv_nsec / 1e3};
}

static void remove_directory(const char *path) {
    char inner[4096];
    DIR *directory = opendir(path);
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..") && unlink(inner))
            remove_directory(inner);
    }
    if (directory)
        closedir(directory);
    rmdir(path);
}

/* ---- one run ------------------------------------------------------------------------------- */

struct bench {
    struct ledger *ledger;
    int64_t run, delivered;
    int64_t *orders, *before; /* of this group and of the one before */
    sluice_text names[COLUMNS], values[COLUMNS], added_names[ADDED], added[ADDED];
    char cells[COLUMNS][24], raw[151];
};

static void name_columns(struct bench *bench) {
    static const char *const source[COLUMNS] = {"imei",  "service_id", "customer", "reference", "note",
                                                "shelf", "grade",      "colour",   "box",       "invoice"};
    static const char *const added[ADDED] = {"order_id",   "status",       "service_name", "credits",
                                             "order_date", "raw_response", "provider",     "account"};
    memset(bench->raw, 'x', sizeof bench->raw - 1);
    for (size_t c = 0; c < COLUMNS; c++)
        bench->names[c] = text_of(source[c]);
    for (size_t c = 0; c < ADDED; c++) {
        bench->added_names[c] = text_of(added[c]);
        bench->added[c] = TEXT("as long as most");
    }
    bench->added[5] = text_of(bench->raw);
}

/* Digits by hand: snprintf would take as long as a tenth of what is measured. */
static void put_number(char *end, uint64_t number, int digits) {
    while (digits--) {
        *--end = (char)('0' + number % 10);
        number /= 10;
    }
}

static void fill(struct bench *bench, uint64_t row) {
    /* Not in the order of the rows: files are seldom sorted by serial number. */
    uint64_t serial = row * UINT64_C(2654435761) % UINT64_C(1000000007);
    for (size_t c = 0; c < COLUMNS; c++) {
        memcpy(bench->cells[c], c ? "value " : "00100", c ? 6 : 5);
        put_number(bench->cells[c] + 15, c ? row + c : serial, c ? 9 : 10);
        bench->values[c] = (sluice_text){bench->cells[c], 15};
    }
}

static void identify(struct bench *bench, struct order_key *key) {
    check(order_key_make(key, TEXT("gsm_fusion"), TEXT("tester@api.example.test"), TEXT("1739"),
                         bench->values[0], &error),
          "order_key_make");
}

static bool claim(struct bench *bench, uint64_t row, bool together, int64_t *order) {
    struct claim claim;
    struct intent intent = {.provider = TEXT("gsm_fusion"),
                            .account = TEXT("tester@api.example.test"),
                            .service = TEXT("1739"),
                            .identifier = bench->values[0],
                            .price = 80000,
                            .currency = "USD",
                            .row = row,
                            .call = together ? (int64_t)row : 0,
                            .sent_ms = 1700000000000,
                            .record = {bench->names, bench->values, COLUMNS}};
    identify(bench, &intent.key);
    check(ledger_claim(bench->ledger, bench->run, &intent, &claim, &error), "ledger_claim");
    *order = claim.order;
    if (claim.answer == ANSWER_CLAIMED && !together)
        check(ledger_send(bench->ledger, claim.order, (int64_t)row, 1700000000000, &error), "ledger_send");
    return claim.answer == ANSWER_CLAIMED;
}

static void place(struct bench *bench, int64_t order) {
    char order_id[24];
    enum order_state became;
    snprintf(order_id, sizeof order_id, "%" PRId64, 10000000 + order);
    bench->added[0] = text_of(order_id);
    struct outcome outcome = {.transition = T3,
                              .order_id = text_of(order_id),
                              .price = MONEY_NONE,
                              .added = {bench->added_names, bench->added, ADDED}};
    check(ledger_outcome(bench->ledger, bench->run, order, &outcome, &became, &error), "ledger_outcome");
}

static void open_ledger(struct bench *bench, const char *directory) {
    const char *sinks[] = {"orders"};
    name_columns(bench);
    check(ledger_open(directory, 0, &bench->ledger, &error), "ledger_open");
    check(ledger_run_begin(
              bench->ledger,
              &(struct run_info){.pipeline = "bench", .file = "bench.yaml", .sinks = sinks, .sink_count = 1},
              &bench->run, &error),
          "ledger_run_begin");
}

static void order_all(struct bench *bench, uint64_t rows, uint64_t group, bool together) {
    uint64_t count = 0, since = 0;
    bench->orders = calloc(group, sizeof *bench->orders);
    bench->before = calloc(group, sizeof *bench->before);
    for (uint64_t row = 1; row <= rows || count;) {
        uint64_t last = count;
        int64_t *orders = bench->before;
        bench->before = bench->orders;
        bench->orders = orders;
        check(ledger_begin(bench->ledger, &error), "ledger_begin");
        for (count = 0; row <= rows && count < group; row++, count++) {
            fill(bench, row);
            claim(bench, row, together, &orders[count]);
        }
        for (uint64_t i = 0; i < last; i++)
            place(bench, bench->before[i]);
        since += last;
        if (since >= DELIVER || (last && !count)) {
            check(
                ledger_delivered(bench->ledger, bench->run, "orders", ledger_version(bench->ledger), &error),
                "ledger_delivered");
            since = 0;
        }
        check(ledger_commit(bench->ledger, &error), "ledger_commit");
    }
    free(bench->orders);
    free(bench->before);
}

static struct times measure(uint64_t rows, uint64_t group, bool together) {
    struct times best = {1e18, 1e18, 1e18};
    for (int round = 0; round < ROUNDS; round++) {
        char directory[] = "/tmp/bench-ledger-XXXXXX";
        struct bench bench = {0};
        if (!mkdtemp(directory))
            exit(1);
        open_ledger(&bench, directory);
        struct times begin = now();
        order_all(&bench, rows, group, together);
        struct times end = now();
        check(ledger_run_end(bench.ledger, bench.run, 0, &error), "ledger_run_end");
        ledger_close(bench.ledger);
        remove_directory(directory);
        if (end.cpu - begin.cpu < best.cpu)
            best = (struct times){end.cpu - begin.cpu, end.system - begin.system, end.wall - begin.wall};
    }
    return best;
}

/* ---- look-ups ------------------------------------------------------------------------------ */

static void look_up(uint64_t rows) {
    enum { LOOKS = 100000 };
    char directory[] = "/tmp/bench-ledger-XXXXXX";
    struct bench bench = {0};
    struct claim claim_of;
    struct order_key key;
    struct stat file;
    char path[64];
    if (!mkdtemp(directory))
        exit(1);
    open_ledger(&bench, directory);
    struct times begin = now();
    order_all(&bench, rows, 1000, true);
    struct times end = now();
    printf("%" PRIu64 " orders in groups of 1000: %.2f us CPU an order\n", rows,
           (end.cpu - begin.cpu) / (double)rows);
    for (int known = 0; known < 2; known++) {
        begin = now();
        check(ledger_read_begin(bench.ledger, &error), "ledger_read_begin");
        for (uint64_t i = 0; i < LOOKS; i++) {
            fill(&bench, (known ? 1 + i * 7919 % rows : rows + 1 + i));
            identify(&bench, &key);
            check(ledger_look(bench.ledger, bench.run, &key, TEXT(""), &claim_of, &error), "ledger_look");
            if ((claim_of.answer == ANSWER_DUPLICATE) != (known == 1))
                exit(1);
        }
        ledger_read_end(bench.ledger);
        end = now();
        printf("look-up of %s key among %" PRIu64 ": %.2f us CPU, identity included\n",
               known ? "a known" : "an unknown", rows, (end.cpu - begin.cpu) / LOOKS);
    }
    check(ledger_begin(bench.ledger, &error), "ledger_begin");
    begin = now();
    for (uint64_t i = 0; i < LOOKS; i++) {
        int64_t order;
        fill(&bench, 1 + i * 7919 % rows);
        if (claim(&bench, i, true, &order))
            exit(1);
    }
    end = now();
    printf("claim of a known key among %" PRIu64 ": %.2f us CPU\n", rows, (end.cpu - begin.cpu) / LOOKS);
    ledger_rollback(bench.ledger);
    check(ledger_run_end(bench.ledger, bench.run, 0, &error), "ledger_run_end");
    ledger_close(bench.ledger);
    snprintf(path, sizeof path, "%s/ledger.db", directory);
    if (stat(path, &file) == 0)
        printf("file: %.0f bytes an order\n", (double)file.st_size / (double)rows);
    remove_directory(directory);
}

int main(int argc, char **argv) {
    static const uint64_t groups[] = {30, 100, 1000};
    uint64_t rows = argc > 1 ? strtoull(argv[1], NULL, 10) : 20000;
    struct rusage usage;
    for (size_t i = 0; rows && i < sizeof groups / sizeof *groups; i++)
        for (int together = 1; together >= 0; together--) {
            struct times best = measure(rows, groups[i], together);
            printf("groups of %4" PRIu64
                   "%s: %6.2f us CPU an order (%.2f of it in the system), %6.2f us wall\n",
                   groups[i], together ? ", claimed and sent at once" : ", claimed, then sent     ",
                   best.cpu / (double)rows, best.system / (double)rows, best.wall / (double)rows);
        }
    if (argc > 2)
        look_up(strtoull(argv[2], NULL, 10));
    getrusage(RUSAGE_SELF, &usage);
    printf("peak %ld KiB\n", usage.ru_maxrss);
    return 0;
}
