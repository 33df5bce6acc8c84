/* CSV as the world has it, through the built plugin. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"
#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

enum { MOST_OPTIONS = 8 };

static char directory[] = "/tmp/sluice-csv-XXXXXX";
static char path[64];

static int make_directory(void **state) {
    (void)state;
    if (!mkdtemp(directory))
        return -1;
    snprintf(path, sizeof path, "%s/in.csv", directory);
    return 0;
}

static int remove_directory(void **state) {
    (void)state;
    unlink(path);
    return rmdir(directory);
}

static void write_file(const char *bytes, size_t length) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

/* ---- what is read, as text ---------------------------------------------------------------- */

static char seen[64 * 1024];
static size_t used;

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(seen + used, sizeof seen - used, format, arguments);
    va_end(arguments);
    assert_true(n >= 0 && used + (size_t)n < sizeof seen);
    used += (size_t)n;
}

static void say_row(const struct batch *batch, uint32_t row) {
    say("%llu:", (unsigned long long)batch->view.numbers[row]);
    for (uint32_t c = 0; c < batch->view.column_count; c++) {
        sluice_text cell = batch->view.cells[c][row];
        say("%s%.*s", c ? "|" : "", cell.ptr ? (int)cell.len : 1, cell.ptr ? cell.ptr : "~");
    }
}

/* The names once, then NUMBER:cell|cell of each row, one a line; null is ~, a refused row has its code
 * behind it. */
static void say_batch(const struct batch *batch) {
    const sluice_batch *view = &batch->view;
    size_t refused = 0;
    bool first = used == 0;
    for (uint32_t c = 0; first && c < view->column_count; c++)
        say("%s%.*s%s", c ? "|" : "", TEXT_ARG(view->names[c]), c + 1 == view->column_count ? "\n" : "");
    for (uint32_t row = 0; row < view->row_count; row++) {
        say_row(batch, row);
        if (refused < batch->refused_count && batch->refused[refused].row == row)
            say(" !%s", batch->refused[refused++].code);
        say("\n");
    }
}

/* Options are "name=value" up to NULL. */
static const char *read_with(const char *bytes, size_t length, const char *const *more) {
    struct harness h;
    char option[80];
    const char *options[MOST_OPTIONS + 2] = {option};
    snprintf(option, sizeof option, "path=%s", path);
    for (unsigned i = 0; i < MOST_OPTIONS && more && more[i]; i++)
        options[i + 1] = more[i];
    write_file(bytes, length);
    used = 0;
    *seen = 0;
    int answer = harness_open(&h, "csv", "csv", SLUICE_SOURCE, false, options);
    while (answer == 0) {
        struct batch *batch;
        answer = harness_read(&h, &batch);
        if (batch)
            say_batch(batch);
        batch_unref(batch);
    }
    if (answer != SLUICE_END)
        say("%d %s", answer, strstr(h.error.text, "in.csv") ? strstr(h.error.text, "in.csv") : h.error.text);
    harness_close(&h);
    return seen;
}

#define READ(literal) read_with(literal, sizeof(literal) - 1, NULL)
#define READ_WITH(literal, ...) \
    read_with(literal, sizeof(literal) - 1, (const char *const[]){__VA_ARGS__, NULL})

static void assert_begins(const char *text, const char *begin) {
    if (strncmp(text, begin, strlen(begin)) != 0)
        assert_string_equal(text, begin);
}

static void assert_has(const char *text, const char *part) {
    if (!strstr(text, part))
        assert_string_equal(text, part);
}

/* ---- tests -------------------------------------------------------------------------------- */

#define A "001001001234563"
#define B "004400000000016"

static void line_ends(void **state) {
    (void)state;
    const char *both = "imei|n\n2:" A "|1\n3:" B "|2\n";
    assert_string_equal(READ("imei,n\n" A ",1\n" B ",2\n"), both);
    assert_string_equal(READ("imei,n\r\n" A ",1\r\n" B ",2\r\n"), both);
    assert_string_equal(READ("imei,n\r" A ",1\r" B ",2\r"), both);
    assert_string_equal(READ("imei,n\r\n" A ",1\r" B ",2\n"), both);
    assert_string_equal(READ("imei,n\n" A ",1\n" B ",2"), both);
}

