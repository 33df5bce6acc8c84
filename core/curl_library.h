/* curl_library.h - libcurl, loaded when the first engine or the first look-up needs it. */
#ifndef CORE_CURL_LIBRARY_H
#define CORE_CURL_LIBRARY_H

/* curl's type-checking macros take the names of its functions, which are members here. */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include "error.h"
#include "library.h"

#define CURL_SYMBOLS(X) \
    X(curl_global_init) \
    X(curl_easy_init) \
    X(curl_easy_setopt) \
    X(curl_easy_getinfo) \
    X(curl_easy_header) \
    X(curl_easy_strerror) \
    X(curl_easy_cleanup) \
    X(curl_getdate) \
    X(curl_multi_init) \
    X(curl_multi_setopt) \
    X(curl_multi_add_handle) \
    X(curl_multi_remove_handle) \
    X(curl_multi_socket_action) \
    X(curl_multi_info_read) \
    X(curl_multi_strerror) \
    X(curl_multi_cleanup)

struct curl_library {
    CURL_SYMBOLS(LIBRARY_MEMBER)
};

/* The loaded library, made ready once for the process; NULL: `error` says why not. Any thread. */
const struct curl_library *curl_library(sluice_error *error);

#endif
