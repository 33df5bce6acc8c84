#include "delimiter.h"

#include <string.h>

#include "scan.h"

const char *const delimiter_choices[] = {"auto", ",", ";", "tab", "|", "\t", NULL};

char delimiter_of(int64_t choice) {
    static const char characters[] = {0, ',', ';', '\t', '|', '\t'};
    return characters[choice];
}

enum {
    SAMPLE_BYTES = 16 * 1024,
    SAMPLE_ROWS = 64,
    STEP = 1024, /* bytes scanned at a time: what bounds `ends` */
};

struct tally {
    uint32_t first; /* cells of the first row that isn't blank */
    uint32_t rows;
    uint32_t same;  /* rows with as many cells */
    uint32_t cells; /* of the row at hand */
    uint32_t start; /* of the row at hand */
};

static void tally_row(struct tally *tally, const char *sample, uint32_t end) {
    uint32_t start = tally->start;
    if (start < end && sample[start] == '\n')
        start++; /* the rest of a CRLF */
    if (start < end || tally->cells > 1) {
        if (!tally->rows)
            tally->first = tally->cells;
        tally->rows++;
        tally->same += tally->cells == tally->first;
    }
    tally->start = end + 1;
    tally->cells = 0;
}

static struct tally tally_with(char delimiter, const char *sample, uint32_t length) {
    uint32_t ends[STEP];
    struct scan scan = {.delimiter = delimiter};
    struct tally tally = {0};
    for (uint32_t at = 0; at < length && tally.rows < SAMPLE_ROWS; at += STEP) {
        uint32_t to = length - at > STEP ? at + STEP : length;
        uint32_t count = scan_cells(&scan, sample, at, to, ends);
        for (uint32_t i = 0; i < count && tally.rows < SAMPLE_ROWS; i++) {
            tally.cells++;
            if (ends[i] & SCAN_ROW_END)
                tally_row(&tally, sample, ends[i] & SCAN_POSITION);
        }
    }
    if (!tally.rows && tally.cells) { /* a single row without a line end */
        tally.cells++;
        tally_row(&tally, sample, length);
    }
    return tally;
}

/* At equal rights a comma comes last: it is often a decimal comma. */
static int better(struct tally a, struct tally b) {
    uint64_t one = (uint64_t)a.same * b.rows, other = (uint64_t)b.same * a.rows;
    if (one != other)
        return one > other;
    return a.first > b.first;
}

char delimiter_detect(const char *sample, uint32_t length) {
    static const char candidates[] = {'\t', ';', '|', ','};
    struct tally best = {0};
    char found = ',';
    if (length > SAMPLE_BYTES)
        length = SAMPLE_BYTES;
    for (unsigned i = 0; i < sizeof candidates; i++) {
        struct tally tally = tally_with(candidates[i], sample, length);
        if (tally.first < 2 || (best.rows && !better(tally, best)))
            continue;
        best = tally;
        found = candidates[i];
    }
    return found;
}

char delimiter_declared(const char *text, uint32_t length, uint32_t *line) {
    uint32_t quoted = length && text[0] == '"';
    uint32_t n = 5 + 2 * quoted;
    if (length < n || memcmp(text + quoted, "sep=", 4) || (quoted && text[6] != '"'))
        return 0;
    if (length > n && text[n] != '\n' && text[n] != '\r')
        return 0;
    *line = n;
    char c = text[4 + quoted];
    return c == ',' || c == ';' || c == '\t' || c == '|' ? c : 0;
}
