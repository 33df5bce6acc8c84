#include "writer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WRITER_EXACT 1
#elif defined(__has_feature)
#define WRITER_EXACT (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define WRITER_EXACT 0
#endif

enum { SLACK = 64 }; /* bytes behind `used` that may be read and overwritten */

void writer_free(struct writer *writer) {
    free(writer->buffer);
    writer->buffer = NULL;
    writer->used = writer->room = writer->row = 0;
}

static bool grow(struct writer *writer, size_t bytes) {
    size_t room = writer->room ? writer->room : WRITER_FLUSH;
    while (room - writer->used < bytes)
        room *= 2;
    if (room > 2 * (size_t)WRITER_MOST)
        return false;
    char *buffer = realloc(writer->buffer, room);
    if (!buffer)
        return false;
    writer->buffer = buffer;
    writer->room = room;
    return true;
}

/* Room for `bytes` and the slack. */
static inline bool reserve(struct writer *writer, size_t bytes) {
    return writer->room - writer->used >= bytes + SLACK ||
           (bytes <= WRITER_MOST && grow(writer, bytes + SLACK));
}

#if defined(__SSE2__)

static inline uint32_t special_bits(__m128i bytes, char delimiter) {
    __m128i comma = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(delimiter)),
            quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    __m128i lf = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n')), cr = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\r'));
    return (uint32_t)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(comma, quote), _mm_or_si128(lf, cr)));
}

/* `cell` stands in the buffer, with slack behind it. */
static inline bool needs_quotes(const char *cell, size_t n, char delimiter) {
    for (size_t i = 0; i < n; i += 16) {
        uint32_t bits = special_bits(_mm_loadu_si128((const __m128i *)(const void *)(cell + i)), delimiter);
        if (n - i < 16)
            bits &= (1u << (n - i)) - 1;
        if (bits)
            return true;
    }
    return false;
}

#else

static inline bool needs_quotes(const char *cell, size_t n, char delimiter) {
    for (size_t i = 0; i < n; i++)
        if (cell[i] == delimiter || cell[i] == '"' || cell[i] == '\n' || cell[i] == '\r')
            return true;
    return false;
}

#endif

/* Up to the first quote, 16 bytes at a time; what is copied too much is overwritten. Returns bytes taken. */
#if defined(__SSE2__)

static inline uint64_t copy_unquoted(char *out, const char *from, uint64_t n) {
    uint64_t i = 0;
    for (; i + 16 <= n; i += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(from + i));
        uint32_t quotes = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
        _mm_storeu_si128((__m128i *)(void *)(out + i), bytes);
        if (quotes)
            return i + (uint64_t)__builtin_ctz(quotes);
    }
    for (; i < n && from[i] != '"'; i++)
        out[i] = from[i];
    return i;
}

#else

static inline uint64_t copy_unquoted(char *out, const char *from, uint64_t n) {
    uint64_t i = 0;
    for (; i < n && from[i] != '"'; i++)
        out[i] = from[i];
    return i;
}

#endif

static bool put_quoted(struct writer *writer, sluice_text cell) {
    if (!reserve(writer, cell.len * 2 + 2))
        return false;
    char *out = writer->buffer + writer->used;
    *out++ = '"';
    for (uint64_t i = 0; i < cell.len;) {
        uint64_t n = copy_unquoted(out, cell.ptr + i, cell.len - i);
        out += n;
        i += n;
        if (i < cell.len) {
            *out++ = '"';
            *out++ = '"';
            i++;
        }
    }
    *out++ = '"';
    writer->used = (size_t)(out - writer->buffer);
    return true;
}

/* What a spreadsheet would turn into a number and round, or strip of its leading zero. */
static bool is_identifier(sluice_text cell) {
    for (uint64_t i = 0; i < cell.len; i++)
        if (cell.ptr[i] < '0' || cell.ptr[i] > '9')
            return false;
    return cell.len >= 12 || (cell.len >= 2 && cell.ptr[0] == '0');
}

static bool put_identifier(struct writer *writer, sluice_text cell) {
    if (!reserve(writer, cell.len + 4))
        return false;
    char *out = writer->buffer + writer->used;
    memcpy(out, "=\"", 2);
    memcpy(out + 2, cell.ptr, cell.len);
    out[2 + cell.len] = '"';
    out[3 + cell.len] = writer->delimiter;
    writer->used += cell.len + 4;
    return true;
}

static bool is_formula(sluice_text cell) {
    char c = cell.len ? cell.ptr[0] : 0;
    return c == '=' || c == '+' || c == '-' || c == '@' || c == '\t' || c == '\r';
}

