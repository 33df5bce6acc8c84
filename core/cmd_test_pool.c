#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "cmd_test.h"
#include "file.h"
#include "log.h"
#include "no_network.h"
#include "rehearsal_play.h"

enum { DETAILS_MOST = 1024 * 1024, LOOK_MS = 200 };

/* ---- the directory of a test -------------------------------------------------------------------------- */

static int make_directory(struct test_entry *entry, sluice_error *error) {
    const char *base = getenv("TMPDIR");
    int n = snprintf(entry->dir, sizeof entry->dir, "%s/sluice-test-XXXXXX", base && *base ? base : "/tmp");
    if (n > 0 && (size_t)n < sizeof entry->dir && *entry->dir == '/' && mkdtemp(entry->dir))
        return 0;
    int code = fail(error, SLUICE_E_CANTCREAT, "%s can't be made: %s; set TMPDIR to a directory of yours",
                    entry->dir, strerror(errno));
    *entry->dir = 0;
    return code;
}

static int remove_one(const char *path, const struct stat *about, int what, struct FTW *where) {
    (void)about, (void)what, (void)where;
    remove(path);
    return 0;
}

static void remove_directory(struct test_entry *entry) {
    if (*entry->dir)
        nftw(entry->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    *entry->dir = 0;
}

/* ---- the child ------------------------------------------------------------------------------------------
 */

static void play(const struct test_suite *suite, const struct test_entry *entry, const sigset_t *signals) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/details", entry->dir);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigprocmask(SIG_SETMASK, signals, NULL);
    FILE *out = fopen(path, "we");
    const struct rehearsal_play play = {entry->path, entry->pipeline, entry->test, suite->program->registry,
                                        entry->dir};
    bool passed = out && rehearsal_play(&play, out);
    bool told = out && fclose(out) == 0;
    exit(told ? !passed : 2);
}

static int begin(struct test_suite *suite, struct test_entry *entry, const sigset_t *signals,
                 sluice_error *error) {
    int failed = make_directory(entry, error);
    if (failed)
        return failed;
    fflush(NULL);
    entry->begun_us = clock_us();
    entry->child = fork();
    if (entry->child == 0)
        play(suite, entry, signals);
    if (entry->child > 0)
        return 0;
    remove_directory(entry);
    return fail(error, SLUICE_E_IO, "no process can be started: %s", strerror(errno));
}

/* ---- its end ----------------------------------------------------------------------------------------------
 */

static const char *read_details(struct test_suite *suite, const struct test_entry *entry) {
    char path[PATH_MAX];
    sluice_text text;
    sluice_error error = ERROR_INIT;
    snprintf(path, sizeof path, "%s/details", entry->dir);
    return file_read(path, DETAILS_MOST, &suite->arena, &text, &error) ? "" : text.ptr;
}

static void end(struct test_suite *suite, struct test_entry *entry, int status, bool late) {
    const char *details = read_details(suite, entry);
    entry->over = true;
    entry->child = 0;
    entry->elapsed_us = clock_us() - entry->begun_us;
    entry->passed = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (late)
        details =
            arena_printf(&suite->arena, "%sit took longer than its 'timeout', and was ended\n", details);
    else if (WIFSIGNALED(status))
        details = arena_printf(&suite->arena, "%sthe run crashed: signal %d (%s)\n", details,
                               WTERMSIG(status), strsignal(WTERMSIG(status)));
    else if (!entry->passed && !*details)
        details = "the test couldn't be played\n";
    entry->details = entry->passed ? "" : details ? details : "out of memory\n";
    remove_directory(entry);
}

static struct test_entry *find_child(struct test_suite *suite, pid_t child) {
    for (size_t i = 0; i < suite->count; i++)
        if (suite->entries[i].child == child)
            return &suite->entries[i];
    return NULL;
}

static void collect(struct test_suite *suite, unsigned *running) {
    int status;
    for (size_t i = 0; i < suite->count; i++) {
        struct test_entry *entry = &suite->entries[i];
        if (entry->child > 0 && waitpid(entry->child, &status, WNOHANG) == entry->child) {
            end(suite, find_child(suite, entry->child), status, false);
            (*running)--;
        }
    }
}

static void kill_child(struct test_suite *suite, struct test_entry *entry, unsigned *running) {
    int status = 0;
    kill(entry->child, SIGKILL);
    while (waitpid(entry->child, &status, 0) < 0 && errno == EINTR)
        ;
    end(suite, entry, status, true);
    (*running)--;
}

static void kill_late(struct test_suite *suite, unsigned *running, bool all) {
    int64_t now = clock_us();
    for (size_t i = 0; i < suite->count; i++) {
        struct test_entry *entry = &suite->entries[i];
        if (entry->child > 0 && (all || now - entry->begun_us > entry->test->timeout_ms * 1000))
            kill_child(suite, entry, running);
    }
}

/* ---- all of them ------------------------------------------------------------------------------------------
 */

static size_t tell(struct test_suite *suite, size_t told,
                   void (*each)(struct test_suite *suite, size_t index)) {
    while (told < suite->count && suite->entries[told].over)
        each(suite, told++);
    return told;
}

static struct test_entry *next_open(struct test_suite *suite, size_t *next) {
    while (*next < suite->count && suite->entries[*next].over)
        ++*next;
    return *next < suite->count ? &suite->entries[(*next)++] : NULL;
}

int test_play_all(struct test_suite *suite, unsigned jobs,
                  void (*each)(struct test_suite *suite, size_t index), sluice_error *error) {
    const struct timespec look = {.tv_nsec = LOOK_MS * 1000000};
    sigset_t wanted, before;
    unsigned running = 0;
    size_t next = 0, told = 0;
    int failed = 0, signal_number = 0;
    if (!no_network_available())
        log_line(SLUICE_LOG_WARN, NULL,
                 "this system can't deny a process the network: what a plugin connects to by "
                 "itself isn't kept from it");
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGCHLD);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGHUP);
    sigprocmask(SIG_BLOCK, &wanted, &before);
    while (!failed && told < suite->count) {
        struct test_entry *entry;
        while (!failed && running < jobs && (entry = next_open(suite, &next))) {
            failed = begin(suite, entry, &before, error);
            running += !failed;
        }
        if (running)
            signal_number = sigtimedwait(&wanted, NULL, &look);
        if (signal_number > 0 && signal_number != SIGCHLD)
            failed = fail(error, SLUICE_E_BUSY, "stopped before all tests were over");
        collect(suite, &running);
        kill_late(suite, &running, failed != 0);
        told = tell(suite, told, each);
    }
    kill_late(suite, &running, true);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return failed;
}
