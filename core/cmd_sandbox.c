#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "command.h"
#include "descriptor.h"
#include "log.h"
#include "sandbox.h"
#include "text.h"
#include "value.h"

enum { LATENCY_MOST_MS = 10 * 60 * 1000 };

/* ---- the command line ---------------------------------------------------------------------- */

/* "127.0.0.1:5099", "localhost:0", "[::1]:8080", ":8080". */
static int parse_listen(const char *text, struct sandbox_settings *settings, sluice_error *error) {
    const char *colon = strrchr(text, ':');
    sluice_text host = {text, colon ? (uint64_t)(colon - text) : 0};
    int64_t port = -1;
    if (!colon || !value_int(text_of(colon + 1), &port, NULL) || port < 0 || port > UINT16_MAX)
        return fail(error, SLUICE_E_USAGE,
                    "--listen: '%s' is no address; write 127.0.0.1:5099, or port 0 for any", text);
    settings->ipv6 = text_is(host, "[::1]");
    if (host.len && !settings->ipv6 && !text_is(host, "127.0.0.1") && !text_is(host, "localhost"))
        return fail(
            error, SLUICE_E_USAGE,
            "--listen: '%.*s' is not this machine alone; a sandbox has no real password, so it listens on "
            "127.0.0.1 or [::1] only",
            TEXT_ARG(host));
    settings->port = (uint16_t)port;
    return 0;
}

static int parse_latency(const char *text, struct sandbox_settings *settings, sluice_error *error) {
    if (!text || (value_duration(text_of(text), &settings->latency_ms, NULL) && settings->latency_ms >= 0 &&
                  settings->latency_ms <= LATENCY_MOST_MS))
        return 0;
    return fail(error, SLUICE_E_USAGE, "--latency: '%s' is no duration up to 10m; write 100ms or 2s", text);
}

static int parse_faults(struct program *program, struct sandbox_settings *settings) {
    const char *text;
    size_t count = 0;
    while (arguments_nth(&program->arguments, "fault", count))
        count++;
    struct fault *faults = arena_array(&program->arena, count + 1, sizeof *faults);
    if (!faults)
        return fail_memory(&program->error);
    for (size_t i = 0; (text = arguments_nth(&program->arguments, "fault", i)); i++) {
        int failed = fault_parse(text, descriptor_faults(settings->type), &faults[i], &program->error);
        if (failed)
            return failed;
        for (size_t k = 0; k < i; k++)
            if (strcmp(faults[k].name, faults[i].name) == 0)
                return fail(&program->error, SLUICE_E_USAGE, "--fault %s was given twice", faults[i].name);
    }
    settings->faults = faults;
    settings->fault_count = count;
    return 0;
}

/* ---- the component's options --------------------------------------------------------------- */

static int store(struct program *program, const sluice_option *row, sluice_text text, void *config) {
    sluice_error why = ERROR_INIT;
    if (value_store(row, text, config, &program->arena, &why))
        return 0;
    return fail(&program->error, SLUICE_E_USAGE, "--option %s: %s", row->name, why.text);
}

static int set_option(struct program *program, const sluice_component *type, const char *assignment,
                      void *config) {
    const char *equals = strchr(assignment, '=');
    sluice_text name = {assignment, equals ? (uint64_t)(equals - assignment) : 0};
    if (!equals)
        return fail(&program->error, SLUICE_E_USAGE, "--option: '%s' is not NAME=VALUE", assignment);
    for (size_t i = 0; i < type->option_count; i++)
        if (text_is(name, type->options[i].name))
            return store(program, &type->options[i], text_of(equals + 1), config);
    return fail(&program->error, SLUICE_E_USAGE,
                "--option: the sandbox has no option '%.*s'; `sluice plugins show %s` "
                "lists them",
                TEXT_ARG(name), type->name);
}

static void *bind(struct program *program, const sluice_component *type) {
    void *config = arena_zalloc(&program->arena, type->config_size ? type->config_size : 1);
    const char *assignment;
    int failed = config ? 0 : fail_memory(&program->error);
    for (size_t i = 0; !failed && i < type->option_count; i++)
        if (type->options[i].fallback)
            failed = store(program, &type->options[i], text_of(type->options[i].fallback), config);
    for (size_t i = 0; !failed && (assignment = arguments_nth(&program->arguments, "option", i)); i++)
        failed = set_option(program, type, assignment, config);
    return failed ? NULL : config;
}

/* ---- running ------------------------------------------------------------------------------- */

static const sluice_component *find(struct program *program, const char *name) {
    struct registry *registry = program_registry(program);
    struct plugin *plugin = registry ? registry_plugin(registry, name, &program->error) : NULL;
    if (!plugin)
        return NULL;
    for (size_t i = 0; i < plugin->component_count; i++)
        if (plugin->components[i].kind == SLUICE_SANDBOX)
            return &plugin->components[i];
    fail(&program->error, SLUICE_E_CONFIG, "the plugin %s has no sandbox", name);
    return NULL;
}

