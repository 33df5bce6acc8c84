#include "printable.h"

#include "utf8.h"

/* Bytes of the next character, which is one that a terminal may be shown; 0: it isn't. */
static uint64_t plain(sluice_text rest) {
    unsigned char c = (unsigned char)rest.ptr[0];
    if (c < 0x80)
        return c >= 0x20 && c != 0x7f;
    uint64_t bytes = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
    if (bytes > rest.len || !utf8_valid((sluice_text){rest.ptr, bytes}))
        return 0;
    return c == 0xC2 && (unsigned char)rest.ptr[1] < 0xA0 ? 0 : bytes; /* C1 controls */
}

/* Characters are handed on together, up to the next one that isn't shown. */
static unsigned put(FILE *out, sluice_text text, unsigned most) {
    unsigned count = 0;
    uint64_t from = 0, i = 0;
    for (; i < text.len && count < most; count++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c >= 0x20 && c < 0x7f) { /* nearly all */
            i++;
            continue;
        }
        uint64_t bytes = plain((sluice_text){text.ptr + i, text.len - i});
        if (bytes) {
            i += bytes;
            continue;
        }
        fwrite(text.ptr + from, 1, i - from, out);
        fputc(text.ptr[i] == '\n' || text.ptr[i] == '\r' || text.ptr[i] == '\t' ? ' ' : '?', out);
        from = ++i;
    }
    if (i > from)
        fwrite(text.ptr + from, 1, i - from, out);
    return count;
}

void printable_put(FILE *out, sluice_text text) {
    put(out, text, UINT32_MAX);
}

void printable_cut(FILE *out, sluice_text text, unsigned width) {
    put(out, text, width);
}

void printable_pad(FILE *out, sluice_text text, unsigned width) {
    static const char spaces[] = "                                ";
    for (unsigned count = put(out, text, width); count < width;) {
        unsigned n = width - count < sizeof spaces - 1 ? width - count : (unsigned)sizeof spaces - 1;
        fwrite(spaces, 1, n, out);
        count += n;
    }
}
