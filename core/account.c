#include "account.h"

#include <ctype.h>
#include <string.h>

#include "text.h"

static sluice_text host_of(sluice_text url) {
    const char *start = memmem(url.ptr, url.len, "://", 3);
    const char *end = url.ptr + url.len;
    start = start ? start + 3 : url.ptr;
    sluice_text host = {start, 0};
    while (start + host.len < end && !strchr("/?#", start[host.len]))
        host.len++;
    if (host.len > 3 && memcmp(host.ptr + host.len - 3, ":80", 3) == 0)
        host.len -= 3;
    else if (host.len > 4 && memcmp(host.ptr + host.len - 4, ":443", 4) == 0)
        host.len -= 4;
    if (host.len && host.ptr[host.len - 1] == '.') /* the root of the DNS, written out */
        host.len--;
    return host;
}

sluice_text account_name(sluice_arena *arena, const sluice_endpoint *endpoint) {
    if (endpoint->account.len)
        return endpoint->account;
    sluice_text host = host_of(endpoint->base_url);
    char *name = arena_printf(arena, "%.*s%s%.*s", TEXT_ARG(endpoint->user), endpoint->user.len ? "@" : "",
                              TEXT_ARG(host));
    if (!name)
        return (sluice_text){NULL, 0};
    /* Only the host's letter case is known not to matter. */
    for (char *c = name + endpoint->user.len; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return text_of(name);
}
