/* What is typed, uploaded or sent by a script becomes rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <sluice/text.h>

#include "form/api_body.h"
#include "form/sheet.h"
#include "form_host.h"

#include <cmocka.h>

static sluice_error error = {.size = sizeof error};
static char line[2048];

/* The rows, '|' between cells, ',' between rows. */
static const char *rows_of(struct sheet *sheet) {
    size_t used = 0;
    line[0] = 0;
    for (uint32_t r = 0; r < sheet->rows; r++) {
        if (r)
            line[used++] = ',';
        for (uint32_t c = 0; c < sheet->columns; c++) {
            sluice_text cell = sheet->cells[c][r];
            if (c)
                line[used++] = '|';
            memcpy(line + used, cell.ptr ? cell.ptr : "~", cell.ptr ? cell.len : 1);
            used += cell.ptr ? cell.len : 1;
        }
    }
    line[used] = 0;
    sheet_free(sheet);
    return line;
}

static const char *typed(const char *text) {
    struct sheet sheet;
    assert_int_equal(sheet_from_text(&form_host, text_of(text), &sheet, &error), 0);
    return rows_of(&sheet);
}

static void identifiers_are_found(void **state) {
    (void)state;
    assert_string_equal(typed(""), "");
    assert_string_equal(typed(" \n,; \t"), "");
    assert_string_equal(typed("001001001234563"), "001001001234563");
    assert_string_equal(typed("1\n2\r\n3,4;5\t6"), "1,2,3,4,5,6");
    assert_string_equal(typed("001001001234563 004400000000016"), "001001001234563,004400000000016");
    assert_string_equal(typed("00 100100 123456 3\n00-440000-000001-6"),
                        "00 100100 123456 3,00-440000-000001-6");
}

static void identifiers_are_counted(void **state) {
    struct sheet sheet;
    (void)state;
    assert_int_equal(sheet_from_text(&form_host, TEXT("a\n\nb,c d"), &sheet, &error), 0);
    assert_int_equal(sheet.rows, 4);
    assert_int_equal(sheet.numbers[0], 1);
    assert_int_equal(sheet.numbers[1], 2); /* of one line, too */
    assert_int_equal(sheet.numbers[2], 3);
    assert_int_equal(sheet.numbers[3], 4);
    sheet_free(&sheet);
}

static void labels_are_none_of_them(void **state) {
    (void)state;
    assert_string_equal(typed("IMEI: 001001001234563\nIMEI 004400000000016\nimei:004900000000015"),
                        "001001001234563,004400000000016,004900000000015");
    assert_string_equal(typed("IMEI 1: 001001001234563, IMEI2: 004400000000016"),
                        "001001001234563,004400000000016");
    assert_string_equal(typed("IMEI: 001001001234563 IMEI: 004400000000016"),
                        "001001001234563,004400000000016");
    assert_string_equal(typed("IMEI\n00 100100 123456 3"), "00 100100 123456 3");
    assert_string_equal(typed("IMEI: x1"), "x1"); /* whatever else stands there is a row */
}

static int upload(const char *text, struct sheet *sheet) {
    return sheet_from_csv(&form_host, NULL, TEXT("x.csv"), text_of(text), sheet, &error);
}

static void files_are_read(void **state) {
    struct sheet sheet;
    (void)state;
    assert_int_equal(upload("IMEI No.;Notes\n1;a\n2;\"b;c\"\n", &sheet), 0);
    assert_int_equal(sheet_column(&sheet, "imei"), 0);
    assert_string_equal(rows_of(&sheet), "1|a,2|b;c");
    assert_int_equal(upload("001001001234563\n004400000000016\n", &sheet), 0);
    assert_string_equal(rows_of(&sheet), "001001001234563,004400000000016");
    assert_int_equal(upload("imei,imei\n1,2\n", &sheet), SLUICE_E_DATA);
    assert_int_equal(upload("imei\n\"1\n2\n", &sheet), SLUICE_E_DATA);
}

static void a_row_that_cannot_be_read_is_left_out(void **state) {
    struct sheet sheet;
    (void)state;
    assert_int_equal(upload("imei,notes\n1,a\n2,b,c\n3,d\n", &sheet), 0);
    assert_int_equal(sheet_end(&sheet, &error), 0);
    assert_int_equal(sheet.rows, 3);
    assert_int_equal(sheet.good_count, 2);
    assert_non_null(sheet.faults[1].ptr);
    sluice_batch batch = sheet_batch(&sheet);
    assert_int_equal(batch.selected, 2);
    assert_int_equal(sluice_selected(&batch, 1), 2);
    sheet_free(&sheet);
}

