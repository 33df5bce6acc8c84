#include "load_guard.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SIGNALS = 5, EXIT_PLUGIN = 76 };

static const int deadly[SIGNALS] = {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE};
static struct sigaction before[SIGNALS];
static char sentence[300];
static size_t length;

/* Only what may be called in a signal handler. */
static void tell(int number) {
    ssize_t written = write(STDERR_FILENO, sentence, length);
    (void)number, (void)written;
    _exit(EXIT_PLUGIN);
}

void load_guard_begin(const char *name) {
    struct sigaction action = {.sa_handler = tell};
    length = (size_t)snprintf(
        sentence, sizeof sentence,
        "sluice: error: plugin '%.100s' crashed while it was loaded; remove it or build it again\n", name);
    for (int i = 0; i < SIGNALS; i++)
        sigaction(deadly[i], &action, &before[i]);
}

void load_guard_end(void) {
    for (int i = 0; i < SIGNALS; i++)
        sigaction(deadly[i], &before[i], NULL);
}
