/* The scanner of 64 bytes at once against the one of single bytes, wherever the blocks begin and end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <csv/scan.h>

enum { MOST = 400 };

/* Deterministic, and the same everywhere. */
static uint32_t next_random(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return *state >> 16;
}

static void fill(char *text, uint32_t length, uint32_t *state) {
    static const char usual[] = "ab12,,\n\"\"\r\n ,;x\xc3\xa9";
    static const char quiet[] = "abcdefgh0123456789,\n";
    const char *alphabet = next_random(state) % 2 ? usual : quiet;
    for (uint32_t i = 0; i < length; i++)
        text[i] = alphabet[next_random(state) % strlen(alphabet)];
}

static void agrees_with_single_bytes(void **state) {
    (void)state;
    uint32_t random = 7;
    for (unsigned round = 0; round < 20000; round++) {
        uint32_t length = next_random(&random) % MOST, step = 1 + next_random(&random) % 130;
        char *text = malloc(length + 1); /* of its own size: no byte behind it is read */
        uint32_t fast[MOST], slow[MOST], count = 0;
        struct scan one = {.delimiter = ','}, other = {.delimiter = ','};
        fill(text, length, &random);
        for (uint32_t at = 0; at < length; at += step)
            count += scan_cells(&one, text, at, at + step < length ? at + step : length, fast + count);
        assert_int_equal(count, scan_bytes(&other, text, 0, length, slow));
        assert_memory_equal(fast, slow, count * sizeof *fast);
        assert_memory_equal(&one, &other, sizeof one);
        free(text);
    }
}

static void finds_cells_and_rows(void **state) {
    (void)state;
    static const char text[] = "a,\"b,\n\"\r\nc\rd\n\n\"\"\"\"";
    static const uint32_t expected[] = {1, 7 | SCAN_ROW_END, 10 | SCAN_ROW_END, 12 | SCAN_ROW_END,
                                        13 | SCAN_ROW_END};
    uint32_t ends[sizeof text];
    struct scan scan = {.delimiter = ','};
    assert_int_equal(scan_cells(&scan, text, 0, sizeof text - 1, ends), 5);
    assert_memory_equal(ends, expected, sizeof expected);
    assert_int_equal(scan.state, SCAN_CLOSED);
    assert_int_equal(scan.seen, SCAN_HAS_QUOTE);
}

static void tells_odd_bytes(void **state) {
    (void)state;
    uint32_t ends[128];
    char text[100];
    for (unsigned at = 0; at < sizeof text; at++) {
        for (unsigned odd = 0; odd < 2; odd++) {
            struct scan scan = {.delimiter = ';'};
            memset(text, 'x', sizeof text);
            text[at] = odd ? '\0' : '\x80';
            assert_int_equal(scan_cells(&scan, text, 0, sizeof text, ends), 0);
            assert_int_equal(scan.seen, SCAN_HAS_ODD);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_single_bytes),
        cmocka_unit_test(finds_cells_and_rows),
        cmocka_unit_test(tells_odd_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
