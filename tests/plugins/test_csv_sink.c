/* The sink, through the built plugin: what stands in the file at each moment, crashes included. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "../unit/support.h"
#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

static char directory[] = "/tmp/sluice-csv-XXXXXX";
static char path[64], part[64], mark[64];

static int make_directory(void **state) {
    (void)state;
    if (!mkdtemp(directory))
        return -1;
    snprintf(path, sizeof path, "%s/out.csv", directory);
    snprintf(part, sizeof part, "%s/.out.csv.part", directory);
    snprintf(mark, sizeof mark, "%s/.out.csv.tail", directory);
    return 0;
}

static int clear(void **state) {
    (void)state;
    unlink(path);
    unlink(part);
    unlink(mark);
    return 0;
}

/* Fails when something is left behind. */
static int remove_directory(void **state) {
    (void)state;
    return rmdir(directory);
}

/* ---- helpers ------------------------------------------------------------------------------ */

static void write_text(const char *name, const char *text) {
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static const char *read_text(const char *name) {
    static char text[1024 * 1024];
    FILE *file = fopen(name, "rb");
    if (!file)
        return "(no file)";
    size_t n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[n] = 0;
    return text;
}

/* Options are "name=value" up to NULL. */
static int open_sink(struct harness *h, bool spends, const char *const *more) {
    char option[80];
    const char *options[10] = {option};
    snprintf(option, sizeof option, "path=%s", path);
    for (unsigned i = 0; more && more[i]; i++)
        options[i + 1] = more[i];
    return harness_open(h, "csv", "csv", SLUICE_SINK, spends, options);
}

#define OPEN(h, spends, ...) \
    assert_int_equal(open_sink(h, spends, (const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL}), 0)

static int give(struct harness *h, const char *const *rows) {
    struct batch *batch = harness_batch(rows);
    struct changes changes;
    int answer = harness_write(h, batch, &changes);
    changes_free(&changes);
    batch_unref(batch);
    return answer;
}

#define GIVE(h, ...) give(h, (const char *const[]){__VA_ARGS__, NULL})

static int commit(struct harness *h) {
    return h->instance.type->sink->commit(h->instance.handle, &h->error);
}

static int finish(struct harness *h) {
    return h->instance.type->sink->finish(h->instance.handle, &h->error);
}

static int probe(struct harness *h) {
    return h->instance.type->sink->probe(h->instance.handle, &h->error);
}

/* The names of the first row are those that the run's records will have. */
static int tell(struct harness *h, const char *names, const char *row) {
    struct batch *batch = harness_batch((const char *const[]){names, row, NULL});
    int answer = h->instance.type->sink->columns(h->instance.handle, batch->view.names,
                                                 batch->view.column_count, &h->error);
    batch_unref(batch);
    return answer;
}

/* Open, write, commit, finish, close; what stands in the file then. */
static const char *written(bool spends, const char *const *options, const char *const *rows) {
    struct harness h;
    assert_int_equal(open_sink(&h, spends, options), 0);
    assert_int_equal(give(&h, rows), 0);
    assert_int_equal(commit(&h), 0);
    assert_int_equal(finish(&h), 0);
    harness_close(&h);
    return read_text(path);
}

#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define ROWS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void assert_has(const char *text, const char *piece) {
    if (!strstr(text, piece))
        assert_string_equal(text, piece);
}

/* ---- rows --------------------------------------------------------------------------------- */

static void cells_are_quoted_where_needed(void **state) {
    (void)state;
    assert_string_equal(
        written(false, NULL,
                ROWS("imei|a b|c", "1|x,y|a \"b\"", "~||2\n3", "4|a long cell of more than 16 bytes|;\r",
                     "5|a long cell, with a comma at the end,|z")),
        "imei,a b,c\n1,\"x,y\",\"a \"\"b\"\"\"\n,,\"2\n3\"\n4,a long cell of more than 16 bytes,\";\r\"\n"
        "5,\"a long cell, with a comma at the end,\",z\n");
    assert_string_equal(written(false, OPTIONS("delimiter=;"), ROWS("a|b", "1,2|3;4")), "a;b\n1,2;\"3;4\"\n");
    assert_string_equal(written(false, OPTIONS("delimiter=tab"), ROWS("a|b", "1,2|3;4")), "a\tb\n1,2\t3;4\n");
    assert_string_equal(written(false, NULL, ROWS("a", "", "~", "1")), "a\n\"\"\n\"\"\n1\n");
}

