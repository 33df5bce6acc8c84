#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "text.h"
#include "url.h"
#include "value.h"

/* The parts of "host:port" or "[v6]:port"; false when they aren't well-formed. */
static bool split_authority(sluice_text authority, char host[256], sluice_text *port) {
    const char *end = authority.ptr + authority.len;
    const char *stop = authority.len && authority.ptr[0] == '[' ? memchr(authority.ptr, ']', authority.len)
                                                                : memchr(authority.ptr, ':', authority.len);
    if (authority.len && authority.ptr[0] == '[') {
        if (!stop)
            return false;
        stop++;
    }
    if (!stop)
        stop = end;
    size_t length = (size_t)(stop - authority.ptr);
    if (length == 0 || length > 255)
        return false;
    memcpy(host, authority.ptr, length);
    host[length] = 0;
    if (stop < end && *stop != ':')
        return false;
    *port = stop < end ? (sluice_text){stop + 1, (uint64_t)(end - stop) - 1} : (sluice_text){NULL, 0};
    return true;
}

static bool good_port(sluice_text port) {
    int64_t number;
    if (!port.ptr)
        return true;
    return value_int(port, &number, NULL) && number >= 1 && number <= 65535;
}

static bool good_host(const char *host) {
    struct in6_addr v6;
    char inner[INET6_ADDRSTRLEN];
    size_t length = strlen(host);
    if (host[0] == '[') {
        if (length < 4 || length - 2 >= sizeof inner)
            return false;
        memcpy(inner, host + 1, length - 2);
        inner[length - 2] = 0;
        return inet_pton(AF_INET6, inner, &v6) == 1;
    }
    for (const char *c = host; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '.' && *c != '-' && *c != '_')
            return false;
    return host[0] != '.' && host[0] != '-';
}

/* Only what can't leave this machine, whatever a resolver says. */
static bool is_loopback(const char *host) {
    struct in_addr v4;
    if (strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
        return true;
    return inet_pton(AF_INET, host, &v4) == 1 && (ntohl(v4.s_addr) >> 24) == 127;
}

static bool all_graphic(sluice_text text) {
    for (uint64_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] <= 0x20 || text.ptr[i] == 0x7f || text.ptr[i] == '\\')
            return false;
    return true;
}

/* Not repeated where it may be a secret: a key that stands in the address's place, or a password with a '/'.
 */
static bool wrong(sluice_error *why, sluice_text text, const char *remedy) {
    if (text.ptr && memmem(text.ptr, text.len, "://", 3) && !memchr(text.ptr, '@', text.len))
        return value_wrong(why, text, remedy);
    fail(why, SLUICE_E_CONFIG, "it %s", remedy);
    return false;
}

bool value_url(sluice_text text, sluice_error *why) {
    bool https = text.len > 8 && strncasecmp(text.ptr, "https://", 8) == 0;
    bool http = text.len > 7 && strncasecmp(text.ptr, "http://", 7) == 0;
    char host[256];
    sluice_text port;
    sluice_text authority = url_authority(text);
    if (authority.len &&
        memchr(authority.ptr, '@', authority.len)) { /* not repeated: a password stands in it */
        fail(why, SLUICE_E_CONFIG,
             "the address has a user or a password in it ('…@'); remove them and write them as options of "
             "their own");
        return false;
    }
    if (!https && !http)
        return wrong(why, text, "is no address; write https://HOST, or http:// for this machine");
    if (!all_graphic(text) || !split_authority(authority, host, &port) || !good_host(host) ||
        !good_port(port))
        return wrong(why, text, "is no address; write https://HOST[:PORT][/PATH]");
    if (http && !is_loopback(host))
        return wrong(why, text,
                     "would send credentials in the clear; write https:// (http:// is for this machine "
                     "only)");
    return true;
}
