#include "service.h"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "notify.h"
#include "service_parts.h"

enum { LOOK_MS = 60000 }; /* a wall clock that was set is noticed after this time at the latest */

/* ---- signals ------------------------------------------------------------------------------- */

/* SIGHUP is heard even when a terminal's end should be survived (nohup): a reload does no harm. */
static int open_signals(sluice_error *error) {
    sigset_t signals = stop_signals();
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* before the first thread */
    int fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? fail(error, SLUICE_E_IO, "no file descriptors are left") : fd;
}

static void reload(struct service *service) {
    char state[80];
    snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_us());
    notify(state);
    service_reload(service);
    notify("READY=1");
}

static size_t count_running(const struct service *service) {
    size_t count = 0;
    for (size_t i = 0; i < service->job_count; i++)
        count += service->jobs[i].running;
    return count;
}

static void drain(struct service *service) {
    notify("STOPPING=1");
    size_t count = count_running(service);
    log_line(SLUICE_LOG_INFO, NULL, "stopping: %zu run%s under way; a second signal ends at once", count,
             count == 1 ? " is" : "s are");
    pthread_mutex_lock(&service->lock);
    service->draining = true;
    pthread_mutex_unlock(&service->lock);
    for (size_t i = 0; i < service->job_count; i++)
        job_stop(&service->jobs[i]);
}

static void on_signal(struct service *service, int fd) {
    struct signalfd_siginfo info;
    while (read(fd, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo != SIGHUP && service->draining)
            _exit(128 + (int)info.ssi_signo);
        if (info.ssi_signo != SIGHUP)
            drain(service);
        else if (!service->draining)
            reload(service);
    }
}

/* ---- waiting ------------------------------------------------------------------------------- */

/* Threads that can't be waited for any longer use all there is: the process ends here. What they were
 * sending is in the ledger. */
static void give_up(const struct service *service) {
    for (size_t i = 0; i < service->job_count; i++)
        if (service->jobs[i].running)
            log_line(SLUICE_LOG_ERROR, service->jobs[i].pipeline->name,
                     "didn't end within %" PRId64 " s; what it was sending is in doubt until it is settled",
                     service->settings->drain_ms / 1000);
    _exit(75);
}

static void turn(struct service *service, int signals_fd, int64_t most_ms) {
    struct pollfd fds[] = {{.fd = signals_fd, .events = POLLIN}, {.fd = service->wake_fd, .events = POLLIN}};
    int64_t wait_ms = most_ms;
    uint64_t count;
    for (size_t i = 0; i < service->job_count; i++) {
        int64_t wait_us = job_turn(&service->jobs[i]);
        if (wait_us / 1000 < wait_ms)
            wait_ms = wait_us / 1000 + 1;
    }
    if (service->draining && !count_running(service))
        return;
    poll(fds, 2, (int)(wait_ms < 0 ? 0 : wait_ms));
    if (fds[0].revents & POLLIN)
        on_signal(service, signals_fd);
    if ((fds[1].revents & POLLIN) && read(service->wake_fd, &count, sizeof count) < 0)
        return; /* nothing to forget */
}

static void wait_for_the_end(struct service *service, int signals_fd) {
    int64_t watchdog_ms = notify_watchdog_ms(), drain_until = INT64_MAX;
    while (!service->draining || count_running(service)) {
        int64_t most_ms = watchdog_ms && watchdog_ms < LOOK_MS ? watchdog_ms : LOOK_MS;
        if (service->draining && drain_until == INT64_MAX)
            drain_until = clock_us() + service->settings->drain_ms * 1000;
        int64_t left_ms = drain_until == INT64_MAX ? INT64_MAX : (drain_until - clock_us()) / 1000;
        if (left_ms < 0)
            give_up(service);
        turn(service, signals_fd, left_ms < most_ms ? left_ms + 1 : most_ms);
        if (watchdog_ms)
            notify("WATCHDOG=1");
    }
}

/* ---- opening and closing ------------------------------------------------------------------- */

static const struct monitor_page pages[] = {
    {"/healthz", "application/json", service_health},
    {"/metrics", "text/plain; version=0.0.4; charset=utf-8", service_metrics},
    {0},
};

static int start_monitor(struct service *service, sluice_error *error) {
    const struct listen_address *address = service->settings->listen;
    int failed = address ? monitor_start(address, pages, service, &service->monitor, error) : 0;
    if (!failed && address) {
        printf("%s\n", monitor_url(service->monitor));
        if (fflush(stdout))
            log_line(SLUICE_LOG_WARN, NULL, "nobody reads where /healthz and /metrics are");
        log_line(SLUICE_LOG_INFO, NULL, "/healthz and /metrics are at %s", monitor_url(service->monitor));
    }
    return failed;
}

static int open_service(struct service *service, const struct service_settings *settings,
                        sluice_error *error) {
    *service = (struct service){.settings = settings, .wake_fd = -1, .began_ms = clock_wall_ms()};
    pthread_mutex_init(&service->lock, NULL);
    service->jobs = calloc(settings->file_count, sizeof *service->jobs);
    service->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!service->jobs)
        return fail_memory(error);
    service->job_count = settings->file_count;
    for (size_t i = 0; i < service->job_count; i++) {
        service->jobs[i].service = service;
        service->jobs[i].file = settings->files[i];
        run_report_init(&service->jobs[i].report);
        pthread_mutex_init(&service->jobs[i].push_lock, NULL);
    }
    return service->wake_fd < 0 ? fail(error, SLUICE_E_IO, "no file descriptors are left") : 0;
}

static void close_service(struct service *service) {
    monitor_stop(service->monitor); /* first: it reads the rest */
    for (size_t i = 0; i < service->job_count; i++)
        job_free(&service->jobs[i]);
    inbox_close(service->inbox);
    free(service->jobs);
    if (service->wake_fd >= 0)
        close(service->wake_fd);
    pthread_mutex_destroy(&service->lock);
}

int service_run(const struct service_settings *settings, sluice_error *error) {
    struct service service;
    int signals_fd = -1;
    int result = open_service(&service, settings, error);
    if (!result && (signals_fd = open_signals(error)) < 0)
        result = error->code;
    if (!result)
        result = service_load(&service, error);
    if (!result)
        result = start_monitor(&service, error);
    if (!result) {
        log_line(SLUICE_LOG_INFO, NULL, "%zu pipeline%s loaded", service.job_count,
                 service.job_count == 1 ? "" : "s");
        notify("READY=1");
        wait_for_the_end(&service, signals_fd);
        log_line(SLUICE_LOG_INFO, NULL, "stopped; nothing is under way");
    }
    close_service(&service);
    if (signals_fd >= 0)
        close(signals_fd);
    return result;
}
