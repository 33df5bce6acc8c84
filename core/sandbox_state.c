#include "sandbox_state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"

/* A record: its letter, the lengths of its three fields in decimal, a newline, the fields. A group ends
 * with a line of one dot. */
enum { HEAD_MOST = 80 };

struct record {
    char kind; /* '.': the end of a group */
    sluice_text fields[SANDBOX_FIELDS];
};

typedef bool (*record_use)(void *user, enum sandbox_record kind, const sluice_text *fields);

static int io_failed(const struct sandbox_state *state, const char *what, sluice_error *error) {
    return fail(error, SLUICE_E_IO, "%s: %s: %s", state->path, what, strerror(errno));
}

/* ---- reading ------------------------------------------------------------------------------- */

/* The record at `at`; what follows it. NULL: it isn't whole. */
static const char *read_record(const char *at, const char *end, struct record *out) {
    char head[HEAD_MOST];
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    if (!newline || newline - at >= HEAD_MOST)
        return NULL;
    memcpy(head, at, (size_t)(newline - at));
    head[newline - at] = '\0';
    at = newline + 1;
    *out = (struct record){.kind = head[0]};
    if (strcmp(head, ".") == 0)
        return at;
    uint64_t *lengths[] = {&out->fields[0].len, &out->fields[1].len, &out->fields[2].len};
    if (!strchr("rfc", head[0]) || sscanf(head + 1, " %" SCNu64 " %" SCNu64 " %" SCNu64, lengths[0],
                                          lengths[1], lengths[2]) != SANDBOX_FIELDS)
        return NULL;
    for (int i = 0; i < SANDBOX_FIELDS; i++) {
        if (out->fields[i].len > (uint64_t)(end - at))
            return NULL;
        out->fields[i].ptr = at;
        at += out->fields[i].len;
    }
    return at;
}

/* Where the last whole group ends. */
static const char *last_group(const char *at, const char *end) {
    const char *whole = at;
    struct record record;
    while ((at = read_record(at, end, &record)))
        if (record.kind == '.')
            whole = at;
    return whole;
}

static bool use_records(const char *at, const char *end, record_use each, void *user) {
    struct record record;
    while (at < end && (at = read_record(at, end, &record)))
        if (record.kind != '.' && !each(user, (enum sandbox_record)record.kind, record.fields))
            return false;
    return true;
}

static int read_all(const struct sandbox_state *state, char **bytes, size_t *length, sluice_error *error) {
    enum { MOST = 1024 * 1024 * 1024 };
    struct stat file;
    if (fstat(state->fd, &file))
        return io_failed(state, "can't be read", error);
    if (!S_ISREG(file.st_mode) || file.st_size > MOST)
        return fail(error, SLUICE_E_DATA, "%s: isn't a sandbox's state file, or too large (over 1 GiB)",
                    state->path);
    *length = 0;
    *bytes = malloc((size_t)file.st_size + 1);
    if (!*bytes)
        return fail_memory(error);
    while (*length < (size_t)file.st_size) {
        ssize_t n = read(state->fd, *bytes + *length, (size_t)file.st_size - *length);
        if (n < 0)
            return io_failed(state, "can't be read", error);
        if (n == 0)
            break;
        *length += (size_t)n;
    }
    return 0;
}

/* ---- writing ------------------------------------------------------------------------------- */

static void append(struct sandbox_state *state, const void *bytes, size_t length) {
    if (state->used + length > state->room) {
        size_t room = (state->used + length) * 2;
        char *more = realloc(state->pending, room);
        if (!more) {
            state->failed = true;
            return;
        }
        state->pending = more;
        state->room = room;
    }
    if (length)
        memcpy(state->pending + state->used, bytes, length);
    state->used += length;
}

static int flush(struct sandbox_state *state, sluice_error *error) {
    size_t done = 0;
    if (state->failed)
        return fail_memory(error);
    while (done < state->used) {
        ssize_t n = write(state->fd, state->pending + done, state->used - done);
        if (n < 0 && errno != EINTR)
            return io_failed(state, "can't be written", error);
        if (n > 0)
            done += (size_t)n;
    }
    state->used = 0;
    return 0;
}

void sandbox_state_add(struct sandbox_state *state, enum sandbox_record kind, const sluice_text *fields) {
    char head[HEAD_MOST];
    if (state->fd < 0)
        return;
    int n = snprintf(head, sizeof head, "%c %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", (char)kind, fields[0].len,
                     fields[1].len, fields[2].len);
    append(state, head, (size_t)n);
    for (int i = 0; i < SANDBOX_FIELDS; i++)
        append(state, fields[i].ptr, fields[i].len);
}

int sandbox_state_commit(struct sandbox_state *state, sluice_error *error) {
    if (state->fd < 0 || (state->used == 0 && !state->failed))
        return 0;
    append(state, ".\n", 2);
    return flush(state, error);
}

/* ---- opening ------------------------------------------------------------------------------- */

static int load(struct sandbox_state *state, const char *title, record_use each, void *user,
                sluice_error *error) {
    char *bytes = NULL;
    size_t length = 0, title_length = strlen(title);
    int failed = read_all(state, &bytes, &length, error);
    if (!failed && length == 0) {
        append(state, title, title_length);
        failed = flush(state, error);
    } else if (!failed && (length < title_length || memcmp(bytes, title, title_length))) {
        failed = fail(error, SLUICE_E_DATA,
                      "%s: isn't the state of a sandbox of this provider; give another file", state->path);
    } else if (!failed) {
        const char *end = last_group(bytes + title_length, bytes + length);
        if (!use_records(bytes + title_length, end, each, user))
            failed = fail_memory(error);
        else if (ftruncate(state->fd, end - bytes))
            failed = io_failed(state, "can't be cut after its last whole group", error);
    }
    free(bytes);
    return failed;
}

int sandbox_state_open(struct sandbox_state *state, const char *path, const char *provider, record_use each,
                       void *user, sluice_error *error) {
    char title[128];
    *state = (struct sandbox_state){.fd = -1, .path = path};
    if (!path)
        return 0;
    state->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (state->fd < 0)
        return fail(error, SLUICE_E_CANTCREAT, "%s: can't be opened: %s", path, strerror(errno));
    if (flock(state->fd, LOCK_EX | LOCK_NB))
        return errno == EWOULDBLOCK ? fail(error, SLUICE_E_BUSY, "%s: another sandbox is using it", path)
                                    : io_failed(state, "can't be locked", error);
    snprintf(title, sizeof title, "sluice sandbox 1 %s\n", provider);
    return load(state, title, each, user, error);
}

void sandbox_state_close(struct sandbox_state *state) {
    if (state->fd >= 0)
        close(state->fd);
    free(state->pending);
    *state = (struct sandbox_state){.fd = -1};
}
