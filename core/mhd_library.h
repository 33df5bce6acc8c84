/* mhd_library.h - libmicrohttpd, loaded when the first server is opened. */
#ifndef CORE_MHD_LIBRARY_H
#define CORE_MHD_LIBRARY_H

#include <microhttpd.h>

#include "error.h"
#include "library.h"

#define MHD_SYMBOLS(X) \
    X(MHD_start_daemon) \
    X(MHD_stop_daemon) \
    X(MHD_run) \
    X(MHD_get_timeout) \
    X(MHD_get_daemon_info) \
    X(MHD_get_connection_info) \
    X(MHD_get_connection_values_n) \
    X(MHD_lookup_connection_value) \
    X(MHD_suspend_connection) \
    X(MHD_resume_connection) \
    X(MHD_create_response_from_buffer) \
    X(MHD_create_response_from_callback) \
    X(MHD_add_response_header) \
    X(MHD_queue_response) \
    X(MHD_destroy_response) \
    X(MHD_create_post_processor) \
    X(MHD_post_process) \
    X(MHD_destroy_post_processor)

struct mhd_library {
    MHD_SYMBOLS(LIBRARY_MEMBER)
};

/* The loaded library; NULL: `error` says why not. Any thread. */
const struct mhd_library *mhd_library(sluice_error *error);

#endif
