#include <string.h>

#include "clerk.h"
#include "command.h"
#include "service.h"
#include "text.h"
#include "value.h"

enum { DRAIN_MS = 30000, DRAIN_MOST_MS = 3600 * 1000 };

static const struct flag flags[] = {
    {"set", 0, "NAME=VALUE", "give ${NAME} in the files a value", true},
    {"listen", 0, "HOST:PORT", "where /healthz and /metrics are (default: 127.0.0.1:9090); none: nowhere",
     false},
    {"listen-anywhere", 0, NULL, "let --listen name an address that other machines reach", false},
    {"drain", 0, "D", "when stopped, wait so long for calls in flight (default: 30s)", false},
    {0},
};

static int read_listen(struct program *program, struct listen_address *out, bool *nowhere) {
    const char *text = arguments_value(&program->arguments, "listen");
    *nowhere = text && strcmp(text, "none") == 0;
    if (*nowhere)
        return 0;
    if (listen_parse(text ? text : "127.0.0.1:9090", out, &program->error))
        return fail_within(&program->error, "--listen");
    if (out->loopback || arguments_has(&program->arguments, "listen-anywhere"))
        return 0;
    return fail(
        &program->error, SLUICE_E_USAGE,
        "--listen: %s can be reached from other machines, and these pages have no password; listen on "
        "127.0.0.1, or add --listen-anywhere when that is meant",
        out->host);
}

static int read_drain(struct program *program, int64_t *out) {
    const char *text = arguments_value(&program->arguments, "drain");
    *out = DRAIN_MS;
    if (!text || (value_duration(text_of(text), out, NULL) && *out >= 0 && *out <= DRAIN_MOST_MS))
        return 0;
    return fail(&program->error, SLUICE_E_USAGE, "--drain: '%s' is no duration up to 1h; write 30s or 2m",
                text);
}

static int read_vars(void *user, struct vars *out, sluice_error *error) {
    struct program *program = user;
    int failed = program_read_vars(program, out);
    return failed ? fail(error, failed, "%s", program->error.text) : 0;
}

static int run(struct program *program) {
    struct listen_address address;
    bool nowhere;
    struct service_settings settings = {.files = program->arguments.operands,
                                        .file_count = program->arguments.operand_count,
                                        .read_vars = read_vars,
                                        .user = program,
                                        .clerk = &clerk_of_service,
                                        .yes = program->yes,
                                        .quiet = program->quiet,
                                        .color = program->color};
    if (!settings.file_count)
        return fail(&program->error, SLUICE_E_USAGE, "FILE is missing; name the pipelines to run");
    int failed = read_listen(program, &address, &nowhere);
    if (!failed)
        failed = read_drain(program, &settings.drain_ms);
    if (failed)
        return failed;
    settings.listen = nowhere ? NULL : &address;
    settings.registry = program_registry(program);
    settings.state_dir = settings.registry ? program_state_dir(program) : NULL;
    if (!settings.state_dir)
        return program->error.code;
    return service_run(&settings, &program->error);
}

const struct command cmd_serve = {
    .name = "serve",
    .usage = "FILE… [--listen 127.0.0.1:9090] [--drain D] [--set NAME=VALUE]… [--yes]",
    .summary = "run pipelines as a service, each when its trigger says so",
    .about =
        "Runs every pipeline in one process: by its `trigger: {every: 5m}` or `trigger: {cron: \"0 6 * * "
        "*\"}`, "
        "and one without a trigger once, at the start. A firing is skipped while the pipeline's last run is "
        "under way. A pipeline that fails is tried again after a pause that doubles, up to an hour; it never "
        "holds up another one.\n\n"
        "Pipelines that spend need --yes, or `confirm: false` under `spend:`: there is nobody to ask.\n\n"
        "SIGTERM and SIGINT take in no more, wait for the calls in flight (--drain) and end with 0; a second "
        "one ends at once. SIGHUP reads all files and .env anew: a pipeline changes when its run under way "
        "has ended, and a file with an error leaves its pipeline as it was.\n\n"
        "GET /healthz says how the pipelines, the ledger and the providers are, as JSON, with 200 or 503; "
        "GET /metrics is for Prometheus. Both are on this machine only unless --listen-anywhere.\n\n"
        "Exit codes: 0 stopped by a signal, with nothing under way; 64 a wrong option, or a pipeline that "
        "spends unasked; 73 the address is taken; 75 the calls in flight took longer than --drain; 78 a file "
        "is wrong.",
    .flags = flags,
    .run = run,
};
