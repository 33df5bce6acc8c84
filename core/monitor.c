#include "monitor.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "mhd_library.h"
#include "text.h"
#include "visitors.h"

enum { IDLE_SECONDS = 5, MEMORY = 16 * 1024 };

struct monitor {
    const struct mhd_library *mhd;
    struct MHD_Daemon *daemon;
    const struct monitor_page *pages;
    void *user;
    bool local; /* only this machine can reach it */
    struct visitors visitors;
    char url[96];
};

/* ---- whom we talk to ----------------------------------------------------------------------- */

/* "127.0.0.1:9090" -> "127.0.0.1" */
static sluice_text without_port(const char *host) {
    const char *end = *host == '[' ? strchr(host, ']') : NULL;
    const char *colon = strchr(end ? end : host, ':');
    return (sluice_text){host, colon ? (uint64_t)(colon - host) : strlen(host)};
}

/* A page on the web may let its own name point to 127.0.0.1 and then read what is here: it can't choose the
 * Host header. Where other machines may ask, names are whatever they call us. */
static bool host_allowed(const struct monitor *monitor, const char *host) {
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    if (!monitor->local)
        return true;
    if (!host)
        return false;
    sluice_text name = without_port(host), own = without_port(monitor->url + strlen("http://"));
    bool allowed = text_equal(name, own);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        allowed |= name.len == strlen(names[i]) && strncasecmp(name.ptr, names[i], name.len) == 0;
    return allowed;
}

/* ---- answering ----------------------------------------------------------------------------- */

static enum MHD_Result answer(const struct monitor *monitor, struct MHD_Connection *connection,
                              unsigned status, const char *type, char *text) {
    const struct mhd_library *mhd = monitor->mhd;
    struct MHD_Response *response =
        mhd->MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
    if (!response) {
        free(text);
        return MHD_NO;
    }
    mhd->MHD_add_response_header(response, "Content-Type", type);
    mhd->MHD_add_response_header(response, "Cache-Control", "no-store");
    mhd->MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        mhd->MHD_add_response_header(response, "Allow", "GET, HEAD");
    enum MHD_Result queued = mhd->MHD_queue_response(connection, status, response);
    mhd->MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result refuse(const struct monitor *monitor, struct MHD_Connection *connection,
                              unsigned status, const char *text) {
    char *copy = strdup(text);
    return copy ? answer(monitor, connection, status, "text/plain; charset=utf-8", copy) : MHD_NO;
}

static enum MHD_Result show(const struct monitor *monitor, struct MHD_Connection *connection,
                            const char *path) {
    const struct monitor_page *page = monitor->pages;
    while (page->path && strcmp(page->path, path) != 0)
        page++;
    if (!page->path)
        return refuse(monitor, connection, MHD_HTTP_NOT_FOUND, "There is /healthz and /metrics.\n");
    unsigned status = MHD_HTTP_OK;
    char *text = page->make(monitor->user, &status);
    return text ? answer(monitor, connection, status, page->type, text) : MHD_NO;
}

/* ---- who is there -------------------------------------------------------------------------- */

static struct visitor *visitor_of(const struct monitor *monitor, struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        monitor->mhd->MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static void on_connection(void *user, struct MHD_Connection *connection, void **slot,
                          enum MHD_ConnectionNotificationCode what) {
    struct monitor *monitor = user;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            monitor->mhd->MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        *slot = info ? visitors_add(&monitor->visitors, info->connect_fd) : NULL;
    } else if (*slot) {
        visitors_remove(&monitor->visitors, *slot);
        *slot = NULL;
    }
}

static void on_answered(void *user, struct MHD_Connection *connection, void **slot,
                        enum MHD_RequestTerminationCode how) {
    struct monitor *monitor = user;
    (void)slot, (void)how;
    visitors_answered(&monitor->visitors, visitor_of(monitor, connection));
}

/* ---- requests ------------------------------------------------------------------------------ */

/* Called when the head is there, for each piece of a body, and at its end. */
static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *data, size_t *size,
                                  void **slot) {
    static char begun;
    const struct monitor *monitor = user;
    (void)version, (void)data;
    if (!*slot) {
        *slot = &begun;
        return MHD_YES;
    }
    if (*size) { /* a body that nobody asked for */
        *size = 0;
        return MHD_YES;
    }
    visitor_asks(visitor_of(monitor, connection));
    const char *host = monitor->mhd->MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host");
    if (!host_allowed(monitor, host))
        return refuse(monitor, connection, MHD_HTTP_FORBIDDEN,
                      "Ask for localhost or 127.0.0.1: the Host header names something else.\n");
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return refuse(monitor, connection, MHD_HTTP_METHOD_NOT_ALLOWED, "Only GET is understood here.\n");
    return show(monitor, connection, path);
}

/* ---- opening and closing ------------------------------------------------------------------- */

int monitor_start(const struct listen_address *address, const struct monitor_page *pages, void *user,
                  struct monitor **out, sluice_error *error) {
    const struct mhd_library *mhd = mhd_library(error);
    struct monitor *monitor = mhd ? calloc(1, sizeof *monitor) : NULL;
    int fd = -1;
    if (!monitor)
        return mhd ? fail_memory(error) : error->code;
    *monitor = (struct monitor){.mhd = mhd, .pages = pages, .user = user, .local = address->loopback};
    int failed = listen_open(address, &fd, monitor->url, error);
    if (!failed) {
        monitor->daemon = mhd->MHD_start_daemon(
            MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, monitor, MHD_OPTION_LISTEN_SOCKET, fd,
            MHD_OPTION_CONNECTION_LIMIT, (unsigned)VISITORS_ROOM, MHD_OPTION_NOTIFY_CONNECTION, on_connection,
            monitor, MHD_OPTION_NOTIFY_COMPLETED, on_answered, monitor, MHD_OPTION_CONNECTION_TIMEOUT,
            (unsigned)IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY, MHD_OPTION_END);
        if (!monitor->daemon)
            failed = fail(error, SLUICE_E_IO, "%s: the server can't be started: %m", monitor->url);
    }
    if (!failed) {
        *out = monitor;
        return 0;
    }
    if (fd >= 0)
        close(fd);
    free(monitor);
    return failed;
}

const char *monitor_url(const struct monitor *monitor) {
    return monitor->url;
}

void monitor_stop(struct monitor *monitor) {
    if (!monitor)
        return;
    monitor->mhd->MHD_stop_daemon(monitor->daemon); /* closes the listening socket, too */
    free(monitor);
}
