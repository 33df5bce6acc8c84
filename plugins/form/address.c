#include "address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <sluice/text.h>

enum { BACKLOG = 512 };

/* ---- listening ------------------------------------------------------------------------------- */

static bool parse_port(const char *text, uint16_t *port) {
    uint32_t value = 0;
    size_t digits = 0;
    for (; text_is_digit(text[digits]) && digits < 6; digits++)
        value = value * 10 + (uint32_t)(text[digits] - '0');
    *port = (uint16_t)value;
    return digits && !text[digits] && value <= UINT16_MAX;
}

static bool parse_host(char *host, struct address *out) {
    size_t length = strlen(host);
    if (!*host || strcmp(host, "localhost") == 0)
        host = "127.0.0.1";
    if (*host == '[' && length > 2 && host[length - 1] == ']') {
        host[length - 1] = 0;
        out->socket.v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(out->port)};
        out->length = sizeof out->socket.v6;
        snprintf(out->name, sizeof out->name, "[%s]", host + 1);
        if (inet_pton(AF_INET6, host + 1, &out->socket.v6.sin6_addr) != 1)
            return false;
        out->loopback = IN6_IS_ADDR_LOOPBACK(&out->socket.v6.sin6_addr);
        out->wildcard = IN6_IS_ADDR_UNSPECIFIED(&out->socket.v6.sin6_addr);
        return true;
    }
    out->socket.v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(out->port)};
    out->length = sizeof out->socket.v4;
    snprintf(out->name, sizeof out->name, "%s", host);
    if (inet_pton(AF_INET, host, &out->socket.v4.sin_addr) != 1)
        return false;
    out->loopback = ntohl(out->socket.v4.sin_addr.s_addr) >> 24 == 127;
    out->wildcard = out->socket.v4.sin_addr.s_addr == INADDR_ANY;
    return true;
}

int address_parse(const sluice_host *host, sluice_text text, struct address *out, sluice_error *error) {
    char copy[64];
    *out = (struct address){0};
    if (text.len < sizeof copy && text.len) {
        memcpy(copy, text.ptr, text.len);
        copy[text.len] = 0;
        char *colon = strrchr(copy, ':');
        if (colon && strlen(copy) == text.len && parse_port(colon + 1, &out->port)) {
            *colon = 0;
            if (parse_host(copy, out))
                return 0;
        }
    }
    return host->fail(error, SLUICE_E_CONFIG, "listen: '%.*s' is no address; write 127.0.0.1:5001",
                      TEXT_ARG(text_cut(text, 80)));
}

int address_listen(const sluice_host *host, struct address *address, int *fd, sluice_error *error) {
    *fd = socket(address->socket.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd >= 0 && !setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) &&
        !bind(*fd, &address->socket.any, address->length) && !listen(*fd, BACKLOG) &&
        !getsockname(*fd, &address->socket.any, &address->length)) {
        address->port = ntohs(address->socket.any.sa_family == AF_INET6 ? address->socket.v6.sin6_port
                                                                        : address->socket.v4.sin_port);
        return 0;
    }
    int reason = errno;
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    return host->fail(error, SLUICE_E_CANTCREAT,
                      "%s:%u can't be listened on: %s; give the form another `listen`", address->name,
                      address->port, strerror(reason));
}

/* ---- who asks -------------------------------------------------------------------------------- */

sluice_text address_of_network(const struct in6_addr *address, char *room, size_t size) {
    struct in6_addr network = *address;
    if (IN6_IS_ADDR_V4MAPPED(address)) {
        inet_ntop(AF_INET, address->s6_addr + 12, room, (socklen_t)size);
        return text_of(room);
    }
    memset(network.s6_addr + 8, 0, 8);
    inet_ntop(AF_INET6, &network, room, (socklen_t)size);
    return text_of(room);
}

/* Some proxies write the port behind it, which is another one each time. */
sluice_text address_of_text(sluice_text written, char *room, size_t size) {
    struct in6_addr v6;
    char copy[64];
    if (written.len >= sizeof copy)
        return text_cut(written, size - 1);
    snprintf(copy, sizeof copy, "%.*s", TEXT_ARG(written));
    char *begin = copy, *colon = strchr(copy, ':');
    if (*copy == '[') {
        begin++;
        *strchrnul(copy, ']') = 0;
    } else if (colon && !strchr(colon + 1, ':')) {
        *colon = 0;
    }
    if (inet_pton(AF_INET6, begin, &v6) == 1)
        return address_of_network(&v6, room, size);
    snprintf(room, size, "%s", begin);
    return text_of(room);
}

/* ---- names ----------------------------------------------------------------------------------- */

static bool same(sluice_text a, sluice_text b) {
    return a.len == b.len && strncasecmp(a.ptr, b.ptr, a.len) == 0;
}

static bool begins(sluice_text text, const char *prefix) {
    size_t length = strlen(prefix);
    return text.len >= length && strncasecmp(text.ptr, prefix, length) == 0;
}

static sluice_text behind(sluice_text text, uint64_t count) {
    return (sluice_text){text.ptr + count, text.len - count};
}

/* A browser leaves out the port that its scheme has anyway. */
static sluice_text without_port(sluice_text host, bool tls) {
    const char *usual = tls ? ":443" : ":80";
    size_t length = strlen(usual);
    if (host.len > length && memcmp(host.ptr + host.len - length, usual, length) == 0)
        host.len -= length;
    return host;
}

int names_public(const sluice_host *host, sluice_text url, struct names *out, sluice_error *error) {
    out->public_scheme = begins(url, "https://") ? TEXT("https://") : TEXT("http://");
    bool schemed = begins(url, out->public_scheme.ptr);
    sluice_text rest = schemed ? behind(url, out->public_scheme.len) : url;
    if (rest.len && rest.ptr[rest.len - 1] == '/')
        rest.len--;
    if (!schemed || !rest.len || memchr(rest.ptr, '/', rest.len) || memchr(rest.ptr, '@', rest.len))
        return host->fail(
            error, SLUICE_E_CONFIG,
            "public_url: '%.*s' isn't right: write https://NAME; the form has a name of its own and no path",
            TEXT_ARG(text_cut(url, 120)));
    out->public_host = without_port(rest, begins(url, "https://"));
    return 0;
}

static bool is_listen(const struct names *names, sluice_text host) {
    static const char *const local[] = {"localhost", "127.0.0.1", "[::1]"};
    char own[96];
    snprintf(own, sizeof own, "%s:%u", names->listen.name, names->listen.port);
    if (same(host, without_port(text_of(own), names->tls)) || same(host, text_of(own)))
        return !names->listen.wildcard;
    for (size_t i = 0; names->listen.loopback && i < sizeof local / sizeof *local; i++) {
        snprintf(own, sizeof own, "%s:%u", local[i], names->listen.port);
        if (same(host, without_port(text_of(own), names->tls)) || same(host, text_of(own)))
            return true;
    }
    return false;
}

bool names_host(const struct names *names, sluice_text host) {
    if (!host.len)
        return false;
    if (names->public_scheme.ptr &&
        same(without_port(host, names->public_scheme.len == strlen("https://")), names->public_host))
        return true;
    return is_listen(names, host);
}

bool names_origin(const struct names *names, sluice_text origin) {
    if (names->public_scheme.ptr && begins(origin, names->public_scheme.ptr) &&
        same(without_port(behind(origin, names->public_scheme.len),
                          names->public_scheme.len == strlen("https://")),
             names->public_host))
        return true;
    const char *scheme = names->tls ? "https://" : "http://";
    return begins(origin, scheme) && is_listen(names, behind(origin, strlen(scheme)));
}
