/* options.h - what a pipeline says about its form. */
#ifndef FORM_OPTIONS_H
#define FORM_OPTIONS_H

#include <sluice/option.h>

struct form_options {
    sluice_text listen;
    sluice_text public_url;
    sluice_secret password;
    sluice_secret token;
    uint8_t behind_proxy;
    int64_t max_upload;
    sluice_text tls_cert, tls_key;
};

enum { FORM_OPTIONS = 8 };

extern const sluice_option form_options[FORM_OPTIONS];

#endif
