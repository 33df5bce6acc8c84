/* The program that the tests kill: core/main.c with this in front of core/crash_point.c.
 *
 *     SLUICE_TEST_CRASH=NAME[:N]    kill -9 at the Nth time (the first) that the point NAME is reached
 *
 * Besides the points in the sources: `first-byte`, when one byte of a paid request was handed to the system,
 * and `request`, when all of it was; with unsynced.so also `write`, before anything is synced, and `sync`,
 * when all is written. Points that more than one thread reaches are counted together. */
#include "crash_point.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct {
    char name[64];
    long left;
} plan;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void read_plan(void) {
    const char *wanted = getenv("SLUICE_TEST_CRASH");
    if (!wanted)
        return;
    const char *colon = strchr(wanted, ':');
    plan.left = colon ? atol(colon + 1) : 1;
    snprintf(plan.name, sizeof plan.name, "%.*s", (int)strcspn(wanted, ":"), wanted);
}

static bool is_due(const char *name) {
    pthread_once(&once, read_plan);
    if (strcmp(plan.name, name) != 0)
        return false;
    pthread_mutex_lock(&lock);
    bool due = plan.left && --plan.left == 0;
    pthread_mutex_unlock(&lock);
    return due;
}

static void die(void) {
    raise(SIGKILL);
    for (;;)
        pause();
}

/* Visible to unsynced.so. */
__attribute__((visibility("default"))) void crash_point(const char *name) {
    if (is_due(name))
        die();
}

typedef ssize_t send_function(int, const void *, size_t, int);

/* libcurl sends with this one, since a program's own symbols come before those of its libraries. */
__attribute__((visibility("default"))) ssize_t send(int fd, const void *bytes, size_t count, int flags) {
    send_function *real;
    void *found = dlsym(RTLD_NEXT, "send");
    memcpy(&real, &found, sizeof real);
    bool paid = memmem(bytes, count, "placeorder", strlen("placeorder")) != NULL;
    if (paid && is_due("first-byte")) {
        real(fd, bytes, 1, flags);
        die();
    }
    ssize_t sent = real(fd, bytes, count, flags);
    if (paid)
        crash_point("request");
    return sent;
}