static void many_rows(void **state) {
    enum { ROWS = 5000 };
    static char text[ROWS * 32];
    struct sheet sheet;
    size_t used = 0;
    (void)state;
    for (int i = 0; i < ROWS; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%015d,n%d\n", i, i);
    assert_int_equal(sheet_from_csv(&form_host, NULL, TEXT("x"), (sluice_text){text, used}, &sheet, &error),
                     0);
    assert_int_equal(sheet.rows, ROWS);
    assert_int_equal(sheet.numbers[ROWS - 1], ROWS);
    assert_true(text_is(sheet.cells[0][ROWS - 1], "000000000004999"));
    sheet_free(&sheet);
}

static void the_service_goes_where_none_is(void **state) {
    struct sheet sheet;
    (void)state;
    assert_int_equal(upload("imei,service_id\n1,\n2,77\n", &sheet), 0);
    assert_int_equal(sheet_service(&sheet, TEXT("1739"), &error), 0);
    assert_string_equal(rows_of(&sheet), "1|1739,2|77");
    assert_int_equal(sheet_from_text(&form_host, TEXT("1 2"), &sheet, &error), 0);
    assert_int_equal(sheet_service(&sheet, TEXT("1739"), &error), 0);
    assert_string_equal(rows_of(&sheet), "1|1739,2|1739");
}

static const char *sent(const char *json) {
    struct api_body body;
    if (api_body_read(&form_host, text_of(json), &body, &error)) {
        assert_int_equal(error.code, SLUICE_E_DATA);
        return "refused";
    }
    return rows_of(&body.sheet);
}

static void json_is_read(void **state) {
    struct api_body body;
    (void)state;
    assert_string_equal(sent("{\"imeis\": [\"1\", \"\\u0032\"], \"service\": \"9\"}"), "1|9,2|9");
    assert_string_equal(
        sent("{\"rows\": [{\"imei\":\"1\",\"notes\":null},{\"notes\":\"n\",\"imei\":\"2\"}]}"), "1|~,2|n");
    assert_string_equal(sent("{\"rows\": [{\"imei\":\"1\",\"notes\":\"n\"},{\"imei\":\"2\"}]}"), "1|n,2|~");
    assert_int_equal(api_body_read(&form_host,
                                   TEXT(" {\"repeat\":true,\"name\":\"a-b_c.1\",\"imeis\":[\"1\"]} "), &body,
                                   &error),
                     0);
    assert_true(body.repeat);
    assert_string_equal(body.name, "a-b_c.1");
    sheet_free(&body.sheet);
}

static void bad_json_is_refused(void **state) {
    static const char *const bad[] = {
        "",
        "x",
        "[]",
        "{}",
        "{\"imeis\": []}",
        "{\"imeis\": [1]}",
        "{\"imeis\": [null]}",
        "{\"imeis\": \"1\"}",
        "{\"imeis\": [\"1\"], \"imeis\": [\"2\"]}",
        "{\"imeis\": [\"1\"], \"rows\": []}",
        "{\"imeis\": [\"1\"], \"other\": 1}",
        "{\"imeis\": [\"1\"], \"repeat\": 1}",
        "{\"imeis\": [\"1\"], \"name\": \"a b\"}",
        "{\"imeis\": [\"1\"], \"name\": \"\"}",
        "{\"imeis\": [\"1\"], \"service\": 1739}",
        "{\"rows\": [1]}",
        "{\"rows\": [{\"\": \"1\"}]}",
        "{\"rows\": [{}]}",
        "{\"rows\": [{\"imei\": \"1\"}, {\"other\": \"1\"}]}",
        "{\"imeis\": [\"1\"]",
        "{\"imeis\": [\"1\"]} x",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_string_equal(sent(bad[i]), "refused");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identifiers_are_found),
        cmocka_unit_test(identifiers_are_counted),
        cmocka_unit_test(labels_are_none_of_them),
        cmocka_unit_test(files_are_read),
        cmocka_unit_test(a_row_that_cannot_be_read_is_left_out),
        cmocka_unit_test(many_rows),
        cmocka_unit_test(the_service_goes_where_none_is),
        cmocka_unit_test(json_is_read),
        cmocka_unit_test(bad_json_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
