#include "random.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

static void fill(uint8_t *out, size_t count) {
    size_t filled = 0;
    while (filled < count) {
        ssize_t got = getrandom(out + filled, count - filled, 0);
        if (got > 0)
            filled += (size_t)got;
        else if (errno != EINTR)
            abort(); /* without chance there is no security: better no form at all */
    }
}

void random_name(char *out, size_t length) {
    static const char letters[] = "0123456789bcdfghjklmnpqrstvwxyzB";
    fill((uint8_t *)out, length);
    for (size_t i = 0; i < length; i++)
        out[i] = letters[(uint8_t)out[i] % 32];
    out[length] = 0;
}

void random_hex(const uint8_t *bytes, size_t count, char *out) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < count; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * count] = 0;
}