/* Text of the tests ends at a NUL, so \1 stands for it. */
static void put_nuls(sluice_text text) {
    for (uint64_t i = 0; i < text.len; i++)
        if (text.ptr[i] == 1)
            ((char *)text.ptr)[i] = 0;
}

static void a_nul_is_written_so_that_it_can_be_read(void **state) {
    const char *rows[] = {"imei|note", "1|a\1b", "2|\1", "3|whole", "4|\1,\"\1 a long cell of many bytes",
                          NULL};
    struct harness h;
    struct changes changes;
    (void)state;
    assert_int_equal(open_sink(&h, false, NULL), 0);
    struct batch *batch = harness_batch(rows);
    for (uint32_t row = 0; row < batch->view.row_count; row++)
        put_nuls(batch->view.cells[1][row]);
    assert_int_equal(harness_write(&h, batch, &changes), 0);
    changes_free(&changes);
    batch_unref(batch);
    assert_int_equal(commit(&h), 0);
    assert_int_equal(finish(&h), 0);
    harness_close(&h);
    assert_string_equal(read_text(path), "imei,note\n1,a\xef\xbf\xbd"
                                         "b\n2,\xef\xbf\xbd\n3,whole\n"
                                         "4,\"\xef\xbf\xbd,\"\"\xef\xbf\xbd a long cell of many bytes\"\n");
}

/* Rejected records: there are none, and none of an earlier run are left. */
static void nothing_rejected_leaves_no_file(void **state) {
    struct harness h;
    (void)state;
    write_text(path, "imei,_row\nold,1\n");
    OPEN(&h, false);
    h.instance.self.rejects = true;
    assert_int_equal(probe(&h), 0);
    assert_int_equal(finish(&h), 0);
    harness_close(&h);
    assert_string_equal(read_text(path), "(no file)");
    assert_string_equal(read_text(part), "(no file)");
    OPEN(&h, false); /* any other sink leaves a file without a record */
    assert_int_equal(probe(&h), 0);
    assert_int_equal(finish(&h), 0);
    harness_close(&h);
    assert_string_equal(read_text(path), "");
}

static void columns_are_chosen_and_headed(void **state) {
    (void)state;
    assert_string_equal(written(false,
                                OPTIONS("columns.b=Second", "columns.none=None", "columns.a=First, it is"),
                                ROWS("a|b|c", "1|2|3")),
                        "Second,None,\"First, it is\"\n2,,1\n");
}

/* A batch of other columns: found by name; what the header hasn't is left out. */
static void later_batches_keep_the_header(void **state) {
    (void)state;
    struct harness h;
    OPEN(&h, false);
    assert_int_equal(GIVE(&h, "a|b", "1|2"), 0);
    assert_int_equal(GIVE(&h, "b|c|a", "4|5|3"), 0);
    assert_int_equal(GIVE(&h, "b", "6"), 0);
    assert_int_equal(finish(&h), 0);
    harness_close(&h);
    assert_string_equal(read_text(path), "a,b\n1,2\n3,4\n,6\n");
}

static void identifiers_for_excel(void **state) {
    (void)state;
    assert_string_equal(
        written(false, OPTIONS("excel=true"), ROWS("imei|n|code", "001001001234563|12|0042", "|0|1.5")),
        "imei,n,code\n=\"001001001234563\",12,=\"0042\"\n,0,1.5\n");
}

static void formulas_are_escaped(void **state) {
    (void)state;
    const char *rows[] = {"=a|b|c", "=1+2|-3|x=y", "@a,b|+\"|\tz", NULL};
    assert_string_equal(written(false, NULL, rows), "=a,b,c\n=1+2,-3,x=y\n\"@a,b\",\"+\"\"\",\tz\n");
    assert_string_equal(written(false, OPTIONS("escape_formulas=true"), rows),
                        "=a,b,c\n\"'=1+2\",\"'-3\",x=y\n\"'@a,b\",\"'+\"\"\",\"'\tz\"\n");
}

