/* IMEIs as spreadsheets leave them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "text.h"

#include <cmocka.h> /* last: it has a macro called fail */

#define A "001001001234563"
#define B "004400000000016"

static int open_imei(struct harness *h, const char *const *options) {
    return harness_open(h, "imei", "imei", SLUICE_ACTION, false, options);
}

#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* What becomes of one value: the value, or "!code reason". */
static const char *outcome(const char *value, const char *const *options) {
    static char text[512];
    struct harness h;
    struct changes changes;
    struct batch *out, *in = harness_batch((const char *const[]){"n|imei", "x|", NULL});
    ((sluice_text *)in->view.cells[1])[0] = text_of(value);
    assert_int_equal(open_imei(&h, options), 0);
    assert_int_equal(harness_process(&h, in, &changes, &out), 0);
    if (changes.reject_count)
        snprintf(text, sizeof text, "!%s %.*s", changes.rejects[0].code, TEXT_ARG(changes.rejects[0].reason));
    else
        snprintf(text, sizeof text, "%s", harness_cell(out, 0, "imei"));
    assert_int_equal(out->view.selected, changes.reject_count ? 0 : 1);
    batch_unref(out);
    changes_free(&changes);
    batch_unref(in);
    harness_close(&h);
    return text;
}

static void assert_refused(const char *value, const char *const *options, const char *code,
                           const char *part) {
    const char *said = outcome(value, options);
    size_t n = strlen(code);
    if (said[0] != '!' || strncmp(said + 1, code, n) != 0 || said[n + 1] != ' ')
        assert_string_equal(said, code);
    if (!strstr(said, part))
        assert_string_equal(said, part);
}

/* ---- tests -------------------------------------------------------------------------------- */

static void repairs_what_is_certain(void **state) {
    (void)state;
    static const char *const spellings[] = {
        A,
        A ".0",
        A ".00",
        A ",0",
        A ".",
        "'" A,
        "'" A "'",
        "\"" A "\"",
        "=\"" A "\"",
        "=\"'" A "\"",
        " " A "\t",
        "00 100100 123456 3",
        "00-100100-123456-3",
        "00.100100.123456.3",
        "00100100 - 1234563",
        "00\xc2\xa0"
        "1001001234563", /* non-breaking space */
        "00\xe2\x80\xaf"
        "1001001234563\xc2\xa0",         /* narrow one */
        "\xef\xbb\xbf" A,                /* byte order mark */
        "\xe2\x80\x8b" A "\xe2\x80\x8e", /* zero width space, left-to-right mark */
        "001001\xe2\x80\x8d"
        "001234563", /* zero width joiner */
        "001\xc2\xad"
        "001001234563", /* soft hyphen */
        "00\xe2\x80\x91"
        "100100\xe2\x80\x93"
        "123456\xe2\x88\x92"
        "3", /* non-breaking hyphen, en dash, minus */
        "\xef\xbc\x90\xef\xbc\x90"
        "1001001234563",  /* full-width digits */
        "\xe3\x80\x80" A, /* ideographic space */
    };
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
        assert_string_equal(outcome(spellings[i], NULL), A);
}

/* Every digit is still there; with one fewer it can't be known whether a zero was dropped. */
static void scientific_notation(void **state) {
    (void)state;
    assert_refused("3.53979E+14", NULL, "lost_digits",
                   "'3.53979E+14' lost digits in a spreadsheet; set the column's");
    assert_refused("3,53979E+14", NULL, "lost_digits", "lost digits");
    assert_refused("3.53979e14", NULL, "lost_digits", "lost digits");
    assert_refused("3.53979E+14", OPTIONS("check=any"), "lost_digits", "lost digits");
    assert_refused("4.9015420323751E+14", NULL, "lost_digits", "lost digits");
    assert_string_equal(outcome("4.90154203237518E+14", NULL), "490154203237518");
    assert_refused("4.90154203237517E+14", NULL, "check_digit", "should be 8");
}

