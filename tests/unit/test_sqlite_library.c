#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "sqlite_library.h"

#include <cmocka.h> /* last: it has a macro called fail */

static void it_is_loaded_once_and_works(void **state) {
    sluice_error error = ERROR_INIT;
    sqlite3 *db;
    (void)state;
    const struct sqlite_library *sqlite = sqlite_library(&error);
    assert_non_null(sqlite);
    assert_ptr_equal(sqlite, sqlite_library(NULL));
    assert_int_equal(sqlite->sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(sqlite->sqlite3_exec(db, "CREATE TABLE t (a)", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite->sqlite3_close(db), SQLITE_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_is_loaded_once_and_works)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
