#include "scan.h"

#include <stdbool.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* text[0 … length-1] stands at the position `base`. */
static uint32_t scan_part(struct scan *scan, const char *text, uint32_t base, uint32_t length,
                          uint32_t *ends) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < length; i++) {
        char c = text[i];
        bool after_cr = scan->after_cr;
        scan->after_cr = 0;
        if (c == '"')
            scan->seen |= SCAN_HAS_QUOTE;
        else if ((signed char)c <= 0)
            scan->seen |= SCAN_HAS_ODD;
        if (scan->state == SCAN_QUOTED) {
            if (c == '"')
                scan->state = SCAN_CLOSED;
        } else if (c == '\n' && after_cr) {
            continue;
        } else if (c == scan->delimiter || c == '\n' || c == '\r') {
            ends[count++] = (base + i) | (c == scan->delimiter ? 0 : SCAN_ROW_END);
            scan->after_cr = c == '\r';
            scan->state = SCAN_START;
        } else if (c == '"' && scan->state != SCAN_CELL) {
            scan->state = SCAN_QUOTED;
        } else {
            scan->state = SCAN_CELL;
        }
    }
    return count;
}

uint32_t scan_bytes(struct scan *scan, const char *text, uint32_t from, uint32_t to, uint32_t *ends) {
    return scan_part(scan, text + from, from, to - from, ends);
}

#if defined(__SSE2__)

enum { BLOCK = 64 };

/* One bit a byte of a block. */
struct block {
    uint64_t delimiter, lf, cr, quote;
    bool odd;
};

struct bytes {
    __m128i a, b, c, d;
};

static inline uint64_t bits16(__m128i bytes, __m128i wanted) {
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, wanted));
}

static inline uint64_t equal_bits(struct bytes in, char c) {
    __m128i wanted = _mm_set1_epi8(c);
    return bits16(in.a, wanted) | bits16(in.b, wanted) << 16 | bits16(in.c, wanted) << 32 |
           bits16(in.d, wanted) << 48;
}

/* As signed bytes, NUL and everything beyond ASCII are below 1. */
static inline bool any_odd(struct bytes in) {
    __m128i one = _mm_set1_epi8(1);
    return _mm_movemask_epi8(
        _mm_or_si128(_mm_or_si128(_mm_cmplt_epi8(in.a, one), _mm_cmplt_epi8(in.b, one)),
                     _mm_or_si128(_mm_cmplt_epi8(in.c, one), _mm_cmplt_epi8(in.d, one))));
}

static inline struct block block_load(const char *text, char delimiter) {
    const __m128i *from = (const __m128i *)(const void *)text;
    struct bytes in = {_mm_loadu_si128(from), _mm_loadu_si128(from + 1), _mm_loadu_si128(from + 2),
                       _mm_loadu_si128(from + 3)};
    return (struct block){
        .delimiter = equal_bits(in, delimiter),
        .lf = equal_bits(in, '\n'),
        .cr = equal_bits(in, '\r'),
        .quote = equal_bits(in, '"'),
        .odd = any_odd(in),
    };
}

/* Bit i of the result: the xor of the bits 0 … i, that is, whether an odd number of quotes came. */
static inline uint64_t prefix_xor(uint64_t bits) {
    for (unsigned shift = 1; shift < BLOCK; shift *= 2)
        bits ^= bits << shift;
    return bits;
}

static inline uint32_t emit(uint32_t *ends, uint32_t base, uint64_t cells, uint64_t rows) {
    uint32_t count = 0;
    for (; cells; cells &= cells - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(cells);
        ends[count++] = (base + bit) | (uint32_t)(rows >> bit & 1) << 31;
    }
    return count;
}

/* `length` bytes of the block count, the others are to be ignored. */
static inline uint32_t scan_block(struct scan *scan, const char *text, uint32_t base, uint32_t length,
                                  uint32_t *ends) {
    struct block block = block_load(text, scan->delimiter);
    unsigned last = length - 1;
    if (length < BLOCK) {
        uint64_t valid = (UINT64_C(1) << length) - 1;
        block.delimiter &= valid;
        block.lf &= valid;
        block.cr &= valid;
        block.quote &= valid;
    }
    uint64_t inside = 0, closes = 0;
    if (block.quote || scan->state == SCAN_QUOTED) {
        inside = prefix_xor(block.quote) ^ (scan->state == SCAN_QUOTED ? ~UINT64_C(0) : 0);
        uint64_t opens = block.quote & inside;
        closes = block.quote & ~inside;
        uint64_t breaks = (block.delimiter | block.lf | block.cr) & ~inside;
        bool may_open = scan->state == SCAN_START || scan->state == SCAN_CLOSED;
        if (opens & ~((breaks | closes) << 1 | may_open))
            return scan_part(scan, text, base, length, ends); /* a quote amid a cell */
    }
    uint64_t cr = block.cr & ~inside;
    uint64_t rows = cr | (block.lf & ~inside & ~(cr << 1 | scan->after_cr));
    uint64_t breaks = cr | ((block.delimiter | block.lf) & ~inside);
    scan->seen |= (uint8_t)((block.quote ? SCAN_HAS_QUOTE : 0) | (block.odd ? SCAN_HAS_ODD : 0));
    scan->after_cr = cr >> last & 1;
    if (inside >> last & 1)
        scan->state = SCAN_QUOTED;
    else if (breaks >> last & 1)
        scan->state = SCAN_START;
    else
        scan->state = closes >> last & 1 ? SCAN_CLOSED : SCAN_CELL;
    return emit(ends, base, rows | (block.delimiter & ~inside), rows);
}

uint32_t scan_cells(struct scan *scan, const char *text, uint32_t from, uint32_t to, uint32_t *ends) {
    struct scan local = *scan;
    uint32_t count = 0;
    for (; to - from >= BLOCK; from += BLOCK)
        count += scan_block(&local, text + from, from, BLOCK, ends + count);
    if (from < to) {
        char rest[BLOCK];
        memset(rest, ' ', sizeof rest);
        memcpy(rest, text + from, to - from);
        count += scan_block(&local, rest, from, to - from, ends + count);
    }
    *scan = local;
    return count;
}

#else

uint32_t scan_cells(struct scan *scan, const char *text, uint32_t from, uint32_t to, uint32_t *ends) {
    return scan_bytes(scan, text, from, to, ends);
}

#endif
