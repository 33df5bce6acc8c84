#include "url.h"

#include <stdio.h>
#include <string.h>

#include "text.h"

sluice_text url_authority(sluice_text url) {
    const char *start = url.len ? memmem(url.ptr, url.len, "://", 3) : NULL;
    const char *end = url.ptr + url.len;
    start = start ? start + 3 : url.ptr;
    sluice_text authority = {start, 0};
    while (start + authority.len < end && !memchr("/?#", start[authority.len], 3))
        authority.len++;
    return authority;
}

const char *url_shown(const char *url, char out[URL_SHOWN]) {
    sluice_text authority = url_authority(text_of(url));
    const char *start = authority.ptr ? authority.ptr : url;
    const char *user = memrchr(start, '@', authority.len);
    const char *host = user ? user + 1 : start;
    int scheme = (int)(start - url), rest = (int)strcspn(host, "?#");
    if (snprintf(out, URL_SHOWN, "%.*s%.*s", scheme, url, rest, host) >= URL_SHOWN)
        memcpy(out + URL_SHOWN - 4, "...", 4);
    return out;
}
