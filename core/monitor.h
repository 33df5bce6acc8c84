/* monitor.h - a small HTTP server for those who watch a service: pages that are made when they are asked
 * for. GET only; nothing can be changed through it. */
#ifndef CORE_MONITOR_H
#define CORE_MONITOR_H

#include "error.h"
#include "listen.h"

struct monitor_page {
    const char *path, *type; /* "/healthz", its Content-Type */
    /* The text (malloc'd) and the status; NULL: no memory. From the server's thread, one at a time. */
    char *(*make)(void *user, unsigned *status);
};

struct monitor;

/* `pages` end with one without a path; they and `user` stay valid until monitor_stop. */
int monitor_start(const struct listen_address *address, const struct monitor_page *pages, void *user,
                  struct monitor **out, sluice_error *error);
const char *monitor_url(const struct monitor *monitor);
void monitor_stop(struct monitor *monitor);

#endif
