#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "cmd_doctor.h"
#include "run_lock.h"

/* ---- libraries ---------------------------------------------------------------------------------- */

static const struct {
    const char *file, *package, *use;
} libraries[] = {
    {"libsqlite3.so.0", "libsqlite3-0", "the ledger, and stores in SQLite files"},
    {"libcurl.so.4", "libcurl4", "providers, and Supabase over REST"},
    {"libcrypto.so.3", "libssl3", "keys of orders, and digests"},
    {"libutf8proc.so.2", "libutf8proc2", "text in every script"},
    {"libxml2.so.2", "libxml2", "gsm_fusion"},
    {"libmicrohttpd.so.12", "libmicrohttpd12", "serve, sandbox and form"},
    {"libpq.so.5", "libpq5", "Supabase and the ledger over Postgres"},
};

void doctor_libraries(struct doctor *doctor) {
    char remedy[100];
    unsigned missing = doctor->wrong;
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        if (dlopen(libraries[i].file, RTLD_NOW | RTLD_LOCAL)) /* left open: some don't like to be closed */
            continue;
        snprintf(remedy, sizeof remedy, "install the package %s", libraries[i].package);
        doctor_wrong(doctor, "libraries", remedy, "%s, for %s, can't be loaded: %s", libraries[i].file,
                     libraries[i].use, dlerror());
    }
    if (doctor->wrong == missing)
        doctor_fine(doctor, "libraries", "all %zu can be loaded", sizeof libraries / sizeof *libraries);
}

/* ---- the state directory ------------------------------------------------------------------------ */

static void check_room(struct doctor *doctor, const char *dir) {
    enum { LEAST_MB = 100 };
    struct statvfs room;
    if (statvfs(dir, &room)) {
        doctor_wrong(doctor, "room", NULL, "%s: %s", dir, strerror(errno));
        return;
    }
    uint64_t mb = (uint64_t)room.f_bavail * room.f_frsize / 1000000;
    if (mb < LEAST_MB || (room.f_files && room.f_favail == 0))
        doctor_wrong(
            doctor, "room", "make room, or move it with --state-dir; a run stops when the disk is full",
            "%" PRIu64 " MB and %" PRIu64 " files are left for %s", mb, (uint64_t)room.f_favail, dir);
    else
        doctor_fine(doctor, "room", "%" PRIu64 " MB are free for %s", mb, dir);
}

static int64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int compare(const void *a, const void *b) {
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* In a file without a name: nothing is left, not even by a crash. */
static void check_sync(struct doctor *doctor, const char *dir) {
    enum { TRIES = 9, SLOW_US = 100000 };
    static const char block[4096];
    int64_t took[TRIES];
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
        doctor_fine(doctor, "fsync", "this file system has no files without a name; not tried");
        return;
    }
    for (int i = 0; fd >= 0 && i < TRIES; i++) {
        int64_t begun = now_us();
        if (write(fd, block, sizeof block) != sizeof block || fdatasync(fd)) {
            close(fd);
            fd = -1;
        }
        took[i] = now_us() - begun;
    }
    if (fd < 0) {
        doctor_wrong(doctor, "fsync",
                     "an order is only sent when its intent is on the disk; use another disk",
                     "writing in %s: %s", dir, strerror(errno));
        return;
    }
    close(fd);
    qsort(took, TRIES, sizeof *took, compare);
    int64_t median = took[TRIES / 2];
    if (median > SLOW_US)
        doctor_wrong(doctor, "fsync", "each batch of orders waits for it; use a faster disk, or one nearby",
                     "takes %" PRId64 " ms in %s", median / 1000, dir);
    else
        doctor_fine(doctor, "fsync", "takes %" PRId64 ".%02" PRId64 " ms", median / 1000, median % 1000 / 10);
}

/* Who is at work here; not a finding, whichever it is. */
static void check_runs(struct doctor *doctor, const char *dir) {
    char path[4096];
    unsigned alive = 0, dead = 0;
    snprintf(path, sizeof path, "%s/runs", dir);
    DIR *runs = opendir(path);
    for (struct dirent *entry; runs && (entry = readdir(runs));) {
        sluice_error why = ERROR_INIT;
        char *end;
        bool held;
        long long run = strtoll(entry->d_name, &end, 10);
        if (end == entry->d_name || strcmp(end, ".lock") != 0)
            continue;
        if (run_lock_held(dir, run, &held, &why))
            doctor_wrong(doctor, "runs", NULL, "%s", why.text);
        else if (held)
            alive++;
        else
            dead++;
    }
    if (runs)
        closedir(runs);
    if (alive || dead)
        doctor_fine(doctor, "runs", "%u under way, %u ended without a word; the next run takes those up",
                    alive, dead);
    else
        doctor_fine(doctor, "runs", "none is under way");
}

/* The nearest directory above that is there. */
static bool find_above(const char *dir, char *out, size_t room) {
    snprintf(out, room, "%s", dir);
    while (*out && access(out, F_OK)) {
        char *slash = strrchr(out, '/');
        if (!slash)
            snprintf(out, room, ".");
        else if (slash == out)
            out[1] = 0;
        else
            *slash = 0;
    }
    return *out;
}

static void check_absent(struct doctor *doctor, const char *dir) {
    char above[4096];
    if (!find_above(dir, above, sizeof above) || access(above, W_OK | X_OK))
        doctor_wrong(doctor, "state", "name another with --state-dir, or SLUICE_STATE_DIR",
                     "%s isn't there, and can't be made in %s: %s", dir, above, strerror(errno));
    else
        doctor_fine(doctor, "state", "%s isn't there yet; the first run makes it", dir);
    check_room(doctor, above);
}

void doctor_state(struct doctor *doctor, const char *dir) {
    struct stat found;
    if (stat(dir, &found)) {
        if (errno == ENOENT)
            check_absent(doctor, dir);
        else
            doctor_wrong(doctor, "state", "name another with --state-dir", "%s: %s", dir, strerror(errno));
        return;
    }
    if (!S_ISDIR(found.st_mode)) {
        doctor_wrong(doctor, "state", "name another with --state-dir", "%s is no directory", dir);
        return;
    }
    if (access(dir, R_OK | W_OK | X_OK)) {
        doctor_wrong(doctor, "state", "run as its owner, or name another with --state-dir",
                     "%s can't be written: %s", dir, strerror(errno));
        return;
    }
    if (found.st_mode & 077)
        doctor_wrong(doctor, "state", "close it to others: chmod 700", "%s is open to others (%03o)", dir,
                     (unsigned)(found.st_mode & 0777));
    else
        doctor_fine(doctor, "state", "%s is ours alone", dir);
    check_room(doctor, dir);
    check_sync(doctor, dir);
    check_runs(doctor, dir);
}
