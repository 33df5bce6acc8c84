/* The action that makes orders of an export's rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "harness.h"

#include <cmocka.h> /* last: it has a macro called fail */

#define ROWS(...) ((const char *const[]){__VA_ARGS__, NULL})

static const char *const account[] = {"account=main", NULL};

/* The rows as orders, in *out; what was rejected stays in `changes`. */
static int process(const char *const *rows, struct batch **out, struct changes *changes, char reason[200]) {
    struct harness h;
    struct batch *in = harness_batch(rows);
    *out = NULL;
    assert_int_equal(harness_open(&h, "gsm_fusion", "import", SLUICE_ACTION, false, account), 0);
    int answer = harness_process(&h, in, changes, out);
    snprintf(reason, 200, "%s", h.error.text);
    harness_close(&h);
    batch_unref(in);
    return answer;
}

static struct batch *orders_of(const char *const *rows) {
    char reason[200];
    struct changes changes;
    struct batch *out;
    assert_int_equal(process(rows, &out, &changes, reason), 0);
    assert_int_equal(changes.reject_count, 0);
    changes_free(&changes);
    return out;
}

#define assert_cell(batch, row, column, expected) \
    assert_string_equal(harness_cell(batch, row, column), expected)

static void columns_of_the_export(void **state) {
    (void)state;
    struct batch *b =
        orders_of(ROWS("SERVICE|imei|credits|status|CODE|imei2|carrier|simlock|model|fmi|order_date|notes",
                       "'=Check|001001001234563|$1,200.50|COMPLETED|Carrier: A - SimLock: Locked - Warranty: "
                       "no|~|B|||ON|2026-01-01 "
                       "10:00:00|'-x",
                       "Check|004400000000016|free|Weird|~|004900000000015|||||~|'it"));
    assert_cell(b, 0, "service_name", "=Check");
    assert_cell(b, 0, "credits", "1200.50");
    assert_cell(b, 0, "status", "Completed");
    assert_cell(b, 0, "carrier", "B"); /* a column of its own counts more than CODE */
    assert_cell(b, 0, "simlock", "Locked");
    assert_cell(b, 0, "fmi", "ON");
    assert_cell(b, 0, "notes", "-x");
    assert_cell(b, 0, "result_code", "Carrier: A - SimLock: Locked - Warranty: no");
    assert_cell(b, 0, "result_code_display", "Carrier: A\nSimLock: Locked\nWarranty: no");
    assert_cell(b, 0, "raw_response", "{\"import\":true,\"pairs\":{\"Warranty\":\"no\"}}");
    assert_cell(b, 0, "provider", "gsm_fusion");
    assert_cell(b, 0, "account", "main");
    assert_cell(b, 1, "credits", "free");
    assert_cell(b, 1, "status", "Weird");
    assert_cell(b, 1, "imei2", "004900000000015");
    assert_cell(b, 1, "notes", "'it");
    assert_int_equal(sluice_find_column(&b->view, "SERVICE", 7), -1); /* service_name and result_code now */
    assert_int_equal(sluice_find_column(&b->view, "CODE", 4), -1);
    batch_unref(b);
}

/* Service, IMEI and date make the id; nothing that changes as the provider works does. */
static void ids(void **state) {
    (void)state;
    struct batch *b = orders_of(ROWS("service|imei|order_date|status|CODE", "Check|1|2026-01-01|Pending|",
                                     "CHECK|1|2026-01-01|Completed|x", "Check|1|2026-01-02|Pending|",
                                     "Check|2|2026-01-01|Pending|", "Chec|k1|2026-01-01|Pending|"));
    char first[64];
    snprintf(first, sizeof first, "%s", harness_cell(b, 0, "order_id"));
    assert_int_equal(strlen(first), 27);
    assert_memory_equal(first, "import-", 7);
    assert_cell(b, 1, "order_id", first);
    for (uint32_t row = 2; row < 5; row++)
        assert_string_not_equal(harness_cell(b, row, "order_id"), first);
    batch_unref(b);
}

static void what_the_row_knows_itself_is_kept(void **state) {
    (void)state;
    struct batch *b = orders_of(
        ROWS("service_name|imei|order_id|account|result_code", "S|1|9001|other|Model: X", "S|2||~|~"));
    assert_cell(b, 0, "order_id", "9001");
    assert_cell(b, 0, "account", "other");
    assert_cell(b, 0, "model", "X");
    assert_memory_equal(harness_cell(b, 1, "order_id"), "import-", 7);
    assert_cell(b, 1, "account", "main");
    batch_unref(b);
}

/* A paid order that a store refused is what it was; what wasn't ordered stays out. */
static void records_that_were_rejected(void **state) {
    (void)state;
    char reason[200];
    struct changes changes;
    struct batch *b;
    const char *const *rows =
        ROWS("imei|order_id|service_name|provider|account|status|result_code|result_code_display|raw_"
             "response|_code",
             "1|77|S|dhru||In Process|NCK|Code: NCK|{\"place\":{\"id\":\"77\"}}|refused_by_table",
             "2|78|S|||Pending|||no JSON|refused_by_table", "3||S||||||~|check_digit",
             "4|79|S|Apple||Pending|||~|");
    assert_int_equal(process(rows, &b, &changes, reason), 0);
    assert_cell(b, 0, "order_id", "77");
    assert_cell(b, 0, "provider", "dhru");
    assert_cell(b, 0, "account", "(null)"); /* `main` is an account of this provider's */
    assert_cell(b, 0, "status", "In Process");
    assert_cell(b, 0, "result_code", "NCK");
    assert_cell(b, 0, "result_code_display", "Code: NCK");
    assert_cell(b, 0, "raw_response", "{\"place\":{\"id\":\"77\"}}");
    assert_cell(b, 1, "provider", "gsm_fusion");
    assert_cell(b, 1, "account", "main");
    assert_cell(b, 1, "raw_response", "{\"import\":true}");
    assert_cell(b, 3, "provider", "gsm_fusion"); /* the file's word, in a file that is none of ours */
    assert_int_equal(changes.reject_count, 1);
    assert_int_equal(changes.rejects[0].row, 2);
    assert_string_equal(changes.rejects[0].code, "not_ordered");
    changes_free(&changes);
    batch_unref(b);
}

static void what_is_no_export(void **state) {
    (void)state;
    char reason[200];
    struct changes changes;
    struct batch *out;
    assert_int_equal(process(ROWS("imei|price", "1|2"), &out, &changes, reason), SLUICE_E_DATA);
    assert_non_null(strstr(reason, "has no column SERVICE"));
    changes_free(&changes);
    assert_int_equal(process(ROWS("SERVICE|price", "1|2"), &out, &changes, reason), SLUICE_E_DATA);
    assert_non_null(strstr(reason, "has no column IMEI NO."));
    changes_free(&changes);
    assert_int_equal(process(ROWS("SERVICE|imei", "x|", "x|1"), &out, &changes, reason), 0);
    assert_int_equal(changes.reject_count, 1);
    assert_string_equal(changes.rejects[0].code, "no_imei");
    assert_int_equal(out->view.selected, 1);
    batch_unref(out);
    changes_free(&changes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_of_the_export),
        cmocka_unit_test(ids),
        cmocka_unit_test(what_the_row_knows_itself_is_kept),
        cmocka_unit_test(records_that_were_rejected),
        cmocka_unit_test(what_is_no_export),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
