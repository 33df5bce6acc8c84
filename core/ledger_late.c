#include "ledger_late.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger_remote.h"
#include "log.h"
#include "text.h"

enum { PATH_MOST = 4096, FIXED = 4, TEXTS_MOST = FIXED + 2 * 256, FILE_MOST = 256 * 1024 * 1024 };

static int directory(const struct ledger *ledger, char out[PATH_MOST], sluice_error *error) {
    if (snprintf(out, PATH_MOST, "%s/late", ledger->state_dir) >= PATH_MOST)
        return fail(error, SLUICE_E_IO, "%s: the path is too long", ledger->state_dir);
    return 0;
}

/* ---- keeping ------------------------------------------------------------------------------- */

/* A name is durable when its directory is. */
static int sync_directory(const char *path) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int bad = fd < 0 || fsync(fd);
    if (fd >= 0)
        close(fd);
    return bad;
}

static int write_all(int fd, const void *bytes, size_t size) {
    for (size_t at = 0; at < size;) {
        ssize_t wrote = write(fd, (const char *)bytes + at, size - at);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return -1;
        at += (size_t)wrote;
    }
    return 0;
}

/* Nobody else adds to the file or brings it in meanwhile. -1: it can't be opened. */
static int open_alone(const char *path, int flags, struct stat *about) {
    for (;;) {
        int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
            return -1;
        while (flock(fd, LOCK_EX) && errno == EINTR)
            ;
        if (fstat(fd, about) == 0 && about->st_nlink)
            return fd;
        close(fd); /* somebody has brought it in just now: another one, or none */
    }
}

/* Behind a length of eight bytes, so that one that wasn't written to its end shows. One that couldn't be must
 * not stand in front of the next. */
static int append(const char *dir, const char *path, const struct record_buffer *bytes, sluice_error *error) {
    uint64_t size = bytes->used;
    struct stat about = {0};
    int fd = -1, failed = 0;
    bool bad = mkdir(dir, 0700) && errno != EEXIST;
    if (!bad)
        fd = open_alone(path, O_WRONLY | O_CREAT | O_APPEND, &about);
    bad = fd < 0 || write_all(fd, &size, sizeof size) || write_all(fd, bytes->bytes, bytes->used) ||
          fsync(fd) || sync_directory(dir);
    if (bad)
        failed = fail(error, SLUICE_E_IO, "%s can't be written: %m", path);
    if (bad && fd >= 0 && ftruncate(fd, about.st_size))
        fail_within(error, "an order that was paid is kept in half");
    if (fd >= 0)
        close(fd);
    return failed;
}

static int encode(struct record_buffer *out, const struct late *late, sluice_error *error) {
    char order[24], price[24];
    sluice_text texts[FIXED];
    snprintf(order, sizeof order, "%" PRId64, late->order);
    snprintf(price, sizeof price, "%" PRId64, late->price);
    texts[0] = text_of(order);
    texts[1] = text_of(price);
    texts[2] = late->order_id;
    texts[3] = late->evidence;
    int failed = record_encode(out, texts, FIXED, error);
    if (!failed)
        failed = record_encode(out, late->added.names, late->added.count, error);
    return failed ? failed : record_encode(out, late->added.values, late->added.count, error);
}

int ledger_late_keep(struct ledger *ledger, int64_t run, const struct late *late, sluice_error *error) {
    char dir[PATH_MOST], path[PATH_MOST + 100];
    struct record_buffer bytes = {0};
    if (!ledger->remote)
        return fail(error, SLUICE_E_SOFTWARE, "%s: a late order of a ledger that is here", ledger->path);
    int failed = directory(ledger, dir, error);
    if (!failed)
        failed = encode(&bytes, late, error);
    if (!failed) {
        snprintf(path, sizeof path, "%s/%s-%" PRId64 "-%" PRId64, dir, ledger->remote->identity, run,
                 ledger->remote->token);
        failed = append(dir, path, &bytes, error);
    }
    record_buffer_free(&bytes);
    return failed;
}

/* ---- bringing in --------------------------------------------------------------------------- */

struct taking {
    struct ledger *ledger;
    int64_t run, token;
    bool known; /* the ledger has this run; else one of the same number, or none */
    uint64_t *placed;
    sluice_text texts[TEXTS_MOST];
};

static void tell(const struct late *late, enum order_state state) {
    log_line(SLUICE_LOG_WARN, "ledger",
             "order %.*s was paid while the ledger couldn't be reached, and the ledger %s%s%s: see 'sluice "
             "ledger list' and the provider's site",
             TEXT_ARG(late->order_id),
             state ? "has what it was for as "
                   : "doesn't know what it was for (was it "
                     "restored from a backup?)",
             state ? order_state_name(state) : "", state ? " by now" : "");
}

