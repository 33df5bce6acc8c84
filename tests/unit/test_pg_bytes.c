/* Bytes as Postgres writes them, one way or the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pg_bytes.h"

#include <cmocka.h>

static void expect(const char *text, const char *bytes, size_t count) {
    uint8_t *out = malloc(strlen(text) + 1);
    assert_int_equal(pg_bytes_read(text, out), count);
    assert_memory_equal(out, bytes, count);
    free(out);
}

static void both_ways_say_the_same(void **state) {
    (void)state;
    expect("\\x", "", 0);
    expect("", "", 0);
    expect("\\x00ff5c78", "\0\xff\\x", 4);
    expect("\\000\\377\\\\x", "\0\xff\\x", 4);
    expect("\\\\x41", "\\x41", 4); /* a backslash, and no digits */
    expect("a'b\\\\\\\\\\012", "a'b\\\\\n", 6);
}

/* Each byte, as the server would write it. */
static void each_byte_is_read(void **state) {
    char hex[2 + 2 * 256 + 1] = "\\x", escaped[4 * 256 + 1] = "", bytes[256];
    (void)state;
    for (int i = 0; i < 256; i++) {
        bytes[i] = (char)i;
        sprintf(hex + strlen(hex), "%02x", (unsigned)i);
        sprintf(escaped + strlen(escaped), i == '\\' ? "\\\\" : i >= 0x20 && i < 0x7f ? "%c" : "\\%03o", i);
    }
    expect(hex, bytes, sizeof bytes);
    expect(escaped, bytes, sizeof bytes);
}

/* What no server writes is read to its end and not beyond. */
static void half_of_it_ends_too(void **state) {
    static const char *const texts[] = {"\\", "\\1", "\\12", "\\x1", "\\x", "a\\"};
    uint8_t out[8];
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_true(pg_bytes_read(texts[i], out) <= strlen(texts[i]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways_say_the_same),
        cmocka_unit_test(each_byte_is_read),
        cmocka_unit_test(half_of_it_ends_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