static void export_format(void **state) {
    (void)state;
    static const char header[] = "\xef\xbb\xbfSERVICE,IMEI NO.,CREDITS,STATUS,CODE,IMEI "
                                 "2,CARRIER,SIMLOCK,MODEL,FMI,ORDER DATE,NOTES\r\n";
    static const char names[] = "imei|service_name|credits|order_date|result_code_display|result_code|notes";
    char expected[1024];
    snprintf(expected, sizeof expected, "%s%s", header,
             "FMI check,001001001234563,$0.08,,Model: X - FMI: OFF,,,,,,2026-11-22 10:00:00,\"'=x\"\r\n"
             ",004400000000016,$12.00,,A: 1 - B: 2,,,,,,2026-12-31 23:30:01,\r\n"
             ",,free,,,,,,,,soon,\r\n");
    assert_string_equal(
        written(false, OPTIONS("format=gsm_fusion"),
                ROWS(names, "001001001234563|FMI check|0.0800|2026-11-22 10:00:00|Model: X\nFMI: OFF|raw|=x",
                     "004400000000016|~|12|2027-01-01T01:30:01.25+02:00||A: 1<br>&lt;br /&gt;B: "
                     "2&amp;lt;BR&amp;gt;|",
                     "||free|soon||~|~")),
        expected);
    struct harness h;
    assert_int_equal(open_sink(&h, false, OPTIONS("format=gsm_fusion", "columns.a=b")), SLUICE_E_CONFIG);
    harness_close(&h);
}

/* Breaks at the ends, several in a row, and what only looks like one. */
static void codes_on_one_line(void **state) {
    (void)state;
    static const struct {
        const char *code, *expected;
    } cases[] = {
        {"\nA: 1\r\n\nB: 2<BR>", "A: 1 - B: 2"}, {"<br><br/>", ""},
        {"a < b & c <bra>", "a < b & c <bra>"},  {"x&lt;br", "x&lt;br"},
        {"one\n<b>two</b>", "one - <b>two</b>"}, {"NCK-aB3", "NCK-aB3"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char expected[200];
        snprintf(expected, sizeof expected, ",,,,%s,,,,,,,", cases[i].expected);
        const char *rows[] = {"result_code_display", cases[i].code, NULL};
        const char *text = written(false, OPTIONS("format=gsm_fusion"), rows);
        const char *line = strstr(text, "NOTES\r\n");
        assert_non_null(line);
        assert_memory_equal(line + 7, expected, strlen(expected));
    }
}

static void mark_in_front(void **state) {
    (void)state;
    struct harness h;
    assert_string_equal(written(false, OPTIONS("bom=true"), ROWS("a", "=1")), "\xef\xbb\xbf"
                                                                              "a\n=1\n");
    char once[400];
    snprintf(once, sizeof once, "%s", written(false, OPTIONS("format=gsm_fusion"), ROWS("imei", "1")));
    assert_string_equal(written(false, OPTIONS("bom=true", "format=gsm_fusion"), ROWS("imei", "1")), once);
    /* It stands at the start of the file, not of each run. */
    unlink(path);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(open_sink(&h, true, OPTIONS("bom=true")), 0);
        assert_int_equal(GIVE(&h, "a", "1"), 0);
        assert_int_equal(commit(&h), 0);
        assert_int_equal(finish(&h), 0);
        harness_close(&h);
    }
    assert_string_equal(read_text(path), "\xef\xbb\xbf"
                                         "a\n1\n1\n");
    unlink(path);
}

/* ---- replace ------------------------------------------------------------------------------ */

static void replace_waits_for_the_end(void **state) {
    (void)state;
    struct harness h;
    struct stat file;
    write_text(path, "old\n");
    assert_int_equal(chmod(path, 0640), 0);
    OPEN(&h, false);
    assert_int_equal(probe(&h), 0);
    assert_int_equal(GIVE(&h, "a", "1"), 0);
    assert_int_equal(commit(&h), 0);
    assert_string_equal(read_text(path), "old\n");
    assert_int_equal(finish(&h), 0);
    harness_close(&h);
    assert_string_equal(read_text(path), "a\n1\n");
    assert_int_equal(stat(path, &file), 0);
    assert_int_equal(file.st_mode & 0777, 0640);
    assert_int_equal(access(part, F_OK), -1);
}