/* Many connections at once need many descriptors; the default of many systems is 1024. */
static void allow_descriptors(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max < 8192 ? limit.rlim_max : 8192;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* What a pipeline needs to know besides the address. Nothing of it is secret. */
static void say_options(const struct sandbox_settings *settings) {
    char text[500] = "";
    size_t used = 0;
    for (size_t i = 0; i < settings->type->option_count; i++) {
        const sluice_option *row = &settings->type->options[i];
        sluice_text value;
        if (row->type != SLUICE_TYPE_TEXT)
            continue;
        memcpy(&value, (const char *)settings->config + row->offset, sizeof value);
        int n = snprintf(text + used, sizeof text - used, "%s%s=%.*s", used ? ", " : "", row->name,
                         TEXT_ARG(value));
        used = n > 0 && (size_t)n < sizeof text - used ? used + (size_t)n : used;
    }
    if (used)
        log_line(SLUICE_LOG_INFO, NULL, "the sandbox of %s knows: %.*s", settings->provider, (int)used, text);
}

static void report(struct program *program, struct sandbox *sandbox) {
    struct sandbox_counts counts;
    char amount[MONEY_TEXT];
    const char *name;
    if (arguments_has(&program->arguments, "json")) {
        char *json = sandbox_json(sandbox);
        fprintf(stderr, "%s\n", json ? json : "{}");
        free(json);
        return;
    }
    for (size_t i = 0; (name = sandbox_idle_fault(sandbox, i)); i++)
        log_line(SLUICE_LOG_WARN, NULL, "the fault %s never struck", name);
    sandbox_count(sandbox, &counts);
    fprintf(
        stderr,
        "requests %llu, charges %llu, identifiers %llu, most charges for one identifier %llu, amount %s\n",
        (unsigned long long)counts.requests, (unsigned long long)counts.charges,
        (unsigned long long)counts.identifiers, (unsigned long long)counts.most_charges,
        money_format(counts.amount, amount));
}

/* Until SIGTERM, SIGINT, or the end of the sandbox's own accord. */
static int serve(struct program *program, const struct sandbox_settings *settings) {
    struct sandbox *sandbox = NULL;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL); /* before the sandbox starts its thread */
    int signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
    int failed = signal_fd < 0 ? fail(&program->error, SLUICE_E_IO, "signals can't be waited for")
                               : sandbox_start(settings, &sandbox, &program->error);
    if (!failed) {
        struct pollfd fds[] = {{.fd = signal_fd, .events = POLLIN},
                               {.fd = sandbox_failed_fd(sandbox), .events = POLLIN}};
        printf("%s\n", sandbox_url(sandbox));
        if (fflush(stdout))
            log_line(SLUICE_LOG_WARN, NULL, "nobody reads where the sandbox is");
        if (!arguments_has(&program->arguments, "json"))
            say_options(settings);
        while (poll(fds, 2, -1) < 0)
            ;
        report(program, sandbox);
        failed = sandbox_stop(sandbox, &program->error);
    }
    if (signal_fd >= 0)
        close(signal_fd);
    return failed;
}

static int run(struct program *program) {
    struct sandbox_settings settings = {.provider = program_operand(program, "PROVIDER"),
                                        .state_path = arguments_value(&program->arguments, "state")};
    const char *listen = arguments_value(&program->arguments, "listen");
    settings.type = settings.provider ? find(program, settings.provider) : NULL;
    if (!settings.type)
        return program->error.code;
    int failed = listen ? parse_listen(listen, &settings, &program->error) : 0;
    if (!failed)
        failed = parse_latency(arguments_value(&program->arguments, "latency"), &settings, &program->error);
    if (!failed)
        failed = parse_faults(program, &settings);
    settings.config = failed ? NULL : bind(program, settings.type);
    if (!settings.config)
        return program->error.code;
    allow_descriptors();
    return serve(program, &settings);
}

static const struct flag flags[] = {
    {"listen", 0, "127.0.0.1:PORT", "where to listen; port 0, the default, is any that is free", false},
    {"latency", 0, "D", "how long each reply takes: 100ms, 2s (default: none)", false},
    {"fault", 0, "NAME[=WHEN]", "do this wrong; WHEN is first, every:N or all (default)", true},
    {"option", 0, "NAME=VALUE", "give the sandbox's own option NAME a value", true},
    {"state", 0, "FILE", "keep the books in FILE, so that they outlive the process", false},
    {"json", 0, NULL, "the summary as JSON", false},
    {0},
};

#define FAULT_LINE(name, effect, unit, value, help) "\n" name value "  " help
#define LINES_OF_CALLS FAULTS_OF_CALLS(FAULT_LINE)
#define LINES_OF_ORDERS FAULTS_OF_ORDERS(FAULT_LINE)
#define LINES_OF_ANSWERS FAULTS_OF_ANSWERS(FAULT_LINE)

const struct command cmd_sandbox = {
    .name = "sandbox",
    .usage = "PROVIDER [--listen 127.0.0.1:PORT] [--latency D] [--fault NAME[:VALUE][@CALLS][=WHEN]]…",
    .summary = "a local provider that speaks the real protocol and keeps count of what it charged",
    .about =
        "Starts a server on this machine that answers as the provider does, and prints its address: the "
        "base_url of a pipeline. Nothing is bought. At SIGINT or SIGTERM it prints what it counted on "
        "standard "
        "error; GET /_sandbox gives the same as JSON at any time, GET /_sandbox/charges each identifier that "
        "was charged, GET /_sandbox/memory what the provider keeps in mind.\n\n"
        "Faults are done to all the requests that they concern, or =first, or =every:N. A value stands "
        "behind "
        "a colon, `--fault latency:500ms=every:20`; without it the one below is taken.\n\n"
        "To requests that are charged; with @free to the others, `--fault html@free=first`, with @any to "
        "all:" LINES_OF_CALLS "\n\n"
        "To requests that are charged, or would be:" LINES_OF_ORDERS "\n\n"
        "To each request in which the provider looks at them:" LINES_OF_ANSWERS "\n\n"
        "A provider's sandbox may know fewer of those below `taken`, and others of its own: `sluice plugins "
        "show "
        "PROVIDER` lists them, and the options that --option takes.\n\n"
        "Exit codes: 0 stopped by a signal, 64 a wrong option, 73 the address is taken, 74 the books can't "
        "be "
        "kept, 75 the state file is in use, 76 the plugin was refused, 78 there is no such provider.",
    .flags = flags,
    .run = run,
};