static void delimiters(void **state) {
    (void)state;
    const char *row = "imei|price\n2:" A "|0,50\n";
    assert_string_equal(READ("imei;price\n" A ";0,50\n"), row);
    assert_string_equal(READ("imei\tprice\n" A "\t0,50\n"), row);
    assert_string_equal(READ("imei|price\n" A "|0,50\n"), row);
    assert_string_equal(READ("sep=;\r\nimei;price\r\n" A ";0,50\r\n"), row);
    assert_string_equal(READ_WITH("imei;price,x\n" A ";0,50\n", "delimiter=,"),
                        "imei;price|x\n2:" A ";0|50\n");
    assert_string_equal(READ_WITH("imei\tx\n" A "\t1\n", "delimiter=tab"), "imei|x\n2:" A "|1\n");
    /* The header has one comma by chance; the rows tell. */
    assert_string_equal(READ("imei;note, please\n" A ";1\n" B ";2\n"),
                        "imei|note, please\n2:" A "|1\n3:" B "|2\n");
}

static void quotes(void **state) {
    (void)state;
    assert_string_equal(READ("imei,n\n\"" A "\",\"a, \"\"b\"\"\nc\"\n" B ",\"\"\n"),
                        "imei|n\n2:" A "|a, \"b\"\nc\n3:" B "|\n");
    assert_string_equal(READ("imei,n\n" A ",5\" screen\n" B ",a\"b\"\n"),
                        "imei|n\n2:" A "|5\" screen\n3:" B "|a\"b\"\n");
    /* What stands behind a closing quote belongs to the cell. */
    assert_string_equal(READ("imei,n\n" A ",\"a\"b\n" B ",\"a\" \"b\n"),
                        "imei|n\n2:" A "|ab\n3:" B "|a \"b\n");
    assert_string_equal(READ("\"IMEI No.\",\"n\"\n\"" A "\",\"1\"\n"), "imei|n\n2:" A "|1\n");
}

/* A row that goes on long after its quotes, and over the end of a piece. */
static void quotes_far_back(void **state) {
    (void)state;
    static const char begin[] = "imei,n,m\n\"a\"\"b\",\xe9,", end[] = "\n1,2,3\n";
    enum { LONG = 120 * 1024, BEGIN = sizeof begin - 1, END = sizeof end - 1 };
    char *bytes = malloc(LONG);
    memset(bytes, 'x', LONG);
    memcpy(bytes, begin, BEGIN);
    memcpy(bytes + LONG - END, end, END);
    struct harness h;
    struct batch *batch;
    char option[80];
    snprintf(option, sizeof option, "path=%s", path);
    write_file(bytes, LONG);
    assert_int_equal(
        harness_open(&h, "csv", "csv", SLUICE_SOURCE, false, (const char *const[]){option, NULL}), 0);
    assert_int_equal(harness_read(&h, &batch), SLUICE_END);
    assert_int_equal(batch->view.row_count, 2);
    assert_string_equal(harness_cell(batch, 0, "imei"), "a\"b");
    assert_string_equal(harness_cell(batch, 0, "n"), "\xc3\xa9");
    assert_int_equal(batch_value(&batch->view, 0, "m").len, LONG - BEGIN - END);
    assert_string_equal(harness_cell(batch, 1, "m"), "3");
    batch_unref(batch);
    harness_close(&h);
    free(bytes);
}

static void unclosed_quote(void **state) {
    (void)state;
    const char *said = READ("imei,n\n" A ",1\n" B ",\"open\n" A ",2\n");
    assert_begins(said,
                  "-65 in.csv: row 3: the quote that opens cell 2 isn't closed before the end of the file");
    /* Closed by the quote of a later cell: the rows between must not vanish. */
    said = READ("imei,n\n" A ",\"open\n" B ",\"x\"\n" A ",2\n");
    assert_begins(said, "-65 in.csv: row 2: cell 2 begins with a quote, goes over a line end");
}

static void unclosed_quote_in_a_large_file(void **state) {
    (void)state;
    size_t length = 3 * 1024 * 1024;
    char *bytes = malloc(length);
    memset(bytes, 'x', length);
    for (size_t i = 99; i < length; i += 100)
        bytes[i] = '\n';
    memcpy(bytes, "imei,n\n1,\"x", 11);
    assert_begins(read_with(bytes, length, NULL),
                  "-65 in.csv: row 2: the quote that opens cell 2 isn't closed before 1 MiB");
    memset(bytes, 'x', length);
    memcpy(bytes, "imei,n\n1,x", 10);
    assert_begins(read_with(bytes, length, NULL), "-65 in.csv: row 2 is longer than 1 MiB");
    free(bytes);
}