static void failed_run_leaves_the_old_file(void **state) {
    (void)state;
    struct harness h;
    write_text(path, "old\n");
    OPEN(&h, false);
    assert_int_equal(GIVE(&h, "a", "1"), 0);
    assert_int_equal(commit(&h), 0);
    harness_close(&h);
    assert_string_equal(read_text(path), "old\n");
    assert_int_equal(access(part, F_OK), -1);
}

static void run_without_records_empties_the_file(void **state) {
    (void)state;
    struct harness h;
    write_text(path, "old\n");
    OPEN(&h, false);
    assert_int_equal(finish(&h), 0);
    harness_close(&h);
    assert_string_equal(read_text(path), "");
    OPEN(&h, false, "columns.a=A", "columns.b=B");
    assert_int_equal(finish(&h), 0);
    harness_close(&h);
    assert_string_equal(read_text(path), "A,B\n");
}

/* A trigger fires again: the same instance writes the next version. */
static void replace_twice(void **state) {
    (void)state;
    struct harness h;
    OPEN(&h, false);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(GIVE(&h, "a", i ? "2" : "1"), 0);
        assert_int_equal(finish(&h), 0);
        assert_string_equal(read_text(path), i ? "a\n2\n" : "a\n1\n");
    }
    harness_close(&h);
}

static void symbolic_link_stays(void **state) {
    (void)state;
    char link[64];
    struct stat file;
    snprintf(link, sizeof link, "%s/link.csv", directory);
    write_text(path, "old\n");
    assert_int_equal(symlink(path, link), 0);
    struct harness h;
    char option[80];
    snprintf(option, sizeof option, "path=%s", link);
    assert_int_equal(harness_open(&h, "csv", "csv", SLUICE_SINK, false, OPTIONS(option)), 0);
    assert_int_equal(GIVE(&h, "a", "1"), 0);
    assert_int_equal(finish(&h), 0);
    harness_close(&h);
    assert_int_equal(lstat(link, &file), 0);
    assert_true(S_ISLNK(file.st_mode));
    assert_string_equal(read_text(path), "a\n1\n");
    unlink(link);
}

/* ---- append ------------------------------------------------------------------------------- */

static void append_heads_once(void **state) {
    (void)state;
    written(true, NULL, ROWS("a|b", "1|2"));
    written(true, NULL, ROWS("a|b", "3|4"));
    /* The same columns in another order: the file's order counts. */
    assert_string_equal(written(true, NULL, ROWS("b|a", "6|5")), "a,b\n1,2\n3,4\n5,6\n");
    assert_int_equal(access(mark, F_OK), -1);
    assert_string_equal(written(false, OPTIONS("mode=append"), ROWS("a|b", "7|8")),
                        "a,b\n1,2\n3,4\n5,6\n7,8\n");
    assert_string_equal(written(true, OPTIONS("mode=replace"), ROWS("a", "9")), "a\n9\n");
}

#define REJECTS "_row|_file|_step|_code|_reason"

/* A service reads the same input at each firing, and rejects the same records. */
static void rejects_are_kept_once(void **state) {
    static const char *const expected = "imei,_row,_file,_step,_code,_reason\n1,2,f,imei,x,\"y, z\"\n";
    char more[300];
    (void)state;
    for (int i = 0; i < 2; i++)
        assert_string_equal(written(true, NULL, ROWS("imei|" REJECTS, "1|2|f|imei|x|y, z")), expected);
    snprintf(more, sizeof more, "%s1,3,f,imei,x,\"y, z\"\n", expected);
    assert_string_equal(written(true, NULL, ROWS("imei|" REJECTS, "1|2|f|imei|x|y, z", "1|3|f|imei|x|y, z")),
                        more);
    /* Records of one run that look alike are several. */
    unlink(path);
    assert_string_equal(
        written(true, OPTIONS("columns.imei=imei"), ROWS("imei|" REJECTS, "1|2|f|s|x|y", "1|3|f|s|x|y")),
        "imei\n1\n1\n");
    assert_string_equal(
        written(true, OPTIONS("columns.imei=imei"), ROWS("imei|" REJECTS, "1|2|f|s|x|y", "2|3|f|s|x|y")),
        "imei\n1\n1\n2\n");
    /* What isn't rejected is written as often as it comes. */
    unlink(path);
    written(true, NULL, ROWS("a|_row", "1|2"));
    assert_string_equal(written(true, NULL, ROWS("a|_row", "1|2")), "a,_row\n1,2\n1,2\n");
}

