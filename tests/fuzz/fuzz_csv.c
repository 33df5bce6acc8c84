/* fuzz_csv.c - any bytes as a CSV file. Whatever the pieces in which they arrive and the limits of the
 * batches, the records are the same; and the scanner of 64 bytes at once agrees with the one of single
 * bytes. The first two bytes of the input choose the options. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <csv/cell.h>
#include <csv/reader.h>

#include "../plugins/bare_host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what) {
    if (holds)
        return;
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

/* ---- the scanners agree ------------------------------------------------------------------- */

static void compare_scanners(const char *text, uint32_t length, char delimiter, uint32_t step) {
    uint32_t *fast = malloc((length + 1) * sizeof *fast), *slow = malloc((length + 1) * sizeof *slow);
    struct scan one = {.delimiter = delimiter}, other = {.delimiter = delimiter};
    uint32_t count = 0, expected = scan_bytes(&other, text, 0, length, slow);
    for (uint32_t at = 0; at < length; at += step)
        count += scan_cells(&one, text, at, at + step < length ? at + step : length, fast + count);
    require(count == expected, "as many cells");
    require(memcmp(fast, slow, count * sizeof *fast) == 0, "the same cells");
    require(memcmp(&one, &other, sizeof one) == 0, "the same state");
    free(fast);
    free(slow);
}

/* ---- the reader ---------------------------------------------------------------------------- */

/* The file: what read(2) answers. */
static struct {
    const uint8_t *data;
    size_t size, at, step;
} file;

static ssize_t read_file(int fd, void *buffer, size_t bytes) {
    (void)fd;
    size_t left = file.size - file.at;
    size_t n = bytes < file.step ? bytes : file.step;
    n = n < left ? n : left;
    memcpy(buffer, file.data + file.at, n);
    file.at += n;
    return (ssize_t)n;
}

/* All that was read, in one text. */
struct dump {
    char *text;
    size_t used, room;
    int32_t answer;
    unsigned rejected, rows;
};

static void put(struct dump *dump, const void *bytes, size_t n) {
    while (dump->room - dump->used < n) {
        dump->room = dump->room ? dump->room * 2 : 4096;
        dump->text = realloc(dump->text, dump->room);
        require(dump->text != NULL, "memory");
    }
    if (n)
        memcpy(dump->text + dump->used, bytes, n);
    dump->used += n;
}

static void put_cell(struct dump *dump, sluice_text cell) {
    uint64_t length = cell.ptr ? cell.len : UINT64_MAX;
    put(dump, &length, sizeof length);
    put(dump, cell.ptr, cell.len);
    require(cell_is_utf8(cell), "a cell is UTF-8");
    require(!cell.len || !memchr(cell.ptr, 0, cell.len), "no NUL in a cell");
}

static void put_batch(struct dump *dump, const struct bare_batch *batch) {
    const sluice_filling *view = &batch->view;
    if (!dump->rows)
        for (uint32_t c = 0; c < view->column_count; c++)
            put_cell(dump, batch->names[c]);
    for (uint32_t r = 0; r < view->row_count; r++) {
        put(dump, &view->numbers[r], sizeof view->numbers[r]);
        for (uint32_t c = 0; c < view->column_count; c++)
            put_cell(dump, view->cells[c][r]);
    }
    dump->rows += view->row_count;
    dump->rejected += batch->rejected;
}

struct options {
    char delimiter;
    int64_t header;
    sluice_pairs columns;
};

static struct dump read_all(const struct options *options, size_t step, uint32_t row_limit,
                            uint64_t byte_limit) {
    struct dump dump = {0};
    struct reader *reader = malloc(sizeof *reader);
    require(reader != NULL, "memory");
    file.at = 0;
    file.step = step;
    int always_ready = open("/dev/null", O_RDONLY | O_CLOEXEC);
    require(always_ready >= 0, "/dev/null");
    reader_init(reader, &bare_host, NULL, "fuzz.csv", always_ready);
    reader->rows.feed.read = read_file;
    reader->delimiter = options->delimiter;
    reader->header = options->header;
    reader->columns = options->columns;
    while (dump.answer == 0) {
        sluice_error error = {.size = sizeof error};
        struct bare_batch batch;
        bare_begin(&batch, row_limit, byte_limit);
        dump.answer = reader_read(reader, &batch.view, &error);
        require(batch.view.row_count <= row_limit, "no more rows than asked for");
        require(dump.answer >= 0 || (error.code == dump.answer && error.text[0]), "a failure has a message");
        if (dump.answer >= 0)
            put_batch(&dump, &batch);
        bare_free(&batch);
    }
    close(always_ready);
    reader_free(reader);
    free(reader);
    return dump;
}

static void same(const struct dump *a, const struct dump *b) {
    require(a->answer == b->answer, "the same answer");
    /* A batch that fails is given up whole: how many came before depends on the limits. */
    if (a->answer < 0)
        return;
    require(a->used == b->used && (!a->used || memcmp(a->text, b->text, a->used) == 0), "the same records");
    require(a->rejected == b->rejected, "the same rejects");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char delimiters[] = {0, ',', ';', '\t', '|'};
    static const sluice_text alias[] = {{"column2", 7}, {"Device", 6}};
    static const sluice_pair pair = {{"imei", 4}, {alias, 2}};
    if (size < 2)
        return 0;
    struct options options = {
        .delimiter = delimiters[data[0] % 5],
        .header = data[1] % 3,
        .columns = {&pair, data[1] >= 128},
    };
    file.data = data + 2;
    file.size = size - 2;
    char delimiter = options.delimiter ? options.delimiter : ',';
    compare_scanners((const char *)file.data, (uint32_t)file.size, delimiter, 1 + data[0]);
    compare_scanners((const char *)file.data, (uint32_t)file.size, delimiter, 4096);
    struct dump whole = read_all(&options, SIZE_MAX, 8192, 1024 * 1024);
    struct dump pieces = read_all(&options, 1 + data[1] % 7, 1 + data[0] % 3, 64);
    same(&whole, &pieces);
    free(whole.text);
    free(pieces.text);
    return 0;
}
