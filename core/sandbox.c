#include "sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "sandbox_parts.h"

enum { BACKLOG = 1024, CONNECTIONS = 4096, EVENTS = 64 };

/* ---- requests ------------------------------------------------------------------------------ */

/* With one latency for all, first come is first due; a fault makes some wait longer. */
static void push_due(struct sandbox *sandbox, struct visit *visit) {
    bool last = sandbox->due_last && sandbox->due_last->due_us <= visit->due_us;
    struct visit **at = last ? &sandbox->due_last->next : &sandbox->due_first;
    while (*at && (*at)->due_us <= visit->due_us)
        at = &(*at)->next;
    visit->next = *at;
    *at = visit;
    if (!visit->next)
        sandbox->due_last = visit;
}

/* Never to be answered. The loop watches for the client to give up. */
static void hang(struct sandbox *sandbox, struct visit *visit) {
    const union MHD_ConnectionInfo *info =
        sandbox->mhd->MHD_get_connection_info(visit->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct epoll_event event = {.events = EPOLLRDHUP, .data.ptr = visit};
    visit->next = sandbox->hung;
    sandbox->hung = visit;
    if (info)
        epoll_ctl(sandbox->epoll_fd, EPOLL_CTL_ADD, info->connect_fd, &event);
}

static unsigned count_on_connection(struct visit *visit) {
    const union MHD_ConnectionInfo *info =
        visit->sandbox->mhd->MHD_get_connection_info(visit->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    unsigned *count = info ? info->socket_context : NULL;
    return count ? ++*count : 1;
}

static enum MHD_Result decide(struct visit *visit) {
    struct sandbox *sandbox = visit->sandbox;
    visit->nth = count_on_connection(visit);
    pthread_mutex_lock(&sandbox->lock);
    answer_decide(visit);
    bool failed = sandbox->failed;
    pthread_mutex_unlock(&sandbox->lock);
    if (failed)
        return MHD_NO;
    int64_t latency_us = sandbox->latency_us + visit->late_us;
    if (visit->fault != FAULT_HANG && latency_us == 0)
        return answer_send(visit);
    sandbox->mhd->MHD_suspend_connection(visit->connection);
    visit->due_us = clock_us() + latency_us;
    if (visit->fault == FAULT_HANG)
        hang(sandbox, visit);
    else
        push_due(sandbox, visit);
    return MHD_YES;
}

/* libmicrohttpd calls this when the head is there, for each piece of the body, at the end of the body, and
 * again when a suspended connection goes on. */
static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data, size_t *size,
                                  void **slot) {
    struct visit *visit = *slot;
    (void)version;
    if (!visit) {
        visit = *slot = calloc(1, sizeof *visit);
        if (!visit)
            return MHD_NO;
        *visit = (struct visit){.sandbox = user, .connection = connection, .method = method, .path = url};
        return MHD_YES;
    }
    if (*size) {
        size_t count = *size;
        *size = 0;
        return visit_take(visit, data, count) ? MHD_YES : MHD_NO;
    }
    if (answer_is_control(visit))
        return answer_control(visit);
    return visit->answered ? answer_send(visit) : decide(visit);
}

static void on_completed(void *user, struct MHD_Connection *connection, void **slot,
                         enum MHD_RequestTerminationCode how) {
    struct visit *visit = *slot;
    (void)user, (void)connection, (void)how;
    if (visit)
        arena_free(&visit->arena);
    free(visit);
    *slot = NULL;
}

static void on_connection(void *user, struct MHD_Connection *connection, void **slot,
                          enum MHD_ConnectionNotificationCode what) {
    (void)user, (void)connection;
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        *slot = calloc(1, sizeof(unsigned));
    else
        free(*slot);
}

/* ---- the thread ---------------------------------------------------------------------------- */

static void resume_due(struct sandbox *sandbox, bool all) {
    int64_t now = clock_us();
    while (sandbox->due_first && (all || sandbox->due_first->due_us <= now)) {
        struct visit *visit = sandbox->due_first;
        sandbox->due_first = visit->next;
        if (!sandbox->due_first)
            sandbox->due_last = NULL;
        sandbox->mhd->MHD_resume_connection(visit->connection);
    }
}

static void resume_hung(struct sandbox *sandbox, const struct visit *only) {
    for (struct visit **at = &sandbox->hung; *at;) {
        struct visit *visit = *at;
        if (only && visit != only) {
            at = &visit->next;
            continue;
        }
        const union MHD_ConnectionInfo *info =
            sandbox->mhd->MHD_get_connection_info(visit->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        if (info)
            epoll_ctl(sandbox->epoll_fd, EPOLL_CTL_DEL, info->connect_fd, NULL);
        *at = visit->next;
        sandbox->mhd->MHD_resume_connection(visit->connection);
    }
}

/* Milliseconds until the next reply is due, rounded up, or libmicrohttpd wants to go on; -1: until something
 * happens. */
static int sleep_ms(const struct sandbox *sandbox) {
    MHD_UNSIGNED_LONG_LONG wanted = 0;
    int64_t wait = -1;
    if (sandbox->mhd->MHD_get_timeout(sandbox->daemon, &wanted) == MHD_YES)
        wait = wanted > 1000 ? 1000 : (int64_t)wanted;
    if (sandbox->due_first) {
        int64_t left = sandbox->due_first->due_us - clock_us();
        int64_t due = left <= 0 ? 0 : (left + 999) / 1000;
        wait = wait < 0 || due < wait ? due : wait;
    }
    return (int)wait;
}

static bool has_failed(struct sandbox *sandbox) {
    pthread_mutex_lock(&sandbox->lock);
    bool failed = sandbox->failed;
    pthread_mutex_unlock(&sandbox->lock);
    return failed;
}

static void wake(int fd) {
    uint64_t one = 1;
    while (write(fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

static void *serve(void *user) {
    struct sandbox *sandbox = user;
    struct epoll_event events[EVENTS];
    while (!atomic_load(&sandbox->stopping) && !has_failed(sandbox)) {
        int count = epoll_wait(sandbox->epoll_fd, events, EVENTS, sleep_ms(sandbox));
        for (int i = 0; i < count; i++)
            if (events[i].data.ptr) /* a client gave up; the daemon and the wake-up have none */
                resume_hung(sandbox, events[i].data.ptr);
        resume_due(sandbox, false);
        sandbox->mhd->MHD_run(sandbox->daemon);
    }
    if (!atomic_load(&sandbox->stopping))
        wake(sandbox->failed_fd);
    return NULL;
}

/* ---- opening and closing ------------------------------------------------------------------- */

static int listen_on(struct sandbox *sandbox, const struct sandbox_settings *settings, sluice_error *error) {
    struct sockaddr_in v4 = {
        .sin_family = AF_INET, .sin_port = htons(settings->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 v6 = {
        .sin6_family = AF_INET6, .sin6_port = htons(settings->port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr *address = settings->ipv6 ? (void *)&v6 : (void *)&v4;
    socklen_t length = settings->ipv6 ? sizeof v6 : sizeof v4;
    const char *host = settings->ipv6 ? "[::1]" : "127.0.0.1";
    int fd = sandbox->listen_fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) ||
        bind(fd, address, length) || listen(fd, BACKLOG) || getsockname(fd, address, &length))
        return fail(error, SLUICE_E_CANTCREAT, "%s:%u can't be listened on: %s; give another --listen", host,
                    settings->port, strerror(errno));
    snprintf(sandbox->url, sizeof sandbox->url, "http://%s:%u", host,
             ntohs(settings->ipv6 ? v6.sin6_port : v4.sin_port));
    return 0;
}

static bool watch(struct sandbox *sandbox, int fd) {
    struct epoll_event event = {.events = EPOLLIN};
    return epoll_ctl(sandbox->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static int start_daemon(struct sandbox *sandbox, sluice_error *error) {
    sandbox->daemon = sandbox->mhd->MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO, 0, NULL, NULL, on_request, sandbox,
        MHD_OPTION_LISTEN_SOCKET, sandbox->listen_fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_NOTIFY_CONNECTION, on_connection, NULL,
        MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        sandbox->daemon ? sandbox->mhd->MHD_get_daemon_info(sandbox->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    sandbox->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    sandbox->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    sandbox->failed_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!info || sandbox->epoll_fd < 0 || sandbox->wake_fd < 0 || sandbox->failed_fd < 0 ||
        !watch(sandbox, info->epoll_fd) || !watch(sandbox, sandbox->wake_fd))
        return fail(error, SLUICE_E_IO, "%s: the server can't be started: %s", sandbox->url, strerror(errno));
    return 0;
}

/* A second instance is asked first where a fault needs to know what a request would do. */
static bool needs_forecast(const struct sandbox *sandbox) {
    for (size_t i = 0; i < sandbox->fault_count; i++) {
        const struct fault *fault = &sandbox->faults[i];
        if (fault->effect == FAULT_HTML || fault->effect == FAULT_REDIRECT || fault->effect == FAULT_TAKEN ||
            (fault->effect == FAULT_FLAG && !fault_is_constant(fault)))
            return true;
    }
    return false;
}

static int open_sides(struct sandbox *sandbox, sluice_error *error) {
    int failed = sandbox_side_open(&sandbox->real, sandbox, false, error);
    if (!failed && needs_forecast(sandbox))
        failed = sandbox_side_open(&sandbox->forecast, sandbox, true, error);
    return failed;
}

static int copy_faults(struct sandbox *sandbox, const struct sandbox_settings *settings,
                       sluice_error *error) {
    sandbox->faults = calloc(settings->fault_count + 1, sizeof *sandbox->faults);
    if (!sandbox->faults)
        return fail_memory(error);
    if (settings->fault_count)
        memcpy(sandbox->faults, settings->faults, settings->fault_count * sizeof *settings->faults);
    sandbox->fault_count = settings->fault_count;
    return 0;
}

static int start_thread(struct sandbox *sandbox, sluice_error *error) {
    int failed = pthread_create(&sandbox->thread, NULL, serve, sandbox);
    sandbox->running = !failed;
    return failed ? fail(error, SLUICE_E_IO, "no thread for the sandbox: %s", strerror(failed)) : 0;
}

/* Without what it needs to be reached. */
static int make(const struct sandbox_settings *settings, struct sandbox **out, sluice_error *error) {
    struct sandbox *sandbox = *out = calloc(1, sizeof *sandbox);
    if (!sandbox)
        return fail_memory(error);
    *sandbox = (struct sandbox){.type = settings->type,
                                .config = settings->config,
                                .provider = settings->provider,
                                .latency_us = settings->latency_ms * 1000,
                                .error = ERROR_INIT,
                                .book.state.fd = -1,
                                .listen_fd = -1,
                                .epoll_fd = -1,
                                .wake_fd = -1,
                                .failed_fd = -1};
    pthread_mutex_init(&sandbox->lock, NULL);
    return copy_faults(sandbox, settings, error);
}

static int open_books(struct sandbox *sandbox, const struct sandbox_settings *settings, sluice_error *error) {
    int failed = sandbox_book_open(&sandbox->book, settings->state_path, settings->provider, error);
    return failed ? failed : open_sides(sandbox, error);
}

static int end_open(struct sandbox *sandbox, int failed, struct sandbox **out) {
    if (failed && sandbox)
        sandbox_stop(sandbox, NULL);
    *out = failed ? NULL : sandbox;
    return failed;
}

int sandbox_start(const struct sandbox_settings *settings, struct sandbox **out, sluice_error *error) {
    const struct mhd_library *mhd = mhd_library(error);
    struct sandbox *sandbox = NULL;
    int failed = mhd ? make(settings, &sandbox, error) : error->code;
    if (!failed) {
        sandbox->mhd = mhd;
        failed = listen_on(sandbox, settings, error);
    }
    if (!failed)
        failed = open_books(sandbox, settings, error);
    if (!failed)
        failed = start_daemon(sandbox, error);
    if (!failed)
        failed = start_thread(sandbox, error);
    return end_open(sandbox, failed, out);
}

int sandbox_open(const struct sandbox_settings *settings, struct sandbox **out, sluice_error *error) {
    struct sandbox *sandbox = NULL;
    int failed = make(settings, &sandbox, error);
    if (!failed)
        failed = open_books(sandbox, settings, error);
    return end_open(sandbox, failed, out);
}

/* libmicrohttpd wants no suspended connection left when it is stopped. */
static void stop_daemon(struct sandbox *sandbox) {
    resume_due(sandbox, true);
    resume_hung(sandbox, NULL);
    sandbox->mhd->MHD_run(sandbox->daemon);
    sandbox->mhd->MHD_stop_daemon(sandbox->daemon); /* closes the listening socket */
    sandbox->listen_fd = -1;
}

static void close_fd(int fd) {
    if (fd >= 0)
        close(fd);
}

int sandbox_stop(struct sandbox *sandbox, sluice_error *error) {
    atomic_store(&sandbox->stopping, true);
    if (sandbox->running) {
        wake(sandbox->wake_fd);
        pthread_join(sandbox->thread, NULL);
    }
    if (sandbox->daemon)
        stop_daemon(sandbox);
    sandbox_side_close(&sandbox->forecast);
    sandbox_side_close(&sandbox->real);
    sandbox_book_close(&sandbox->book);
    close_fd(sandbox->listen_fd);
    close_fd(sandbox->epoll_fd);
    close_fd(sandbox->wake_fd);
    close_fd(sandbox->failed_fd);
    int failed = sandbox->failed ? fail(error, sandbox->error.code, "%s", sandbox->error.text) : 0;
    pthread_mutex_destroy(&sandbox->lock);
    free(sandbox->faults);
    free(sandbox);
    return failed;
}

const char *sandbox_url(const struct sandbox *sandbox) {
    return sandbox->url;
}

int sandbox_failed_fd(const struct sandbox *sandbox) {
    return sandbox->failed_fd;
}
