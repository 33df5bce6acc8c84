#include "stop.h"

#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

sigset_t stop_signals(void) {
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action;
    sigset_t signals;
    sigemptyset(&signals);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(&signals, numbers[i]);
    return signals;
}

void stop_on_signals(struct stop *stop) {
    *stop = (struct stop){.fd = -1, .signals = true};
}

int stop_on_wish(struct stop *stop, sluice_error *error) {
    *stop = (struct stop){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    return stop->fd < 0 ? fail(error, SLUICE_E_IO, "no file descriptors are left") : 0;
}

void stop_wish(struct stop *stop) {
    uint64_t one = 1;
    atomic_store(&stop->wanted, true);
    if (write(stop->fd, &one, sizeof one) < 0)
        return; /* its counter is full: it is readable all the same */
}

int stop_arm(struct stop *stop, sluice_error *error) {
    if (!stop->signals)
        return 0;
    sigset_t signals = stop_signals();
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    stop->fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    return stop->fd < 0 ? fail(error, SLUICE_E_IO, "no file descriptors are left") : 0;
}

static void heard_signal(struct stop *stop) {
    struct signalfd_siginfo info;
    if (read(stop->fd, &info, sizeof info) != sizeof info)
        return;
    if (atomic_exchange(&stop->wanted, true))
        _exit(128 + (int)info.ssi_signo);
}

void stop_heard(struct stop *stop) {
    uint64_t count;
    if (stop->signals)
        heard_signal(stop);
    else if (read(stop->fd, &count, sizeof count) < 0)
        return; /* somebody else has read it */
}

void stop_close(struct stop *stop) {
    if (stop->fd >= 0)
        close(stop->fd);
    stop->fd = -1;
}
