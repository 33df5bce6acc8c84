#include "pg_bytes.h"

static unsigned digit_of(char c) {
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static size_t read_digits(const char *text, uint8_t *out) {
    size_t count = 0;
    for (; text[0] && text[1]; text += 2)
        out[count++] = (uint8_t)(digit_of(text[0]) << 4 | digit_of(text[1]));
    return count;
}

static size_t read_escaped(const char *text, uint8_t *out) {
    size_t count = 0;
    while (*text) {
        if (text[0] == '\\' && text[1] && text[1] != '\\' && text[2] && text[3]) {
            out[count++] = (uint8_t)((text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0'));
            text += 4;
        } else {
            text += text[0] == '\\' && text[1] == '\\';
            out[count++] = (uint8_t)*text++;
        }
    }
    return count;
}

size_t pg_bytes_read(const char *text, uint8_t *out) {
    return text[0] == '\\' && text[1] == 'x' ? read_digits(text + 2, out) : read_escaped(text, out);
}