static void rejects_of_other_columns_go_beside(void **state) {
    char second[80], third[80];
    (void)state;
    snprintf(second, sizeof second, "%s/out-2.csv", directory);
    snprintf(third, sizeof third, "%s/out-3.csv", directory);
    write_text(path, "a,b\n1,2\n");
    for (int i = 0; i < 2; i++) {
        assert_string_equal(written(true, NULL, ROWS("imei|" REJECTS, "1|2|f|s|x|y")), "a,b\n1,2\n");
        assert_string_equal(read_text(second), "imei,_row,_file,_step,_code,_reason\n1,2,f,s,x,y\n");
    }
    written(true, NULL, ROWS("imei|more|" REJECTS, "1|z|2|f|s|x|y"));
    assert_string_equal(read_text(third), "imei,more,_row,_file,_step,_code,_reason\n1,z,2,f,s,x,y\n");
    assert_int_equal(access(mark, F_OK), -1);
    unlink(second);
    unlink(third);
    /* Columns that the pipeline names are a mistake in it. */
    struct harness h;
    OPEN(&h, true, "columns.imei=IMEI");
    assert_int_equal(probe(&h), SLUICE_E_CONFIG);
    harness_close(&h);
}

/* An order that was found in a list, before one that was placed. */
static void append_takes_fewer_columns(void **state) {
    (void)state;
    struct harness h;
    write_text(path, "a,b,c\n1,2,3\n");
    OPEN(&h, true);
    assert_int_equal(GIVE(&h, "c|a", "6|4"), SLUICE_OK);
    assert_int_equal(GIVE(&h, "a|b|c", "7|8|9"), SLUICE_OK);
    assert_int_equal(commit(&h), SLUICE_OK);
    assert_int_equal(finish(&h), SLUICE_OK);
    harness_close(&h);
    assert_string_equal(read_text(path), "a,b,c\n1,2,3\n4,,6\n7,8,9\n");
    write_text(path, "a,b,b\n1,2,3\n");
    OPEN(&h, true);
    assert_int_equal(tell(&h, "a|b", "1|2"), 0);
    assert_int_equal(probe(&h), SLUICE_E_CONFIG);
    harness_close(&h);
    unlink(path);
}

static void append_refuses_other_columns(void **state) {
    (void)state;
    struct harness h;
    write_text(path, "a,b\n1,2\n");
    OPEN(&h, false, "mode=append");
    assert_int_equal(GIVE(&h, "a|c", "3|4"), SLUICE_E_CONFIG);
    assert_has(h.error.text, "its columns are a,b, those to append are a,c; write to another file");
    harness_close(&h);
    /* Known beforehand, it is said beforehand. */
    OPEN(&h, true, "columns.a=A", "columns.c=C");
    assert_int_equal(probe(&h), SLUICE_E_CONFIG);
    harness_close(&h);
    OPEN(&h, true);
    assert_int_equal(tell(&h, "a|c", "3|4"), 0);
    assert_int_equal(probe(&h), SLUICE_E_CONFIG);
    assert_has(h.error.text, "its columns are a,b, those to append are a,c; write to another file");
    harness_close(&h);
    assert_string_equal(read_text(path), "a,b\n1,2\n");
}

/* What was found in a list comes first, and has fewer fields than what is ordered. */
static void columns_that_are_told_are_laid_out(void **state) {
    (void)state;
    struct harness h;
    for (int twice = 0; twice < 2; twice++) {
        OPEN(&h, true);
        assert_int_equal(tell(&h, "imei|note|order_id", "1|2|3"), 0);
        assert_int_equal(probe(&h), 0);
        assert_int_equal(GIVE(&h, "order_id|imei", "81|5"), 0);
        assert_int_equal(GIVE(&h, "imei|note|order_id", "6|mine|82"), 0);
        assert_int_equal(commit(&h), 0);
        harness_close(&h); /* the second run gets the same orders again */
    }
    assert_string_equal(read_text(path), "imei,note,order_id\n5,,81\n6,mine,82\n");
}