/* Only an order that is still the run's, and open, is news. One that isn't there at all is for a person. */
static int take_one(struct taking *taking, const struct late *late, sluice_error *error) {
    struct ledger *ledger = taking->ledger;
    struct ledger_head head;
    bool found;
    enum order_state became = ORDER_NONE;
    const struct outcome outcome = {.transition = T3,
                                    .order_id = late->order_id,
                                    .evidence = late->evidence,
                                    .price = late->price,
                                    .added = late->added};
    if (!taking->known) {
        tell(late, ORDER_NONE);
        return 0;
    }
    int failed = ledger_find_head(ledger, late->order, &head, &found, error);
    if (failed)
        return failed;
    if (!found) {
        tell(late, ORDER_NONE);
        return 0;
    }
    bool open = head.run == taking->run && (head.state == ORDER_SENDING || head.state == ORDER_IN_DOUBT);
    if (open)
        failed = ledger_outcome(ledger, taking->run, late->order, &outcome, &became, error);
    *taking->placed += !failed && became == ORDER_PLACED;
    if (!failed && became != ORDER_PLACED && head.state != ORDER_PLACED)
        tell(late, head.state);
    return failed;
}

/* False: it was written by something else, or not to its end. */
static bool decode(struct taking *taking, const uint8_t *bytes, size_t size, struct late *out) {
    uint32_t count;
    char number[24];
    if (!record_count(bytes, size, &count) || count < FIXED || count > TEXTS_MOST || (count - FIXED) % 2 ||
        !record_decode(bytes, size, taking->texts, count))
        return false;
    const sluice_text *texts = taking->texts;
    snprintf(number, sizeof number, "%.*s", TEXT_ARG(texts[0]));
    out->order = strtoll(number, NULL, 10);
    snprintf(number, sizeof number, "%.*s", TEXT_ARG(texts[1]));
    out->price = strtoll(number, NULL, 10);
    out->order_id = texts[2];
    out->evidence = texts[3];
    out->added = (struct record){texts + FIXED, texts + FIXED + (count - FIXED) / 2, (count - FIXED) / 2};
    return true;
}

static int take_all(struct taking *taking, const uint8_t *bytes, size_t size, sluice_error *error) {
    int failed = ledger_begin(taking->ledger, error);
    if (failed)
        return failed;
    failed = remote_run_has_token(taking->ledger->remote, taking->run, taking->token, &taking->known, error);
    while (!failed && size >= sizeof(uint64_t)) {
        struct late late;
        uint64_t length;
        memcpy(&length, bytes, sizeof length);
        bytes += sizeof length;
        size -= sizeof length;
        if (length > size || !decode(taking, bytes, length, &late))
            break; /* the process died over it: the order is in doubt */
        failed = take_one(taking, &late, error);
        bytes += length;
        size -= length;
    }
    if (!failed)
        return ledger_commit(taking->ledger, error);
    ledger_rollback(taking->ledger);
    return failed;
}

static int read_file(int fd, const char *path, const struct stat *about, uint8_t **out, sluice_error *error) {
    size_t size = (size_t)about->st_size;
    if (about->st_size > FILE_MOST)
        return fail(error, SLUICE_E_IO, "%s has more than %d MiB", path, FILE_MOST >> 20);
    *out = malloc(size + 1);
    if (*out && read(fd, *out, size) == about->st_size)
        return 0;
    free(*out);
    return fail(error, SLUICE_E_IO, "%s can't be read", path);
}

/* It is held until it is removed: whoever adds to it then begins a new one. */
static int take_file(struct ledger *ledger, const char *path, const char *name, uint64_t *placed,
                     sluice_error *error) {
    char *rest;
    struct taking taking = {.ledger = ledger, .run = strtoll(name, &rest, 10), .placed = placed};
    taking.token = *rest == '-' ? strtoll(rest + 1, NULL, 10) : -1;
    struct stat about;
    uint8_t *bytes = NULL;
    int fd = open_alone(path, O_RDONLY, &about);
    if (fd < 0)
        return errno == ENOENT ? 0 : fail(error, SLUICE_E_IO, "%s can't be read: %m", path);
    int failed = read_file(fd, path, &about, &bytes, error);
    if (!failed) {
        failed = take_all(&taking, bytes, (size_t)about.st_size, error);
        free(bytes);
    }
    if (!failed && !taking.known)
        log_line(SLUICE_LOG_WARN, "ledger",
                 "%s is of a run that the ledger doesn't know, and is kept; remove it when its orders are "
                 "accounted for",
                 path);
    if (!failed && taking.known && unlink(path))
        failed = fail(error, SLUICE_E_IO, "%s can't be removed: %m", path);
    close(fd);
    return failed;
}

int ledger_late_take(struct ledger *ledger, uint64_t *placed, sluice_error *error) {
    char dir[PATH_MOST], path[PATH_MOST + 300];
    *placed = 0;
    int failed = ledger->remote ? directory(ledger, dir, error) : 0;
    DIR *entries = failed || !ledger->remote ? NULL : opendir(dir);
    if (!entries)
        return failed;
    size_t length = strlen(ledger->remote->identity);
    for (struct dirent *entry; !failed && (entry = readdir(entries));) {
        if (strncmp(entry->d_name, ledger->remote->identity, length) != 0 || entry->d_name[length] != '-')
            continue;
        snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
        failed = take_file(ledger, path, entry->d_name + length + 1, placed, error);
    }
    closedir(entries);
    return failed;
}
