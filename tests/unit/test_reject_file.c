#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "reject_file.h"

static char dir[64];

static void put(const char *name, const char *text, time_t when) {
    char path[256];
    support_path(path, dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(utimensat(AT_FDCWD, path, (struct timespec[]){{when, 0}, {when, 0}}, 0), 0);
}

static void check(const char *path, const char *expected) {
    char from[256], want[256], got[4096];
    support_path(from, dir, path);
    support_path(want, dir, expected);
    reject_file_of_orders(from, got, sizeof got);
    assert_string_equal(got, want);
}

static void the_one_with_orders_that_was_written_last(void **state) {
    (void)state;
    check("none.csv", "none.csv");
    put("r.csv", "imei,note,_row\n1,order_id,2\n", 900); /* not in its header */
    check("r.csv", "r.csv");
    put("r-2.csv", "imei,order_id,_row\n", 100);
    check("r.csv", "r-2.csv");
    put("r-3.csv", "imei,\"oorder_id\",_row\n", 200);
    put("r-4.csv", "imei", 800);
    check("r.csv", "r-3.csv");
    put("r-6.csv", "order_id\n", 900); /* behind a gap: of somebody else */
    check("r.csv", "r-3.csv");
    put("plain", "imei\n", 1);
    put("plain-2", "order_id\n", 1);
    check("plain", "plain-2");
}

static int begin(void **state) {
    (void)state;
    support_dir(dir);
    return 0;
}

static int end(void **state) {
    (void)state;
    support_remove(dir);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_one_with_orders_that_was_written_last),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