static void encodings(void **state) {
    (void)state;
    const char *cafe = "imei|n\n2:" A "|caf\xc3\xa9 \xe2\x82\xac\n";
    assert_string_equal(READ("imei,n\n" A ",caf\xc3\xa9 \xe2\x82\xac\n"), cafe);
    assert_string_equal(READ("\xef\xbb\xbfimei,n\n" A ",caf\xc3\xa9 \xe2\x82\xac\n"), cafe);
    assert_string_equal(READ("imei,n\n" A ",caf\xe9 \x80\n"), cafe);
    /* Only the cells that aren't UTF-8 are Windows-1252. */
    assert_string_equal(READ("imei,n,m\n" A ",\xe9,\xc3\xa9\n"), "imei|n|m\n2:" A "|\xc3\xa9|\xc3\xa9\n");
    assert_string_equal(READ("imei,caf\xe9\n" A ",\x93q\x94\n"),
                        "imei|caf\xc3\xa9\n2:" A "|\xe2\x80\x9cq\xe2\x80\x9d\n");
}

/* ASCII, and \1 \2 \3 for e acute, a pair of surrogates and half of one. */
static size_t to_utf16(const char *text, bool big, char *out) {
    size_t n = 0;
    static const uint16_t units[][2] = {{0xe9, 0}, {0xd83d, 0xde00}, {0xd800, 0}};
    uint16_t mark = 0xfeff;
    for (size_t i = 0; i <= strlen(text); i++) {
        const uint16_t plain[2] = {i ? (uint16_t)(unsigned char)text[i - 1] : mark, 0};
        const uint16_t *unit = i && text[i - 1] < 4 ? units[text[i - 1] - 1] : plain;
        for (unsigned k = 0; k < 2 && (k == 0 || unit[k]); k++) {
            out[n++] = (char)(big ? unit[k] >> 8 : unit[k] & 0xff);
            out[n++] = (char)(big ? unit[k] & 0xff : unit[k] >> 8);
        }
    }
    return n;
}

static void utf16(void **state) {
    (void)state;
    char bytes[256];
    const char *text = "imei;n\r\n" A ";\1\2\r\n", *row = "imei|n\n2:" A "|\xc3\xa9\xf0\x9f\x98\x80\n";
    for (int big = 0; big < 2; big++)
        assert_string_equal(read_with(bytes, to_utf16(text, big, bytes), NULL), row);
    /* Half of a pair, and half of a unit at the end of the file: the cell shows that it isn't whole. */
    size_t n = to_utf16("imei;n\n" A ";\3x", false, bytes);
    assert_string_equal(read_with(bytes, n, NULL), "imei|n\n2:" A "|\xef\xbf\xbdx\n");
    assert_string_equal(read_with(bytes, n - 1, NULL), "imei|n\n2:" A "|\xef\xbf\xbd\n");
    /* Without the mark it is named as what it looks like. */
    assert_has(read_with(bytes + 2, n - 2, NULL), "UTF-16 without a byte order mark");
}

static void nul_bytes(void **state) {
    (void)state;
    assert_string_equal(READ("imei,n\n" A ",1\n" B ",a\0b\n"),
                        "-65 in.csv: row 3 holds a NUL byte; the file is damaged, or it isn't a CSV file");
    /* A workbook is named as what it is: people save one by mistake. */
    assert_has(READ("PK\3\4\24\0\6\0\10\0[Content_Types].xml\n"), "a workbook of Excel");
    assert_has(READ("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0\0\0\0\0\0\0\n"), "a workbook of Excel");
}

static void blank_lines_have_numbers(void **state) {
    (void)state;
    assert_string_equal(READ("\n\r\nimei,n\n\n" A ",1\n,\n \n" B ",2\n\n"), "imei|n\n5:" A "|1\n8:" B "|2\n");
}

static void short_and_long_rows(void **state) {
    (void)state;
    assert_string_equal(READ("imei,n,m\n" A "\n" B ",1,2,,\n" A ",1,2,x\n"),
                        "imei|n|m\n2:" A "|~|~\n3:" B "|1|2\n4:" A "|1|2 !extra_cells\n");
    assert_string_equal(READ("imei,n\n" A ",a,\"b\n\"\n" B ",1\n"),
                        "imei|n\n2:" A "|a !extra_cells\n3:" B "|1\n");
}