static void check_digit(void **state) {
    (void)state;
    assert_refused(
        "001001001234560", NULL, "check_digit",
        "the check digit of '001001001234560' should be 3: a digit is wrong; check: digits lets it pass");
    assert_string_equal(outcome("001001001234560", OPTIONS("check=digits")), "001001001234560");
    assert_string_equal(outcome("00-100100-123456-0", OPTIONS("check=digits")), "001001001234560");
    assert_string_equal(outcome("001001001234560", OPTIONS("check=any")), "001001001234560");
    /* Of any 15 digits just one last digit is right, and the quick test says the same as the slow one. */
    for (unsigned i = 0; i < 1000; i++) {
        unsigned right = 0;
        for (unsigned last = 0; last < 10; last++) {
            char value[16];
            snprintf(value, sizeof value, "00%012llu%u", i * 7919ull * 104729 % 1000000000000ull, last);
            const char *said = outcome(value, NULL);
            if (said[0] != '!') {
                assert_string_equal(said, value);
                right++;
            } else {
                assert_non_null(strstr(said, "should be"));
            }
        }
        assert_int_equal(right, 1);
    }
}

static void lengths(void **state) {
    (void)state;
    assert_refused("00100100123456", NULL, "no_check_digit", "complete: [14] adds it");
    assert_string_equal(outcome("00100100123456", OPTIONS("complete=14")), A);
    assert_string_equal(outcome("00100100123456.0", OPTIONS("complete=14")), A);
    assert_refused("0010010012345678", NULL, "imeisv", "complete: [16]");
    assert_string_equal(outcome("0010010012345678", OPTIONS("complete=14", "complete=16")), A);
    assert_refused("0010010012345678", OPTIONS("complete=14"), "imeisv", "16 digits");
    assert_refused("1234", NULL, "too_short", "'1234' has fewer than 15 digits");
    assert_refused(A B, NULL, "too_long", "two IMEIs");
    assert_refused(A " " B, NULL, "too_long", "two IMEIs");
    /* Dots that separate: the last 0 is the check digit, no decimal. */
    assert_string_equal(outcome("00.100100.123451.0", OPTIONS("check=digits")), "001001001234510");
}

static void nothing_there(void **state) {
    (void)state;
    assert_refused("", NULL, "empty", "no identifier");
    assert_refused(" \xc2\xa0\xe2\x80\x8b", NULL, "empty", "no identifier");
    assert_refused("=\"\"", NULL, "empty", "no identifier");
    assert_refused("'", OPTIONS("check=any"), "empty", "no identifier");
    assert_refused("--", NULL, "too_short", "fewer");
}

static void letters(void **state) {
    (void)state;
    assert_refused("A0000012345678", NULL, "not_a_number", "check: any");
    assert_refused("0010010012345O3", OPTIONS("check=digits"), "not_a_number", "check: any");
    assert_refused(A "," B, NULL, "not_a_number", A "," B);
    assert_string_equal(outcome("A0000012345678", OPTIONS("check=any")), "A0000012345678");
    assert_string_equal(outcome(" 'C39-XY.Z 1' ", OPTIONS("check=any")), "C39-XY.Z 1");
    assert_string_equal(outcome("12E12", OPTIONS("check=any")), "12E12");
    assert_string_equal(outcome("00 100100 123456 3", OPTIONS("check=any")), A);
    assert_refused("\xff\xfe", NULL, "not_utf8", "UTF-8");
}

/* A long value doesn't end in the middle of a character. */
static void long_values(void **state) {
    (void)state;
    char value[200] = "x";
    for (unsigned i = 0; i < 60; i++)
        strcat(value, "\xc3\xa9");
    const char *said = outcome(value, NULL);
    assert_non_null(strstr(said, "\xc3\xa9' isn't a number"));
}

static void clean_batch_passes_untouched(void **state) {
    (void)state;
    struct harness h;
    struct changes changes;
    struct batch *out, *in = harness_batch((const char *const[]){"imei|n", A "|1", B "|2", NULL});
    assert_int_equal(open_imei(&h, NULL), 0);
    assert_int_equal(harness_process(&h, in, &changes, &out), 0);
    assert_ptr_equal(out, in);
    batch_unref(out);
    changes_free(&changes);
    batch_unref(in);
    harness_close(&h);
}

