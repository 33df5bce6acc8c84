/* Tested by tests/run/test_test.sh, as are the other parts of the command. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd_test.h"

/* ---- what was found --------------------------------------------------------------------------------- */

static struct test_entry *add_entry(struct test_suite *suite) {
    if (suite->count == suite->room) {
        size_t room = suite->room ? 2 * suite->room : 32;
        struct test_entry *more = realloc(suite->entries, room * sizeof *more);
        if (!more)
            return NULL;
        suite->entries = more;
        suite->room = room;
    }
    suite->entries[suite->count] = (struct test_entry){.details = ""};
    return &suite->entries[suite->count++];
}

static bool keep_pipeline(struct test_suite *suite, struct pipeline *pipeline) {
    if (suite->pipeline_count == suite->pipeline_room) {
        size_t room = suite->pipeline_room ? 2 * suite->pipeline_room : 32;
        struct pipeline **more = realloc(suite->pipelines, room * sizeof *more);
        if (!more)
            return false;
        suite->pipelines = more;
        suite->pipeline_room = room;
    }
    suite->pipelines[suite->pipeline_count++] = pipeline;
    return true;
}

/* A file that lint refuses is a test that has failed. */
static int add_broken(struct test_suite *suite, const char *file, const struct diag *diag) {
    struct test_entry *entry = add_entry(suite);
    char *text = NULL;
    size_t length = 0;
    FILE *out = entry ? open_memstream(&text, &length) : NULL;
    if (!out)
        return fail_memory(&suite->program->error);
    diag_print(diag, out, &(struct diag_look){.errors_only = true});
    fclose(out);
    *entry = (struct test_entry){.file = file, .over = true, .details = arena_string(&suite->arena, text)};
    free(text);
    if (diag->exit_code != -SLUICE_E_CONFIG)
        suite->exit_code = diag->exit_code;
    return entry->details ? 0 : fail_memory(&suite->program->error);
}

static int add_tests(struct test_suite *suite, const char *file, struct pipeline *pipeline) {
    char *whole = realpath(file, NULL);
    const char *path = whole ? arena_string(&suite->arena, whole) : NULL;
    if (!whole)
        return fail(&suite->program->error, SLUICE_E_NOINPUT,
                    "%s: each test reads it again, and it can't be found by its name; write it into a file",
                    file);
    free(whole);
    if (!path || !keep_pipeline(suite, pipeline))
        return fail_memory(&suite->program->error);
    suite->without += pipeline->tests->count == 0;
    for (size_t i = 0; i < pipeline->tests->count; i++) {
        const struct rehearsal *test = &pipeline->tests->items[i];
        if (suite->only && !strstr(test->name, suite->only))
            continue;
        struct test_entry *entry = add_entry(suite);
        if (!entry)
            return fail_memory(&suite->program->error);
        entry->file = file;
        entry->path = path;
        entry->pipeline = pipeline;
        entry->test = test;
    }
    return 0;
}

static int find_in_file(struct test_suite *suite, const char *path) {
    struct diag diag = {0};
    const struct vars none = {0};
    struct registry *registry = program_registry(suite->program);
    const char *file = arena_string(&suite->arena, path);
    if (!registry || !file)
        return fail_memory(&suite->program->error);
    struct pipeline *pipeline = pipeline_load(file, PIPELINE_OUTLINE, &none, registry, &diag);
    int failed = pipeline ? add_tests(suite, file, pipeline) : add_broken(suite, file, &diag);
    diag_free(&diag);
    return failed;
}

/* ---- directories -------------------------------------------------------------------------------------- */

static int is_wanted(const struct dirent *entry) {
    const char *dot = strrchr(entry->d_name, '.');
    bool file = dot && dot > entry->d_name && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
    return entry->d_name[0] != '.' && (file || entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN);
}

static bool is_pipeline_name(const char *name) {
    const char *dot = strrchr(name, '.');
    return dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

static int find_at(struct test_suite *suite, const char *path, bool named);

static int find_in_directory(struct test_suite *suite, const char *path) {
    struct dirent **names;
    char below[PATH_MAX];
    int count = scandir(path, &names, is_wanted, alphasort), failed = 0;
    size_t length = strlen(path);
    if (count < 0)
        return fail(&suite->program->error, SLUICE_E_NOINPUT, "%s: %s", path, strerror(errno));
    while (length > 1 && path[length - 1] == '/')
        length--;
    for (int i = 0; i < count; i++) {
        int n = snprintf(below, sizeof below, "%.*s/%s", (int)length, path, names[i]->d_name);
        if (!failed && n > 0 && (size_t)n < sizeof below)
            failed = find_at(suite, below, false);
        free(names[i]);
    }
    free(names);
    return failed;
}

/* One that was only come across counts by its name. */
static int find_at(struct test_suite *suite, const char *path, bool named) {
    struct stat about;
    if (!named && lstat(path, &about) == 0 && S_ISLNK(about.st_mode) && stat(path, &about) == 0 &&
        S_ISDIR(about.st_mode))
        return 0; /* it may lead round in a circle */
    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        return find_in_directory(suite, path);
    return named || is_pipeline_name(path) ? find_in_file(suite, path) : 0;
}

int test_find(struct test_suite *suite, const char *path) {
    return find_at(suite, path, true);
}
