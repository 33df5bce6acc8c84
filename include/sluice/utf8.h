/* utf8.h - small helpers for UTF-8, which every value is. Not a part of the contract, and not in sluice.h:
 * see text.h. */
#ifndef SLUICE_UTF8_H
#define SLUICE_UTF8_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of the well-formed sequence that `at` begins with; 0: it isn't one (overlong, a surrogate, beyond
 * U+10FFFF, cut off). `left` is at least 1. */
static inline unsigned utf8_sequence(const char *at, uint64_t left) {
    const unsigned char *s = (const unsigned char *)at;
    unsigned char low = 0x80, high = 0xbf;
    if (s[0] < 0x80)
        return 1;
    if (s[0] < 0xc2 || s[0] > 0xf4)
        return 0;
    unsigned length = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    if (s[0] == 0xe0)
        low = 0xa0; /* no overlong forms */
    else if (s[0] == 0xed)
        high = 0x9f; /* no surrogates */
    else if (s[0] == 0xf0)
        low = 0x90;
    else if (s[0] == 0xf4)
        high = 0x8f;
    if (left < length || s[1] < low || s[1] > high)
        return 0;
    for (unsigned i = 2; i < length; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

/* A code point as UTF-8; returns the bytes written, at most 4. */
static inline unsigned utf8_put(char *out, uint32_t c) {
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* The code point of a byte of Windows-1252, which is what "Latin-1" means in the field. The five that it
 * leaves open are the control characters of Latin-1. */
static inline uint32_t utf8_from_1252(unsigned char byte) {
    static const uint16_t high[32] = {
        0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
        0x2039, 0x0152, 0x008d, 0x017d, 0x008f, 0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
        0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178,
    };
    return byte >= 0x80 && byte < 0xa0 ? high[byte - 0x80] : byte;
}

#ifdef __cplusplus
}
#endif
#endif
