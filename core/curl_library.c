#include "curl_library.h"

#include <pthread.h>

static const char *const names[] = {CURL_SYMBOLS(LIBRARY_NAME)};
static struct curl_library library;
static sluice_error problem = ERROR_INIT;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
    if (library_load("libcurl.so.4", "libcurl4", names, sizeof names / sizeof *names, (void **)&library,
                     &problem))
        return;
    if (library.curl_global_init(CURL_GLOBAL_DEFAULT))
        fail(&problem, SLUICE_E_UNAVAILABLE, "libcurl can't be initialised; is libssl3 complete?");
}

const struct curl_library *curl_library(sluice_error *error) {
    pthread_once(&once, load);
    if (!problem.code)
        return &library;
    fail(error, problem.code, "%s", problem.text);
    return NULL;
}
