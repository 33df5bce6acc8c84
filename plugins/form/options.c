#include "options.h"

#define OF struct form_options
const sluice_option form_options[FORM_OPTIONS] = {
    SLUICE_OPT_TEXT(OF, listen, "listen", 0, "127.0.0.1:5001",
                    "The address to listen on; port 0 takes any that is free.", "127.0.0.1:5001"),
    SLUICE_OPT_URL(OF, public_url, "public_url", 0, NULL,
                   "How people's browsers call it, when that isn't the address it listens on.",
                   "https://orders.example.com"),
    SLUICE_OPT_SECRET(OF, password, "password", 0, NULL,
                      "What people log in with; without one, a link that works once is in the log at the "
                      "start."),
    SLUICE_OPT_SECRET(OF, token, "token", 0, NULL,
                      "What scripts send as Authorization: Bearer; without one, they have no way in."),
    SLUICE_OPT_BOOL(OF, behind_proxy, "behind_proxy", 0, "false",
                    "A reverse proxy stands in front and does TLS; the last X-Forwarded-For is believed."),
    SLUICE_OPT_SIZE(OF, max_upload, "max_upload", 0, "10MiB", 1024, 256 * 1024 * 1024,
                    "The largest upload that is taken."),
    SLUICE_OPT_TEXT(OF, tls_cert, "tls_cert", 0, NULL, "A certificate with its chain, PEM; with tls_key.",
                    "/etc/sluice/form.crt"),
    SLUICE_OPT_TEXT(OF, tls_key, "tls_key", 0, NULL, "The key of the certificate, PEM.",
                    "/etc/sluice/form.key"),
};