static void only_what_is_wrong_changes(void **state) {
    (void)state;
    struct harness h;
    struct changes changes;
    struct batch *out,
        *in = harness_batch((const char *const[]){"imei|n", A "|1", "x|2", B ".0|3", "~|4", NULL});
    assert_int_equal(open_imei(&h, NULL), 0);
    assert_int_equal(harness_process(&h, in, &changes, &out), 0);
    assert_int_equal(out->view.selected, 2);
    assert_string_equal(harness_cell(out, sluice_selected(&out->view, 0), "imei"), A);
    assert_string_equal(harness_cell(out, sluice_selected(&out->view, 1), "imei"), B);
    assert_string_equal(harness_cell(out, sluice_selected(&out->view, 1), "n"), "3");
    assert_int_equal(changes.reject_count, 2);
    assert_int_equal(changes.rejects[0].row, 1);
    assert_string_equal(changes.rejects[1].code, "empty");
    assert_ptr_equal(out->view.cells[1], in->view.cells[1]);
    batch_unref(out);
    changes_free(&changes);
    batch_unref(in);
    harness_close(&h);
}

static void another_field(void **state) {
    (void)state;
    struct harness h;
    struct changes changes;
    struct batch *out, *in = harness_batch((const char *const[]){"serial|n", "'" A "|1", NULL});
    assert_int_equal(open_imei(&h, OPTIONS("field=serial")), 0);
    assert_int_equal(harness_process(&h, in, &changes, &out), 0);
    assert_string_equal(harness_cell(out, 0, "serial"), A);
    batch_unref(out);
    changes_free(&changes);
    harness_close(&h);
    assert_int_equal(open_imei(&h, NULL), 0);
    assert_int_equal(harness_process(&h, in, &changes, &out), SLUICE_E_DATA);
    assert_non_null(strstr(h.error.text, "no field 'imei', they have serial, n; say which one it is"));
    changes_free(&changes);
    batch_unref(in);
    harness_close(&h);
}

static void duplicates_are_dropped(void **state) {
    (void)state;
    struct harness h;
    assert_int_equal(open_imei(&h, OPTIONS("dedupe=true", "check=any")), 0);
    unsigned left = 0, dropped = 0;
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 3000; i++) {
            char imei[32], text[32];
            struct changes changes;
            snprintf(imei, sizeof imei, round ? "'%015u.0" : "%015u", i);
            snprintf(text, sizeof text, round ? " S%u" : "S%u", i);
            struct batch *out, *in = harness_batch((const char *const[]){"imei", imei, text, NULL});
            assert_int_equal(harness_process(&h, in, &changes, &out), 0);
            left += out->view.selected;
            dropped += (unsigned)changes.duplicates;
            batch_unref(out);
            changes_free(&changes);
            batch_unref(in);
        }
    }
    assert_int_equal(left, 6000);
    assert_int_equal(dropped, 12000);
    harness_close(&h);
}

static void wrong_options(void **state) {
    (void)state;
    struct harness h;
    assert_int_equal(open_imei(&h, OPTIONS("complete=15")), SLUICE_E_CONFIG);
    assert_non_null(strstr(h.error.text, "'15' isn't a length"));
    harness_close(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(repairs_what_is_certain),
        cmocka_unit_test(scientific_notation),
        cmocka_unit_test(check_digit),
        cmocka_unit_test(lengths),
        cmocka_unit_test(nothing_there),
        cmocka_unit_test(letters),
        cmocka_unit_test(long_values),
        cmocka_unit_test(clean_batch_passes_untouched),
        cmocka_unit_test(only_what_is_wrong_changes),
        cmocka_unit_test(another_field),
        cmocka_unit_test(duplicates_are_dropped),
        cmocka_unit_test(wrong_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
