#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "text.h"
#include "value.h"

enum { BACKLOG = 1024 };

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static bool resolve(const struct listen_address *address, union address *out, socklen_t *length) {
    *out = (union address){0};
    if (address->ipv6) {
        out->v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(address->port)};
        *length = sizeof out->v6;
        return inet_pton(AF_INET6, address->host, &out->v6.sin6_addr) == 1;
    }
    out->v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(address->port)};
    *length = sizeof out->v4;
    return inet_pton(AF_INET, address->host, &out->v4.sin_addr) == 1;
}

static bool is_loopback(const union address *address) {
    if (address->any.sa_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(&address->v6.sin6_addr);
    return ntohl(address->v4.sin_addr.s_addr) >> 24 == 127;
}

/* What stands before the last colon, without the brackets; "" and localhost are 127.0.0.1. */
static bool take_host(sluice_text host, struct listen_address *out) {
    if (host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']') {
        out->ipv6 = true;
        host.ptr++;
        host.len -= 2;
    } else if (!host.len || text_is(host, "localhost")) {
        host = TEXT("127.0.0.1");
    }
    if (host.len >= sizeof out->host)
        return false;
    memcpy(out->host, host.ptr, host.len);
    out->host[host.len] = 0;
    return true;
}

int listen_parse(const char *text, struct listen_address *out, sluice_error *error) {
    const char *colon = strrchr(text, ':');
    sluice_text host = {text, colon ? (uint64_t)(colon - text) : 0};
    union address address;
    socklen_t length;
    int64_t port = -1;
    *out = (struct listen_address){0};
    if (!colon || !value_int(text_of(colon + 1), &port, NULL) || port < 0 || port > UINT16_MAX ||
        !take_host(host, out) || !resolve(out, &address, &length))
        return fail(error, SLUICE_E_USAGE, "'%s' is no address; write 127.0.0.1:9090, or port 0 for any",
                    text);
    out->port = (uint16_t)port;
    out->loopback = is_loopback(&address);
    return 0;
}

int listen_open(const struct listen_address *address, int *fd, char url[96], sluice_error *error) {
    union address where;
    socklen_t length;
    const char *left = address->ipv6 ? "[" : "", *right = address->ipv6 ? "]" : "";
    bool good = resolve(address, &where, &length);
    *fd = good ? socket(where.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) : -1;
    if (*fd < 0 || setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) ||
        bind(*fd, &where.any, length) || listen(*fd, BACKLOG) || getsockname(*fd, &where.any, &length)) {
        int reason = errno;
        if (*fd >= 0)
            close(*fd);
        *fd = -1;
        return fail(error, SLUICE_E_CANTCREAT, "%s%s%s:%u can't be listened on: %s; give another --listen",
                    left, address->host, right, address->port, strerror(reason));
    }
    snprintf(url, 96, "http://%s%s%s:%u", left, address->host, right,
             ntohs(address->ipv6 ? where.v6.sin6_port : where.v4.sin_port));
    return 0;
}
