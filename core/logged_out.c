#include "logged_out.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "clock.h"
#include "statedir.h"
#include "text.h"

static int trouble(const char *path, sluice_error *error) {
    return fail(error, SLUICE_E_IO, "%s can't be used: %s", path, strerror(errno));
}

static char *path_of(const char *state_dir, sluice_error *error) {
    char *path = NULL;
    if (asprintf(&path, "%s/logged_out", state_dir) >= 0)
        return path;
    fail_memory(error);
    return NULL;
}

static bool is_key(sluice_text key) {
    for (uint64_t i = 0; i < key.len; i++)
        if (!key.ptr[i] ||
            !strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", key.ptr[i]))
            return false;
    return key.len && key.len <= LOGGED_OUT_KEY;
}

static bool is_recent(int64_t at_ms) {
    return at_ms > clock_wall_ms() - (int64_t)LOGGED_OUT_DAYS * 86400000;
}

/* "MS KEY PIPELINE"; a line that was cut off in a crash is none. */
static bool read_line(char *line, int64_t *at_ms, sluice_text *key, sluice_text *pipeline) {
    char *end, *space;
    *at_ms = strtoll(line, &end, 10);
    if (end == line || *end != ' ' || !(space = strchr(end + 1, ' ')))
        return false;
    *key = (sluice_text){end + 1, (uint64_t)(space - end - 1)};
    *pipeline = (sluice_text){space + 1, strcspn(space + 1, "\n")};
    return is_key(*key);
}

/* Is anything in it that somebody could still come with? */
static bool has_recent(FILE *file) {
    char *line = NULL;
    size_t room = 0;
    int64_t at_ms;
    bool recent = false;
    sluice_text key, pipeline;
    while (!recent && getline(&line, &room, file) > 0)
        recent = read_line(line, &at_ms, &key, &pipeline) && is_recent(at_ms);
    free(line);
    return recent;
}

/* Under the lock. The empty line in front ends what a crash cut off. */
static int add(FILE *file, const char *path, sluice_text pipeline, sluice_text key, sluice_error *error) {
    if (!has_recent(file) && ftruncate(fileno(file), 0) != 0)
        return trouble(path, error);
    fprintf(file, "\n%" PRId64 " %.*s %.*s\n", clock_wall_ms(), TEXT_ARG(key), TEXT_ARG(pipeline));
    return fflush(file) || fsync(fileno(file)) ? trouble(path, error) : 0;
}

int logged_out_add(const char *state_dir, sluice_text pipeline, sluice_text key, sluice_error *error) {
    if (!is_key(key))
        return fail(error, SLUICE_E_PLUGIN, "a session's name has 1 to %d letters and digits",
                    LOGGED_OUT_KEY);
    int failed = statedir_make(state_dir, error);
    char *path = failed ? NULL : path_of(state_dir, error);
    if (!path)
        return error->code;
    int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "a+");
    if (!file || flock(fd, LOCK_EX) != 0)
        failed = trouble(path, error);
    else
        failed = add(file, path, pipeline, key, error);
    if (file)
        fclose(file);
    else if (fd >= 0)
        close(fd);
    free(path);
    return failed;
}

int logged_out_each(const char *state_dir, sluice_text pipeline,
                    int (*each)(void *user, sluice_text key, int64_t at_ms), void *user,
                    sluice_error *error) {
    char *path = path_of(state_dir, error), *line = NULL;
    size_t room = 0;
    int64_t at_ms;
    sluice_text key, of;
    if (!path)
        return error->code;
    FILE *file = fopen(path, "re");
    int failed = file || errno == ENOENT ? 0 : trouble(path, error);
    while (file && getline(&line, &room, file) > 0)
        if (read_line(line, &at_ms, &key, &of) && text_equal(of, pipeline) && is_recent(at_ms) &&
            each(user, key, at_ms))
            break;
    if (file && ferror(file))
        failed = trouble(path, error);
    if (file)
        fclose(file);
    free(line);
    free(path);
    return failed;
}
