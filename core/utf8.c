#include "utf8.h"

/* Length of the well-formed sequence that starts with these bytes; 0: it isn't one (overlong, a
 * surrogate, beyond U+10FFFF, cut off). */
static unsigned sequence(const unsigned char *s, uint64_t left) {
    if (s[0] < 0x80)
        return 1;
    unsigned length = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4 || left < length)
        return 0;
    for (unsigned i = 1; i < length; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
    bool beyond = (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf4 && s[1] > 0x8f);
    return overlong || beyond ? 0 : length;
}

uint64_t utf8_valid_prefix(sluice_text text) {
    uint64_t i = 0;
    while (i < text.len) {
        unsigned n = sequence((const unsigned char *)text.ptr + i, text.len - i);
        if (n == 0)
            break;
        i += n;
    }
    return i;
}

bool utf8_valid(sluice_text text) {
    return utf8_valid_prefix(text) == text.len;
}

uint64_t utf8_length(sluice_text text) {
    uint64_t count = 0;
    for (uint64_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    return count;
}

unsigned utf8_column(sluice_text text, uint64_t offset) {
    uint64_t start = offset;
    while (start > 0 && text.ptr[start - 1] != '\n')
        start--;
    return (unsigned)utf8_length((sluice_text){text.ptr + start, offset - start}) + 1;
}