/* Nobody could say: then no field of what was paid is lost for that. */
static void orders_with_more_fields_go_beside(void **state) {
    char second[80], second_mark[80];
    (void)state;
    struct harness h;
    snprintf(second, sizeof second, "%s/out-2.csv", directory);
    snprintf(second_mark, sizeof second_mark, "%s/.out-2.csv.tail", directory);
    for (int twice = 0; twice < 2; twice++) {
        OPEN(&h, true);
        assert_int_equal(probe(&h), 0);
        assert_int_equal(GIVE(&h, "order_id|imei", "81|5"), 0);
        assert_int_equal(GIVE(&h, "imei|note|order_id", "6|mine|82", "7|yours|83"), 0);
        assert_int_equal(GIVE(&h, "imei|order_id", "8|84"), 0);
        assert_int_equal(commit(&h), 0);
        harness_close(&h);
        assert_string_equal(read_text(path), "order_id,imei\n81,5\n");
        assert_string_equal(read_text(second), "order_id,imei,note\n82,6,mine\n83,7,yours\n84,8,\n");
    }
    unlink(second);
    unlink(second_mark);
    unlink(mark);
    /* A file that was there, and other columns: what was paid isn't refused. */
    write_text(path, "a,b\n1,2\n");
    OPEN(&h, true);
    assert_int_equal(GIVE(&h, "a|c", "3|4"), 0);
    assert_int_equal(finish(&h), 0);
    harness_close(&h);
    assert_string_equal(read_text(second), "a,c\n3,4\n");
    unlink(second);
}

static void all_fields_that_are_left_out_are_named(void **state) {
    (void)state;
    struct harness h;
    char many[4000] = "a";
    for (int i = 0; i < 60; i++)
        snprintf(many + strlen(many), 48, "|a rather long name of a field, number %d", i);
    for (int wide = 0; wide < 2; wide++) {
        support_capture(2);
        OPEN(&h, false);
        int failed = GIVE(&h, "a", "1");
        failed |= wide ? GIVE(&h, many, "1") : GIVE(&h, "b|a|c d", "1|2|3");
        failed |= GIVE(&h, "b|a|e", "1|2|3");
        harness_close(&h);
        char *said = support_captured(2);
        assert_int_equal(failed, 0);
        assert_has(said, wide ? "are left out: 'a rather long name of a field, number 0', 'a rather"
                              : "are left out: 'b', 'c d'; list the fields");
        assert_has(said, wide ? " more; list the fields" : "out.csv: ");
        assert_null(strstr(strstr(said, "left out") + 1, "left out")); /* once */
        free(said);
    }
}

/* Trying whether the file can be written leaves none behind. */
static void append_without_records(void **state) {
    (void)state;
    struct harness h;
    OPEN(&h, true);
    assert_int_equal(probe(&h), 0);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(commit(&h), 0);
    assert_int_equal(finish(&h), 0);
    harness_close(&h);
    assert_int_equal(access(path, F_OK), -1);
    write_text(path, "a\n");
    OPEN(&h, true);
    assert_int_equal(probe(&h), 0);
    harness_close(&h);
    assert_string_equal(read_text(path), "a\n");
}

static void append_completes_the_last_line(void **state) {
    (void)state;
    write_text(path, "\xef\xbb\xbf\"a\",b\r\n1,2");
    assert_string_equal(written(true, NULL, ROWS("a|b", "3|4")), "\xef\xbb\xbf\"a\",b\r\n1,2\r\n3,4\r\n");
}

