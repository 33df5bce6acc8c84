#include "header.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cell.h"
#include "scan.h"

enum { HEADER_BYTES = 64 * 1024 }; /* of the first row, at most */

static void list(char *out, size_t room, const sluice_text *names, uint32_t count) {
    size_t used = 0;
    *out = 0;
    for (uint32_t i = 0; i < count; i++) {
        int n = snprintf(out + used, room - used, "%s%.*s", i ? "," : "", (int)names[i].len, names[i].ptr);
        if (n < 0 || used + (size_t)n >= room)
            return;
        used += (size_t)n;
    }
}

static int32_t fail_other(const struct target *target, const struct layout *layout, const sluice_text *found,
                          uint32_t count, sluice_error *error) {
    char theirs[300], ours[300];
    sluice_text *names = calloc(layout->count + 1, sizeof *names);
    if (!names)
        return target->host->fail(error, SLUICE_E_IO, "out of memory");
    for (uint32_t c = 0; c < layout->count; c++)
        names[c] = layout->columns[c].header;
    list(theirs, sizeof theirs, found, count);
    list(ours, sizeof ours, names, layout->count);
    free(names);
    return target->host->fail(
        error, SLUICE_E_CONFIG,
        "%s: its columns are %s, those to append are %s; write to another file, or name the "
        "same columns in the option columns",
        target->name, theirs, ours);
}

/* The cells of the first row, in place; their count. 0: out of memory. */
static uint32_t split(char *text, uint32_t length, char delimiter, uint32_t *ends, sluice_text *cells) {
    struct scan scan = {.delimiter = delimiter};
    uint32_t start = length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    uint32_t count = scan_cells(&scan, text, start, length, ends), used = 0;
    ends[count] = length | SCAN_ROW_END; /* a header without a line end */
    do {
        uint32_t end = ends[used] & SCAN_POSITION;
        cells[used] = (sluice_text){text + start, end - start};
        cell_unquote(&cells[used]);
        start = end + 1;
    } while (!(ends[used++] & SCAN_ROW_END));
    return used;
}

static int32_t check_first(struct target *target, struct layout *layout, struct writer *writer, char *text,
                           uint32_t length, sluice_error *error) {
    uint32_t *ends = calloc(length + 1, sizeof *ends);
    sluice_text *cells = calloc(length + 1, sizeof *cells);
    int32_t rc = 0;
    if (!ends || !cells) {
        rc = target->host->fail(error, SLUICE_E_IO, "out of memory");
    } else {
        uint32_t count = split(text, length, writer->delimiter, ends, cells);
        uint32_t end = ends[count - 1] & SCAN_POSITION;
        if (!layout_adopt(layout, cells, count) && !(layout->may_lack && layout_widen(layout, cells, count)))
            rc = fail_other(target, layout, cells, count, error);
        writer->crlf = end < length ? text[end] == '\r' : writer->crlf;
    }
    free(ends);
    free(cells);
    return rc;
}

/* An editor may have left the last line without its end; all of it is kept. */
static int32_t complete_last(struct target *target, const struct writer *writer, sluice_error *error) {
    char last;
    if (pread(target->fd, &last, 1, target->length - 1) != 1)
        return target->host->fail(error, SLUICE_E_IO, "%s: its last byte can't be read: %s", target->name,
                                  strerror(errno));
    if (last == '\n' || last == '\r')
        return 0;
    target->host->log(target->self, SLUICE_LOG_WARN, "%s: the last line has no line end; it gets one",
                      target->name);
    int32_t rc = target_write(target, writer->crlf ? "\r\n" : "\n", writer->crlf ? 2 : 1, error);
    return rc < 0 ? rc : target_commit(target, error);
}

int32_t header_check(struct target *target, struct layout *layout, struct writer *writer,
                     sluice_error *error) {
    char *text = malloc(HEADER_BYTES);
    ssize_t n = text ? pread(target->fd, text, HEADER_BYTES, 0) : -1;
    int32_t rc;
    if (!text)
        rc = target->host->fail(error, SLUICE_E_IO, "out of memory");
    else if (n < 0)
        rc = target->host->fail(error, SLUICE_E_IO, "%s: its header can't be read: %s", target->name,
                                strerror(errno));
    else
        rc = check_first(target, layout, writer, text, (uint32_t)n, error);
    free(text);
    return rc < 0 ? rc : complete_last(target, writer, error);
}
