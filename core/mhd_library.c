#include "mhd_library.h"

#include <pthread.h>

static const char *const names[] = {MHD_SYMBOLS(LIBRARY_NAME)};
static struct mhd_library library;
static sluice_error problem = ERROR_INIT;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
    library_load("libmicrohttpd.so.12", "libmicrohttpd12", names, sizeof names / sizeof *names,
                 (void **)&library, &problem);
}

const struct mhd_library *mhd_library(sluice_error *error) {
    pthread_once(&once, load);
    if (!problem.code)
        return &library;
    fail(error, problem.code, "%s", problem.text);
    return NULL;
}
