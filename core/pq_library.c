#include "pq_library.h"

#include <pthread.h>

#include "error.h"

static const char *const names[] = {PQ_SYMBOLS(LIBRARY_NAME)};
static struct pq_library library;
static int failed;
static sluice_error failure = ERROR_INIT;

static void load(void) {
    failed = library_load("libpq.so.5", "libpq5", names, sizeof names / sizeof *names, (void **)&library,
                          &failure);
}

const struct pq_library *pq_library(sluice_error *error) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    if (failed) {
        fail(error, failure.code, "%s", failure.text);
        return NULL;
    }
    return &library;
}