static void uncommitted_rows_are_taken_back(void **state) {
    (void)state;
    struct harness h;
    struct rlimit limit, small;
    char large[4000];
    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = 0;
    signal(SIGXFSZ, SIG_IGN);
    OPEN(&h, true);
    assert_int_equal(GIVE(&h, "order_id|text", "1|a"), 0);
    assert_int_equal(commit(&h), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = limit;
    small.rlim_cur = 3000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    char row[4100];
    snprintf(row, sizeof row, "2|%s", large);
    assert_int_equal(GIVE(&h, "order_id|text", row), 0);
    int answer = commit(&h);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(answer, SLUICE_E_IO);
    assert_has(h.error.text, "out.csv: can't be written: File too large");
    assert_string_equal(read_text(path), "order_id,text\n1,a\n");
    /* There is room again: it goes on where it was. */
    assert_int_equal(GIVE(&h, "order_id|text", "2|b"), 0);
    assert_int_equal(commit(&h), 0);
    assert_int_equal(finish(&h), 0);
    harness_close(&h);
    assert_string_equal(read_text(path), "order_id,text\n1,a\n2,b\n");
}

/* A process that dies in the middle: what it wrote and nobody confirmed comes again. */
static void die_after(const char *torn) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct harness h;
        if (open_sink(&h, true, NULL) || GIVE(&h, "order_id|imei", "1|a", "2|b") || commit(&h) ||
            GIVE(&h, "order_id|imei", "3|c", "|d") || commit(&h))
            _exit(1);
        FILE *file = fopen(path, "ab");
        if (!file || fputs(torn, file) < 0 || fclose(file))
            _exit(1);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(access(mark, F_OK), 0);
}

static void crash_leaves_no_half_row_and_none_twice(void **state) {
    (void)state;
    write_text(path, "order_id,imei\n0,z\n3,c\n");
    die_after("4,\"half a");
    struct harness h;
    OPEN(&h, true);
    assert_int_equal(probe(&h), 0);
    assert_string_equal(read_text(path), "order_id,imei\n0,z\n3,c\n1,a\n2,b\n3,c\n,d\n");
    /* 2 and 3 come again, and stay once; a row without an order id is nobody's order. 0 stood there before
     * that run, so it is written. */
    assert_int_equal(GIVE(&h, "order_id|imei", "2|b", "3|c", "|d", "4|half a", "0|z"), 0);
    assert_int_equal(commit(&h), 0);
    assert_int_equal(finish(&h), 0);
    harness_close(&h);
    assert_string_equal(read_text(path), "order_id,imei\n0,z\n3,c\n1,a\n2,b\n3,c\n,d\n,d\n4,half a\n0,z\n");
    assert_int_equal(access(mark, F_OK), -1);
}

static void crash_twice(void **state) {
    (void)state;
    die_after("9");
    struct harness h;
    OPEN(&h, true);
    assert_int_equal(GIVE(&h, "order_id|imei", "3|c"), 0);
    assert_int_equal(commit(&h), 0);
    harness_close(&h); /* ends without finish */
    OPEN(&h, true);
    assert_int_equal(GIVE(&h, "order_id|imei", "1|a", "3|c", "5|e"), 0);
    assert_int_equal(commit(&h), 0);
    assert_int_equal(finish(&h), 0);
    harness_close(&h);
    assert_string_equal(read_text(path), "order_id,imei\n1,a\n2,b\n3,c\n,d\n5,e\n");
}

/* A machine that stopped: blocks of zeros where rows should be. */
static void zeros_at_the_end(void **state) {
    (void)state;
    write_text(path, "order_id,imei\n1,a\n2,b\n");
    write_text(mark, "18\n");
    FILE *file = fopen(path, "ab");
    fwrite("3,\0\0\0\0\n4,d\n", 1, 11, file);
    fclose(file);
    assert_string_equal(written(true, NULL, ROWS("order_id|imei", "2|b", "3|c")),
                        "order_id,imei\n1,a\n2,b\n3,c\n");
}

/* ---- places that can't be written --------------------------------------------------------- */

static void one_writer_at_a_time(void **state) {
    (void)state;
    for (int spends = 0; spends < 2; spends++) {
        struct harness one, other;
        OPEN(&one, spends);
        OPEN(&other, spends);
        assert_int_equal(probe(&one), 0);
        assert_int_equal(probe(&other), SLUICE_E_BUSY);
        assert_has(other.error.text, "out.csv: another run");
        harness_close(&one);
        assert_int_equal(probe(&other), 0);
        harness_close(&other);
    }
}

static void open_at(struct harness *h, const char *where) {
    char option[128];
    snprintf(option, sizeof option, "path=%s", where);
    assert_int_equal(harness_open(h, "csv", "csv", SLUICE_SINK, false, OPTIONS(option)), 0);
}

