#include "sqlite_library.h"

#include <pthread.h>

#include "error.h"

static const char *const names[] = {SQLITE_SYMBOLS(LIBRARY_NAME)};
static struct sqlite_library library;
static int failed;
static sluice_error failure = ERROR_INIT;

static void load(void) {
    failed = library_load("libsqlite3.so.0", "libsqlite3-0", names, sizeof names / sizeof *names,
                          (void **)&library, &failure);
    /* Nobody asks how much memory SQLite uses, and counting it costs a lock for each allocation. Too
     * late when a plugin has used the library before: then it counts. */
    if (!failed)
        library.sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

const struct sqlite_library *sqlite_library(sluice_error *error) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    if (failed) {
        fail(error, failure.code, "%s", failure.text);
        return NULL;
    }
    return &library;
}
