#include "program.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "log.h"
#include "text.h"
#include "value.h"

/* Each of these has a twin in the environment: --state-dir is SLUICE_STATE_DIR. */
const struct flag program_flags[] = {
    {"directory", 'C', "DIR", "change to DIR first; relative paths start there", false},
    {"env-file", 0, "FILE", "read variables from FILE instead of .env", false},
    {"plugin-dir", 0, "DIR", "look for plugins in DIR first (several: DIR:DIR)", false},
    {"state-dir", 0, "DIR", "keep the ledger in DIR (default: $XDG_STATE_HOME/sluice)", false},
    {"log-level", 0, "error|warning|info|debug", "tell this and what is worse (default: info)", false},
    {"log-format", 0, "text|json", "how messages are written (default: text)", false},
    {"quiet", 'q', NULL, "errors only: no warnings, notes, progress or summary", false},
    {"no-progress", 0, NULL, "no progress on standard error", false},
    {"color", 0, "auto|always|never", "colours on standard error (default: auto)", false},
    {"yes", 'y', NULL, "don't ask before money is spent", false},
    {"help", 'h', NULL, "show how a command is used", false},
    {"version", 0, NULL, "print the version", false},
    {0},
};

/* "state-dir" -> "SLUICE_STATE_DIR" */
static void twin_name(const char *flag, char out[64]) {
    size_t n = strlen(strcpy(out, "SLUICE_"));
    for (; *flag && n < 63; flag++)
        out[n++] = *flag == '-' ? '_' : (char)toupper((unsigned char)*flag);
    out[n] = 0;
}

/* What the command line says, else the environment; NULL: neither. Empty counts as not given. */
static const char *setting(const struct program *program, const char *flag) {
    char twin[64];
    const char *value = arguments_value(&program->arguments, flag);
    if (value)
        return value;
    twin_name(flag, twin);
    value = getenv(twin);
    return value && *value ? value : NULL;
}

static int read_switch(struct program *program, const char *flag, bool *out) {
    char twin[64];
    twin_name(flag, twin);
    const char *value = getenv(twin);
    *out = arguments_has(&program->arguments, flag);
    if (*out || !value || !*value || strcmp(value, "0") == 0 || strcmp(value, "false") == 0)
        return 0;
    *out = strcmp(value, "1") == 0 || strcmp(value, "true") == 0;
    return *out ? 0 : fail(&program->error, SLUICE_E_USAGE, "%s is '%s'; write 1 or 0", twin, value);
}

/* The index of what was chosen among `choices`; *out stays as it is when nothing was. */
static int read_choice(struct program *program, const char *flag, const char *const *choices, int64_t *out) {
    const sluice_option row = {.name = flag, .type = SLUICE_TYPE_CHOICE, .choices = choices};
    const char *value = setting(program, flag);
    if (!value || value_store(&row, text_of(value), out, &program->arena, &program->error))
        return 0;
    program->error.code = SLUICE_E_USAGE;
    return fail_within(&program->error, "--%s", flag);
}

static int change_directory(struct program *program) {
    const char *directory = setting(program, "directory");
    if (!directory || chdir(directory) == 0)
        return 0;
    return fail(&program->error, SLUICE_E_NOINPUT, "can't change to the directory %s: %s", directory,
                strerror(errno));
}

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

static bool stderr_has_color(int64_t when) {
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    if (when != COLOR_AUTO)
        return when == COLOR_ALWAYS;
    return isatty(STDERR_FILENO) && !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
}

static int set_up_output(struct program *program) {
    static const char *const levels[] = {"error", "warning", "info", "debug",
                                         NULL}; /* from SLUICE_LOG_ERROR on */
    static const char *const formats[] = {"text", "json", NULL};
    static const char *const whens[] = {"auto", "always", "never", NULL};
    int64_t level = SLUICE_LOG_INFO - SLUICE_LOG_ERROR, json = 0, when = COLOR_AUTO;
    bool no_progress;
    int failed;
    if ((failed = read_choice(program, "log-level", levels, &level)) != 0 ||
        (failed = read_choice(program, "log-format", formats, &json)) != 0 ||
        (failed = read_choice(program, "color", whens, &when)) != 0 ||
        (failed = read_switch(program, "quiet", &program->quiet)) != 0 ||
        (failed = read_switch(program, "no-progress", &no_progress)) != 0 ||
        (failed = read_switch(program, "yes", &program->yes)) != 0)
        return failed;
    program->color = stderr_has_color(when);
    program->progress = !program->quiet && !no_progress;
    log_configure(&(struct log_settings){.level = program->quiet ? SLUICE_LOG_ERROR
                                                                 : (uint32_t)level + SLUICE_LOG_ERROR,
                                         .json = json == 1,
                                         .color = program->color});
    return 0;
}

int program_begin(struct program *program) {
    int failed = set_up_output(program);
    return failed ? failed : change_directory(program);
}

void program_end(struct program *program) {
    if (program->registry)
        registry_free(program->registry);
    vars_free(&program->vars);
    arena_free(&program->arena);
}

static bool takes_set(const struct command *command) {
    for (const struct flag *flag = command->flags; flag && flag->name; flag++)
        if (strcmp(flag->name, "set") == 0)
            return true;
    return false;
}

int program_read_vars(struct program *program, struct vars *out) {
    const char *file = setting(program, "env-file"), *assignment;
    int failed = 0;
    out->no_set = program->command && !takes_set(program->command);
    for (size_t i = 0; !failed && (assignment = arguments_nth(&program->arguments, "set", i)); i++)
        failed = vars_set(out, assignment, &program->error);
    return failed ? failed : vars_read_file(out, file ? file : ".env", file != NULL, &program->error);
}

struct vars *program_vars(struct program *program) {
    if (!program->vars_read && program_read_vars(program, &program->vars) != 0)
        return NULL;
    program->vars_read = true;
    return &program->vars;
}

struct registry *program_registry(struct program *program) {
    const char *first = setting(program, "plugin-dir"), *path = getenv("SLUICE_PLUGIN_PATH");
    if (program->registry)
        return program->registry;
    const char *dirs = arena_printf(&program->arena, "%s:%s", first ? first : "", path ? path : "");
    program->registry = dirs ? registry_new(dirs) : NULL;
    if (!program->registry)
        fail_memory(&program->error);
    return program->registry;
}

const char *program_state_dir(struct program *program) {
    const char *given = setting(program, "state-dir");
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    const char *out;
    if (given)
        return given;
    if (state && *state == '/')
        out = arena_printf(&program->arena, "%s/sluice", state);
    else if (home && *home)
        out = arena_printf(&program->arena, "%s/.local/state/sluice", home);
    else {
        fail(&program->error, SLUICE_E_CONFIG,
             "HOME isn't set, so there is no place for the ledger; give --state-dir DIR");
        return NULL;
    }
    if (!out)
        fail_memory(&program->error);
    return out;
}

void program_only_prints(void) {
    signal(SIGPIPE, SIG_DFL);
}

void program_report(const struct program *program, const struct diag *diag) {
    diag_print(diag, stderr, &(struct diag_look){.color = program->color, .errors_only = program->quiet});
}

const char *program_operand(struct program *program, const char *what) {
    const struct arguments *arguments = &program->arguments;
    if (arguments->operand_count == 1)
        return arguments->operands[0];
    if (arguments->operand_count == 0)
        fail(&program->error, SLUICE_E_USAGE, "%s is missing", what);
    else
        fail(&program->error, SLUICE_E_USAGE, "'%s' is one too many; only %s is expected here",
             arguments->operands[1], what);
    return NULL;
}
