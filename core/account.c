#include "account.h"

#include <ctype.h>
#include <string.h>

#include "text.h"
#include "url.h"

/* Cuts the port off: without the zeros in front of it, and none when it is the usual one. */
static sluice_text take_port(sluice_text *host) {
    const char *colon = memrchr(host->ptr, ':', host->len);
    if (!colon || memchr(colon, ']', (size_t)(host->ptr + host->len - colon)))
        return TEXT("");
    sluice_text port = {colon + 1, (uint64_t)(host->ptr + host->len - colon) - 1};
    host->len = (uint64_t)(colon - host->ptr);
    while (port.len && port.ptr[0] == '0') {
        port.ptr++;
        port.len--;
    }
    return text_is(port, "80") || text_is(port, "443") ? TEXT("") : port;
}

sluice_text account_name(sluice_arena *arena, const sluice_endpoint *endpoint) {
    sluice_text account = text_trim(endpoint->account), user = text_trim(endpoint->user);
    if (account.len)
        return account;
    sluice_text host = url_authority(endpoint->base_url), port = take_port(&host);
    if (host.len && host.ptr[host.len - 1] == '.') /* the root of the DNS, written out */
        host.len--;
    char *name = arena_printf(arena, "%.*s%s%.*s%s%.*s", TEXT_ARG(user), user.len ? "@" : "", TEXT_ARG(host),
                              port.len ? ":" : "", TEXT_ARG(port));
    if (!name)
        return (sluice_text){NULL, 0};
    /* Only the host's letter case is known not to matter. */
    for (char *c = name + user.len; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return text_of(name);
}
