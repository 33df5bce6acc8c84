#include "framing.h"

#include <strings.h>

struct framing {
    unsigned hosts, lengths, codings;
    bool unknown; /* a coding that isn't chunked */
};

static enum MHD_Result on_header(void *user, enum MHD_ValueKind kind, const char *key, size_t key_size,
                                 const char *value, size_t size) {
    struct framing *framing = user;
    (void)kind, (void)key_size, (void)size;
    framing->hosts += strcasecmp(key, "Host") == 0;
    framing->lengths += strcasecmp(key, "Content-Length") == 0;
    if (strcasecmp(key, "Transfer-Encoding") == 0) {
        framing->codings++;
        framing->unknown |= !value || strcasecmp(value, "chunked") != 0;
    }
    return MHD_YES;
}

bool framing_is_plain(const struct request *request) {
    struct framing framing = {0};
    mhd.get_connection_values_n(request->connection, MHD_HEADER_KIND, on_header, &framing);
    return framing.hosts <= 1 && framing.lengths + framing.codings <= 1 && !framing.unknown;
}