static void headers(void **state) {
    (void)state;
    assert_string_equal(READ("IMEI Number, PACKAGE-ID ,Order ID,My Note\n" A ",1,2,3\n"),
                        "imei|service_id|order_id|My Note\n2:" A "|1|2|3\n");
    assert_string_equal(READ("imei no.,network_id\n" A ",1\n"), "imei|service_id\n2:" A "|1\n");
    assert_string_equal(READ("IMEI\xc2\xa0No,IMEI 2\n" A ",1\n"), "imei|imei2\n2:" A "|1\n");
    assert_string_equal(READ("imei,_row,_reason\n" A ",7,bad\n"), "imei\n2:" A "\n");
    assert_string_equal(READ("imei,x,,x,\n" A ",1,2,3,\n"), "imei|x|column3|column4\n2:" A "|1|2|3\n");
    assert_string_equal(READ("imei,x,,\n" A ",1,2,\n"), "imei|x\n2:" A "|1 !extra_cells\n");
    assert_begins(READ("_a,_b\n1,2\n"), "-65 in.csv: every column's name begins with '_'");
}

static void two_columns_for_a_field(void **state) {
    (void)state;
    assert_begins(READ("IMEI,x,imei number\n" A ",1," B "\n"),
                  "-65 in.csv: columns 1 'IMEI' and 3 'imei number' both mean the field 'imei'");
    /* The option says which one it is; the other keeps its header. */
    assert_string_equal(READ_WITH("IMEI,x,imei number\n" A ",1," B "\n", "columns.imei=imei number"),
                        "IMEI|x|imei\n2:" A "|1|" B "\n");
    assert_begins(READ_WITH("a,b\n1,2\n", "columns.imei=a", "columns.imei=b"),
                  "-65 in.csv: columns 1 'a' and 2 'b' both mean the field 'imei'");
    assert_begins(READ_WITH("a,b\n1,2\n", "columns.imei=a", "columns.other=a"), "-78 ");
}

static void chosen_columns(void **state) {
    (void)state;
    assert_string_equal(READ_WITH("Serial No,Package\nX1,7\n", "columns.imei=device",
                                  "columns.imei=serial_no", "columns.service_id=PACKAGE"),
                        "imei|service_id\n2:X1|7\n");
    assert_begins(
        READ_WITH("a,b\n1,2\n", "columns.imei=device"),
        "-65 in.csv: no column for the field 'imei' that the option columns names; the columns are 'a', 'b'");
    /* A header that is taken already: the other column is called by its position. */
    assert_string_equal(READ_WITH("id,Number\n1,2\n", "columns.id=Number"), "column1|id\n2:1|2\n");
}

static void no_header(void **state) {
    (void)state;
    assert_string_equal(READ(A "\n" B "\n"), "imei\n1:" A "\n2:" B "\n");
    assert_string_equal(READ("SN12345\nSN6\n"), "imei\n1:SN12345\n2:SN6\n");
    assert_string_equal(READ("devices\n" A "\n"), "devices\n2:" A "\n");
    assert_string_equal(READ("\"" A "\"\n" B "\n"), "imei\n1:" A "\n2:" B "\n");
    assert_string_equal(READ(A ";7\n" B ";8\n"), "column1|column2\n1:" A "|7\n2:" B "|8\n");
    assert_string_equal(READ_WITH(A ";7\n" B ";8\n", "columns.imei=column1", "columns.service_id=column2"),
                        "imei|service_id\n1:" A "|7\n2:" B "|8\n");
    assert_string_equal(READ_WITH("7,8\n9,10\n", "header=no"), "column1|column2\n1:7|8\n2:9|10\n");
    assert_string_equal(READ_WITH(A "\n" B "\n", "header=yes"), A "\n2:" B "\n");
}

static void excel_text(void **state) {
    (void)state;
    assert_string_equal(READ("imei,n,m\n=\"" A "\",\"=\"\"01\"\"\",=1+2\n=\"a\"&\"b\",=\"\",\"=\"\n"),
                        "imei|n|m\n2:" A "|01|=1+2\n3:=\"a\"&\"b\"||=\n");
}

static void empty_files(void **state) {
    (void)state;
    assert_string_equal(READ(""), "");
    assert_string_equal(READ("\xef\xbb\xbf"), "");
    assert_string_equal(READ("\n\n"), "");
    assert_string_equal(READ("imei,n\n"), "");
    assert_string_equal(READ("sep=;"), "");
}

static void too_many_cells(void **state) {
    (void)state;
    char *bytes = malloc(20000);
    memset(bytes, ',', 20000);
    memcpy(bytes, "imei,n\n", 7);
    assert_begins(read_with(bytes, 20000, NULL), "-65 in.csv: row 2 has more than 4096 cells");
    free(bytes);
}

