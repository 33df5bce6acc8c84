/* address.h - where the form listens, and by which names it may be called. */
#ifndef FORM_ADDRESS_H
#define FORM_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include <sluice/host.h>

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } socket;
    socklen_t length;
    bool loopback, wildcard;
    char name[64]; /* as a URL has it: 127.0.0.1, [::1] */
    uint16_t port;
};

/* HOST:PORT, HOST numeric or localhost. CONFIG. */
int address_parse(const sluice_host *host, sluice_text text, struct address *out, sluice_error *error);
/* A socket that listens; the address gets its real port. CANTCREAT. */
int address_listen(const sluice_host *host, struct address *address, int *fd, sluice_error *error);

/* Who asks, for those who count: a network of IPv6 has 2^64 addresses and is one. */
sluice_text address_of_network(const struct in6_addr *address, char *room, size_t size);
/* The same of what a proxy has written; what is no address stays as it is. */
sluice_text address_of_text(sluice_text written, char *room, size_t size);

/* Which authorities ("127.0.0.1:5001", "orders.example.com") a request may name. */
struct names {
    struct address listen;
    bool tls;                  /* the listening side speaks it */
    sluice_text public_scheme; /* null: there is no public_url */
    sluice_text public_host;   /* with its port, unless that is the scheme's own */
};

/* https://orders.example.com[/]: a path is CONFIG. */
int names_public(const sluice_host *host, sluice_text url, struct names *out, sluice_error *error);
/* Is this Host header ours? */
bool names_host(const struct names *names, sluice_text host);
/* Is this Origin header (scheme and host) ours? */
bool names_origin(const struct names *names, sluice_text origin);

#endif