static bool put_delimiter(struct writer *writer) {
    writer->buffer[writer->used++] = writer->delimiter; /* there is slack */
    return true;
}

/* The rare cells: the apostrophe goes inside the quotes, so the cell is made up first. */
static bool put_guarded(struct writer *writer, sluice_text cell) {
    char *guarded = malloc(cell.len + 1);
    if (!guarded)
        return false;
    guarded[0] = '\'';
    memcpy(guarded + 1, cell.ptr, cell.len);
    cell = (sluice_text){guarded, cell.len + 1};
    bool written = put_quoted(writer, cell);
    free(guarded);
    return written && put_delimiter(writer);
}

static bool put_plain(struct writer *writer, sluice_text cell) {
    if (!reserve(writer, cell.len + 1))
        return false;
    char *out = writer->buffer + writer->used;
    if (cell.len)
        memcpy(out, cell.ptr, cell.len);
    if (needs_quotes(out, cell.len, writer->delimiter))
        return put_quoted(writer, cell) && put_delimiter(writer);
    out[cell.len] = writer->delimiter;
    writer->used += cell.len + 1;
    return true;
}

/* A cell of up to 16 bytes is copied as 16, whatever its length: a copy that looks at the length first
 * mispredicts a branch in every third cell, and takes five times as long. The bytes behind the cell are
 * of the same page, so they can be read, and what they hold is overwritten. A sanitizer can't know. */
#if defined(__SSE2__) && !WRITER_EXACT

enum { PAGE = 4096 };

static inline bool put_short(char *out, sluice_text cell, char delimiter) {
    const char *from = cell.len ? cell.ptr : out; /* null has no address */
    if (cell.len > 16 || ((uintptr_t)from & (PAGE - 1)) > PAGE - 16)
        return false;
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)from);
    _mm_storeu_si128((__m128i *)(void *)out, bytes);
    out[cell.len] = delimiter;
    return !(special_bits(bytes, delimiter) & ((1u << cell.len) - 1));
}

#else

static inline bool put_short(char *out, sluice_text cell, char delimiter) {
    (void)out, (void)cell, (void)delimiter;
    return false;
}

#endif

bool writer_cell(struct writer *writer, sluice_text cell) {
    if (writer->excel && is_identifier(cell))
        return put_identifier(writer, cell);
    if (writer->guarded && is_formula(cell))
        return put_guarded(writer, cell);
    if (!reserve(writer, 17))
        return false;
    if (!put_short(writer->buffer + writer->used, cell, writer->delimiter))
        return put_plain(writer, cell);
    writer->used += cell.len + 1;
    return true;
}

bool writer_row(struct writer *writer, const sluice_text *const *cells, uint32_t count, uint32_t row) {
    for (uint32_t c = 0; c < count; c++)
        if (!writer_cell(writer, cells[c] ? cells[c][row] : (sluice_text){NULL, 0}))
            return false;
    return writer_end_row(writer);
}

bool writer_end_row(struct writer *writer) {
    if (!reserve(writer, 8))
        return false;
    if (writer->used > writer->row)
        writer->used--; /* the delimiter behind the last cell */
    if (writer->used == writer->row) {
        /* A row of one empty cell would be a blank line, which no reader takes for a row. */
        memcpy(writer->buffer + writer->used, "\"\"", 2);
        writer->used += 2;
    }
    if (writer->crlf)
        writer->buffer[writer->used++] = '\r';
    writer->buffer[writer->used++] = '\n';
    writer->row = writer->used;
    return true;
}

bool writer_has_nul(const struct writer *writer, size_t from) {
    return memchr(writer->buffer + from, 0, writer->used - from) != NULL;
}

/* From the end, so that each byte moves once. */
bool writer_show_nuls(struct writer *writer, size_t from) {
    static const char shown[] = "\xef\xbf\xbd"; /* U+FFFD */
    size_t nuls = 0, last = writer->used;
    for (size_t i = from; i < last; i++)
        nuls += writer->buffer[i] == 0;
    if (!reserve(writer, nuls * 2))
        return false;
    writer->used = writer->row = last + nuls * 2;
    for (size_t out = writer->used; out > last; last--) {
        char c = writer->buffer[last - 1];
        out -= c ? 1 : 3;
        if (c)
            writer->buffer[out] = c;
        else
            memcpy(writer->buffer + out, shown, 3);
    }
    return true;
}

void writer_undo(struct writer *writer) {
    writer->used = writer->row;
}
