#include "rehearsal_play.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "log.h"
#include "no_network.h"
#include "printable.h"
#include "rehearsal_judge.h"
#include "runner.h"
#include "text.h"

enum { LOG_MOST = 16 * 1024 * 1024, LOG_LINES = 12 };

/* ---- the process ------------------------------------------------------------------------------------- */

/* Nothing of the user's comes in, and nothing goes out but through `out`. */
static bool set_up_process(const struct rehearsal_play *play) {
    char path[4096];
    const char *search = getenv("PATH");
    snprintf(path, sizeof path, "%s", search ? search : "");
    clearenv();
    setenv("PATH", path, 1);
    setenv("HOME", play->dir, 1);
    setenv("TMPDIR", play->dir, 1);
    setenv("XDG_STATE_HOME", play->dir, 1);
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    bool good = nothing >= 0 && chdir(play->dir) == 0 && dup2(nothing, STDIN_FILENO) == STDIN_FILENO &&
                dup2(nothing, STDOUT_FILENO) == STDOUT_FILENO && mkdir("work", 0700) == 0 &&
                chdir("work") == 0;
    log_configure(&(struct log_settings){.level = SLUICE_LOG_INFO});
    return good;
}

/* Each run has a log of its own. */
static bool begin_log(const struct rehearsal_play *play, size_t step, char *path, size_t room) {
    snprintf(path, room, "%.4000s/log-%zu", play->dir, step);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good = fd >= 0 && dup2(fd, STDERR_FILENO) == STDERR_FILENO;
    if (fd >= 0)
        close(fd);
    return good;
}

/* Where the system has no means to, which the command has said, the core's own wall stands alone. */
static bool deny_network(FILE *out) {
    if (!no_network_available() || no_network_begin())
        return true;
    fprintf(out, "the network can't be denied to the test: %s\n", strerror(errno));
    return false;
}

/* ---- one run ------------------------------------------------------------------------------------------- */

static int run(const struct rehearsal_play *play, struct rehearsal_scene *scene, struct run_sums *sums,
               sluice_error *error) {
    struct run_report report;
    struct run_snapshot snapshot;
    struct stop stop;
    char state[4200];
    snprintf(state, sizeof state, "%.4000s/state", play->dir);
    int failed = stop_on_wish(&stop, error);
    if (failed)
        return failed;
    run_report_init(&report);
    const struct runner_settings settings = {.state_dir = state,
                                             .registry = play->registry,
                                             .repeat = scene->step->repeat,
                                             .now = true,
                                             .yes = true,
                                             .stop = &stop,
                                             .report = &report};
    int result = runner_run(scene->pipeline, &settings, error);
    run_report_read(&report, &snapshot);
    *sums = snapshot.sums;
    run_report_free(&report);
    stop_close(&stop);
    return result;
}

/* The last lines. */
static void put_log(FILE *out, sluice_text log) {
    uint64_t from = log.len;
    unsigned lines = 0;
    while (from > 0 && lines <= LOG_LINES)
        lines += log.ptr[--from] == '\n';
    log.ptr += from, log.len -= from;
    fputs(log.len ? "what the run said:\n" : "", out);
    while (log.len) {
        const char *end = memchr(log.ptr, '\n', log.len);
        sluice_text line = {log.ptr, end ? (uint64_t)(end - log.ptr) : log.len};
        if (line.len) {
            fputs("    ", out);
            printable_put(out, line);
            fputc('\n', out);
        }
        log.ptr += line.len + (end != NULL), log.len -= line.len + (end != NULL);
    }
}

static bool judge(FILE *out, struct rehearsal_result *result, const char *log_path) {
    sluice_arena arena = {0};
    sluice_error error = ERROR_INIT;
    if (file_read(log_path, LOG_MOST, &arena, &result->log, &error))
        result->log = TEXT("");
    bool good = rehearsal_judge(out, result);
    if (!good)
        put_log(out, result->log);
    arena_free(&arena);
    return good;
}

static bool play_step(const struct rehearsal_play *play, const struct rehearsal_step *step,
                      const char *log_path, FILE *out) {
    const struct rehearsal_setting setting = {play->file, play->lint, play->test, play->registry, play->dir};
    struct rehearsal_scene scene;
    struct diag diag = {0};
    sluice_error error = ERROR_INIT;
    bool good = rehearsal_scene_open(&scene, &setting, step, &diag, &error) == 0;
    if (good) {
        struct rehearsal_result result = {.scene = &scene};
        rehearsal_provider_stand_in(&scene.provider);
        int code = run(play, &scene, &result.sums, &error);
        if (code < 0)
            log_line(SLUICE_LOG_ERROR, NULL, "%s", error.text);
        result.exit = code < 0 ? -code : code;
        good = judge(out, &result, log_path);
    } else {
        diag_print(&diag, out, &(struct diag_look){.errors_only = true});
        fprintf(out, "%s\n", error.text);
    }
    rehearsal_scene_close(&scene);
    diag_free(&diag);
    return good;
}

bool rehearsal_play(const struct rehearsal_play *play, FILE *out) {
    char log_path[4200];
    bool good = set_up_process(play);
    if (!good)
        fprintf(out, "the directory of the test can't be used: %s\n", strerror(errno));
    good = good && deny_network(out);
    for (size_t i = 0; good && i < play->test->step_count; i++) {
        good = begin_log(play, i, log_path, sizeof log_path);
        long before = ftell(out);
        if (good)
            good = play_step(play, &play->test->steps[i], log_path, out);
        if (!good && i && ftell(out) > before)
            fprintf(out, "(in number %zu of 'then')\n", i);
    }
    return good;
}
