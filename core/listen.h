/* listen.h - an address to listen on: "127.0.0.1:9090", "localhost:0", "[::1]:8080". */
#ifndef CORE_LISTEN_H
#define CORE_LISTEN_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

struct listen_address {
    char host[64]; /* a numeric address, without brackets */
    bool ipv6, loopback;
    uint16_t port; /* 0: any that is free */
};

/* USAGE with a sentence; no name but localhost is looked up. */
int listen_parse(const char *text, struct listen_address *out, sluice_error *error);
/* A socket that listens, and "http://HOST:PORT" with its real port. CANTCREAT. */
int listen_open(const struct listen_address *address, int *fd, char url[96], sluice_error *error);

#endif
