#include <stdio.h>

#include "command.h"
#include "pipeline.h"
#include "store.h"

/* What a file that can't be used ends the command with: findings are 1, a missing file 66. */
static int exit_of(const struct diag *diag) {
    return diag->exit_code == -SLUICE_E_CONFIG ? 1 : diag->exit_code;
}

static int lint_file(struct program *program, const char *path) {
    struct diag diag = {0};
    struct vars *vars = program_vars(program);
    struct registry *registry = program_registry(program);
    if (!vars || !registry)
        return program->error.code;
    struct pipeline *pipeline = pipeline_load(path, PIPELINE_LINT, vars, registry, &diag);
    if (pipeline && store_shows_another(pipeline))
        diag_add(&diag, DIAG_WARNING, pipeline->source.store->at, "%s", store_shows_another_text);
    program_report(program, &diag);
    if (pipeline && !program->quiet)
        printf("%s: ok\n", path);
    pipeline_free(pipeline);
    int code = exit_of(&diag);
    diag_free(&diag);
    return code;
}

static int run(struct program *program) {
    int worst = 0;
    if (program->arguments.operand_count == 0)
        return fail(&program->error, SLUICE_E_USAGE, "lint needs a FILE: `sluice lint place.yaml`");
    for (size_t i = 0; i < program->arguments.operand_count; i++) {
        int code = lint_file(program, program->arguments.operands[i]);
        if (code < 0)
            return code;
        worst = code > worst ? code : worst;
    }
    return worst;
}

static const struct flag flags[] = {
    {"set", 0, "NAME=VALUE", "give ${NAME} this value; goes before the environment and .env", true},
    {0},
};

const struct command cmd_lint = {
    .name = "lint",
    .usage = "FILE… [--set NAME=VALUE]…",
    .summary = "check pipeline files without running them",
    .about =
        "Checks pipeline files: their YAML, the names of components and options, every value. Everything "
        "that is wrong "
        "is reported at once with file, line and column, and what to do about it. Components are opened as "
        "a run opens them, but no file is, and nothing is sent or written. A variable that isn't set is only "
        "noted. With -q only errors are printed; the exit code is "
        "the same.\n\nExit codes: 0 no errors, 1 errors, 66 a file "
        "is "
        "missing, 76 a plugin was refused.",
    .flags = flags,
    .run = run,
};