/* Rows across pieces and batches: numbers and cells stay right, with quotes and without. */
static void many_rows(void **state) {
    (void)state;
    for (int quoted = 0; quoted < 2; quoted++) {
        FILE *file = fopen(path, "wb");
        fputs("imei,n,text\n", file);
        for (unsigned i = 0; i < 50000; i++)
            fprintf(file, quoted ? "%015u,%u,\"a \"\"%u\"\"\"\r\n" : "%015u,%u,\"a\"\n", i, i % 7, i);
        assert_int_equal(fclose(file), 0);
        struct harness h;
        char option[80];
        snprintf(option, sizeof option, "path=%s", path);
        assert_int_equal(
            harness_open(&h, "csv", "csv", SLUICE_SOURCE, false, (const char *const[]){option, NULL}), 0);
        unsigned rows = 0;
        int answer = 0;
        while (answer == 0) {
            struct batch *batch;
            answer = harness_read(&h, &batch);
            for (uint32_t r = 0; batch && r < batch->view.row_count; r++, rows++) {
                char imei[32], text[32];
                snprintf(imei, sizeof imei, "%015u", rows);
                snprintf(text, sizeof text, quoted ? "a \"%u\"" : "a", rows);
                assert_string_equal(harness_cell(batch, r, "imei"), imei);
                assert_string_equal(harness_cell(batch, r, "text"), text);
                assert_int_equal(batch->view.numbers[r], rows + 2);
            }
            if (batch)
                assert_true(text_is(batch->view.file, path));
            batch_unref(batch);
        }
        assert_int_equal(answer, SLUICE_END);
        assert_int_equal(rows, 50000);
        assert_int_equal(h.instance.type->source->remaining(h.instance.handle), 0);
        harness_close(&h);
    }
}

/* A pipe that pauses: what has come is handed on, not held back. */
static void pipe_that_pauses(void **state) {
    (void)state;
    struct harness h;
    struct batch *batch;
    char option[80];
    snprintf(option, sizeof option, "path=%s", path);
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    int writer = open(path, O_RDWR);
    assert_true(writer >= 0);
    assert_int_equal(write(writer, "imei\n" A "\n0044", 25), 25);
    assert_int_equal(
        harness_open(&h, "csv", "csv", SLUICE_SOURCE, false, (const char *const[]){option, NULL}), 0);
    assert_int_equal(harness_read(&h, &batch), 0);
    assert_int_equal(batch->view.row_count, 1);
    assert_string_equal(harness_cell(batch, 0, "imei"), A);
    batch_unref(batch);
    assert_int_equal(write(writer, "00000000016\n", 12), 12);
    close(writer);
    assert_int_equal(harness_read(&h, &batch), SLUICE_END);
    assert_string_equal(harness_cell(batch, 0, "imei"), B);
    assert_int_equal(batch->view.numbers[0], 3);
    batch_unref(batch);
    harness_close(&h);
}

static void missing_file(void **state) {
    (void)state;
    struct harness h;
    int answer = harness_open(&h, "csv", "csv", SLUICE_SOURCE, false,
                              (const char *const[]){"path=/nowhere/x.csv", NULL});
    assert_int_equal(answer, SLUICE_E_NOINPUT);
    assert_has(h.error.text, "/nowhere/x.csv: No such file");
    harness_close(&h);
    char option[80];
    snprintf(option, sizeof option, "path=%s", directory);
    answer = harness_open(&h, "csv", "csv", SLUICE_SOURCE, false, (const char *const[]){option, NULL});
    assert_int_equal(answer, SLUICE_E_NOINPUT);
    harness_close(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_ends),
        cmocka_unit_test(delimiters),
        cmocka_unit_test(quotes),
        cmocka_unit_test(quotes_far_back),
        cmocka_unit_test(unclosed_quote),
        cmocka_unit_test(unclosed_quote_in_a_large_file),
        cmocka_unit_test(encodings),
        cmocka_unit_test(utf16),
        cmocka_unit_test(nul_bytes),
        cmocka_unit_test(blank_lines_have_numbers),
        cmocka_unit_test(short_and_long_rows),
        cmocka_unit_test(headers),
        cmocka_unit_test(two_columns_for_a_field),
        cmocka_unit_test(chosen_columns),
        cmocka_unit_test(no_header),
        cmocka_unit_test(excel_text),
        cmocka_unit_test(empty_files),
        cmocka_unit_test(too_many_cells),
        cmocka_unit_test(many_rows),
        cmocka_unit_test(pipe_that_pauses),
        cmocka_unit_test(missing_file),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
