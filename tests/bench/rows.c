/* rows.c - the input of the benchmarks, the same on every machine.
 *
 *     bench_rows wide ROWS    eight columns, as a shop exports them; about 100 bytes a row
 *     bench_rows imei ROWS    a list of IMEIs
 *
 * The IMEIs are of the test range (TAC 00…), Luhn-correct, distinct, and in no order: a unique index over
 * them has to work. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A prime below 10^12: k -> k * FACTOR mod PRIME visits every number once, far from its neighbours. */
static const uint64_t PRIME = 999999999989, FACTOR = 618033988749;

static char check_digit(const char *fourteen) {
    int sum = 0;
    for (int i = 0; i < 14; i++) {
        int digit = (fourteen[i] - '0') * (i % 2 + 1);
        sum += digit > 9 ? digit - 9 : digit;
    }
    return (char)('0' + (10 - sum % 10) % 10);
}

static void write_imei(uint64_t k, char out[16]) {
    uint64_t number = (uint64_t)((unsigned __int128)(k + 1) * FACTOR % PRIME);
    snprintf(out, 16, "00%012llu", (unsigned long long)number);
    out[14] = check_digit(out);
    out[15] = '\0';
}

static void write_wide(uint64_t k, const char *imei) {
    static const char *const countries[] = {"DE", "FR", "US", "GB", "BR", "IN", "JP", "ZA"};
    static const char *const notes[] = {"", "display replaced", "\"returned, box missing\"", "trade-in",
                                        "no charger"};
    unsigned n = (unsigned)k;
    printf("%s,%u,Customer %u,customer%u@example.org,R-%08u,%s,%u.%02u,%s\n", imei, 1700 + n % 40, n / 3,
           n / 3, n * 7, countries[n % 8], n % 90, n % 100, notes[n % 5]);
}

int main(int argc, char **argv) {
    char imei[16];
    long long rows = argc == 3 ? atoll(argv[2]) : 0;
    int wide = argc == 3 && strcmp(argv[1], "wide") == 0;
    if (rows < 1 || (!wide && strcmp(argv[1], "imei") != 0))
        return fputs("usage: bench_rows wide|imei ROWS\n", stderr), 64;
    puts(wide ? "imei,service_id,customer,email,reference,country,price,note" : "imei");
    for (uint64_t k = 0; k < (uint64_t)rows; k++) {
        write_imei(k, imei);
        if (wide)
            write_wide(k, imei);
        else
            puts(imei);
    }
    return fflush(stdout) ? 74 : 0;
}
