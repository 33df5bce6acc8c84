/* mhd_library.h - libmicrohttpd, loaded when a form is first opened for people.
 *
 * `mhd.queue_response(…)` is MHD_queue_response(…). Filled once and never unloaded. */
#ifndef FORM_MHD_LIBRARY_H
#define FORM_MHD_LIBRARY_H

#include <microhttpd.h>
#include <sluice/host.h>

#define MHD_SYMBOLS(X) \
    X(add_response_header) \
    X(create_post_processor) \
    X(create_response_from_buffer) \
    X(create_response_from_callback) \
    X(destroy_post_processor) \
    X(destroy_response) \
    X(get_connection_info) \
    X(get_connection_values_n) \
    X(is_feature_supported) \
    X(lookup_connection_value) \
    X(post_process) \
    X(queue_response) \
    X(start_daemon) \
    X(stop_daemon)

struct mhd_library {
#define MHD_MEMBER(name) __typeof__(MHD_##name) *name;
    MHD_SYMBOLS(MHD_MEMBER)
#undef MHD_MEMBER
};

extern struct mhd_library mhd;

int mhd_library_load(const sluice_host *host, sluice_error *error);

#endif
