#include "base64.h"

#include <string.h>

#include <sluice/text.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_write(struct buffer *out, sluice_text text) {
    for (uint64_t i = 0; i < text.len; i += 3) {
        uint64_t left = text.len - i;
        char four[4] = {'=', '=', '=', '='};
        uint32_t bits = (uint32_t)(unsigned char)text.ptr[i] << 16;
        if (left > 1)
            bits |= (uint32_t)(unsigned char)text.ptr[i + 1] << 8;
        if (left > 2)
            bits |= (unsigned char)text.ptr[i + 2];
        for (uint64_t k = 0; k < 4 && k <= left; k++)
            four[k] = digits[bits >> (18 - 6 * k) & 63];
        buffer_add(out, (sluice_text){four, 4});
    }
}

bool base64_read(struct buffer *out, sluice_text text) {
    uint32_t bits = 0;
    unsigned count = 0, padding = 0;
    for (uint64_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (text_is_space(c))
            continue;
        const char *found = c ? strchr(digits, c) : NULL;
        padding += c == '=';
        if ((!found && c != '=') || (found && padding))
            return false;
        bits = bits << 6 | (found ? (uint32_t)(found - digits) : 0);
        if (++count % 4)
            continue;
        char three[3] = {(char)(bits >> 16), (char)(bits >> 8), (char)bits};
        if (padding > 2)
            return false;
        buffer_add(out, (sluice_text){three, 3 - padding});
        bits = 0;
    }
    return count % 4 == 0;
}