static void places_that_cant_be_written(void **state) {
    (void)state;
    struct harness h;
    open_at(&h, "/nowhere/at/all.csv");
    assert_int_equal(probe(&h), SLUICE_E_CANTCREAT);
    assert_has(h.error.text, "/nowhere/at/.all.csv.part: can't be created: No such file");
    harness_close(&h);
    open_at(&h, directory);
    assert_int_equal(probe(&h), SLUICE_E_CANTCREAT);
    harness_close(&h);
    open_at(&h, "/dev/full");
    assert_int_equal(GIVE(&h, "a", "1"), 0);
    assert_int_equal(commit(&h), SLUICE_E_IO);
    assert_has(h.error.text, "/dev/full: can't be written: No space left on device; free some space");
    harness_close(&h);
}

static void standard_output(void **state) {
    (void)state;
    struct harness h;
    int saved = dup(1);
    fflush(stdout);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(saved >= 0 && file >= 0 && dup2(file, 1) == 1);
    open_at(&h, "-");
    int answer = GIVE(&h, "a", "1");
    answer = answer ? answer : finish(&h);
    harness_close(&h);
    dup2(saved, 1);
    close(saved);
    close(file);
    assert_int_equal(answer, 0);
    assert_string_equal(read_text(path), "a\n1\n");
}

/* More than one buffer, and what the source reads back. */
static void many_rows_come_back(void **state) {
    (void)state;
    struct harness sink, source;
    char option[80];
    OPEN(&sink, false);
    for (unsigned i = 0; i < 20000; i++) {
        char row[80];
        snprintf(row, sizeof row, "%u|\"%u\", x\n|%s", i, i,
                 i % 3 ? "a cell that is longer than 16 bytes" : "~");
        assert_int_equal(GIVE(&sink, "n|q|t", row), 0);
    }
    assert_int_equal(finish(&sink), 0);
    harness_close(&sink);
    snprintf(option, sizeof option, "path=%s", path);
    assert_int_equal(harness_open(&source, "csv", "csv", SLUICE_SOURCE, false, OPTIONS(option)), 0);
    unsigned rows = 0;
    for (int answer = 0; answer == 0;) {
        struct batch *batch;
        answer = harness_read(&source, &batch);
        assert_true(answer >= 0);
        for (uint32_t r = 0; batch && r < batch->view.row_count; r++, rows++) {
            char quoted[40];
            snprintf(quoted, sizeof quoted, "\"%u\", x\n", rows);
            assert_string_equal(harness_cell(batch, r, "q"), quoted);
            assert_string_equal(harness_cell(batch, r, "t"),
                                rows % 3 ? "a cell that is longer than 16 bytes" : "");
        }
        batch_unref(batch);
    }
    assert_int_equal(rows, 20000);
    harness_close(&source);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, clear, clear)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(cells_are_quoted_where_needed),
        TEST(a_nul_is_written_so_that_it_can_be_read),
        TEST(nothing_rejected_leaves_no_file),
        TEST(columns_are_chosen_and_headed),
        TEST(later_batches_keep_the_header),
        TEST(identifiers_for_excel),
        TEST(formulas_are_escaped),
        TEST(export_format),
        TEST(codes_on_one_line),
        TEST(mark_in_front),
        TEST(replace_waits_for_the_end),
        TEST(failed_run_leaves_the_old_file),
        TEST(run_without_records_empties_the_file),
        TEST(replace_twice),
        TEST(symbolic_link_stays),
        TEST(append_heads_once),
        TEST(rejects_are_kept_once),
        TEST(rejects_of_other_columns_go_beside),
        TEST(append_takes_fewer_columns),
        TEST(append_refuses_other_columns),
        TEST(columns_that_are_told_are_laid_out),
        TEST(orders_with_more_fields_go_beside),
        TEST(all_fields_that_are_left_out_are_named),
        TEST(append_without_records),
        TEST(append_completes_the_last_line),
        TEST(uncommitted_rows_are_taken_back),
        TEST(crash_leaves_no_half_row_and_none_twice),
        TEST(crash_twice),
        TEST(zeros_at_the_end),
        TEST(one_writer_at_a_time),
        TEST(places_that_cant_be_written),
        TEST(standard_output),
        TEST(many_rows_come_back),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
