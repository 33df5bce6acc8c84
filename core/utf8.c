#include "utf8.h"

#include <string.h>

uint64_t utf8_valid_prefix(sluice_text text) {
    uint64_t i = 0;
    while (i < text.len) {
        unsigned n = utf8_sequence(text.ptr + i, text.len - i);
        if (n == 0)
            break;
        i += n;
    }
    return i;
}

bool utf8_valid(sluice_text text) {
    return utf8_valid_prefix(text) == text.len;
}

static bool is_control(const unsigned char *at, unsigned length) {
    return length == 1 ? at[0] < 0x20 || at[0] == 0x7f : length == 2 && at[0] == 0xc2 && at[1] < 0xa0;
}

size_t utf8_flatten(char *text, size_t length) {
    size_t kept = 0;
    for (size_t i = 0; i < length;) {
        unsigned n = utf8_sequence(text + i, length - i);
        if (n == 0 || is_control((const unsigned char *)text + i, n)) {
            text[kept++] = n ? ' ' : '?';
        } else {
            memmove(text + kept, text + i, n);
            kept += n;
        }
        i += n ? n : 1;
    }
    return kept;
}

uint64_t utf8_length(sluice_text text) {
    uint64_t count = 0;
    for (uint64_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    return count;
}

unsigned utf8_line_break(sluice_text text, uint64_t at) {
    const unsigned char *s = (const unsigned char *)text.ptr + at;
    uint64_t left = text.len - at;
    if (left == 0)
        return 0;
    if (s[0] == '\r')
        return left > 1 && s[1] == '\n' ? 2 : 1;
    if (s[0] == '\n')
        return 1;
    if (left > 1 && s[0] == 0xc2 && s[1] == 0x85)
        return 2;
    return left > 2 && s[0] == 0xe2 && s[1] == 0x80 && (s[2] == 0xa8 || s[2] == 0xa9) ? 3 : 0;
}

void utf8_place(sluice_text text, uint64_t offset, unsigned *line, unsigned *column) {
    uint64_t start = 0;
    *line = 1;
    for (uint64_t i = 0; i < offset;) {
        unsigned n = utf8_line_break(text, i);
        i += n ? n : 1;
        if (n && i <= offset) {
            start = i;
            ++*line;
        }
    }
    *column = (unsigned)utf8_length((sluice_text){text.ptr + start, offset - start}) + 1;
}

sluice_text utf8_line(sluice_text text, unsigned line) {
    for (uint64_t start = 0, end;; start = end) {
        unsigned n = 0;
        for (end = start; end < text.len && (n = utf8_line_break(text, end)) == 0;)
            end++;
        if (--line == 0)
            return (sluice_text){text.ptr + start, end - start};
        if (n == 0)
            return (sluice_text){NULL, 0};
        end += n;
    }
}
