#include <stdio.h>

#include "command.h"
#include "schema.h"

static int run(struct program *program) {
    struct json json = {0};
    struct registry *registry = program_registry(program);
    if (program->arguments.operand_count)
        return fail(&program->error, SLUICE_E_USAGE, "schema takes no operand; write `sluice schema >FILE`");
    if (!registry)
        return program->error.code;
    schema_write(&json, registry);
    int failed = json.failed ? fail_memory(&program->error) : 0;
    if (!failed)
        puts(json.text);
    json_free(&json);
    return failed;
}

const struct command cmd_schema = {
    .name = "schema",
    .usage = "",
    .summary = "print a JSON Schema of pipeline files, for editors",
    .about =
        "Prints a JSON Schema (draft-07) of pipeline files, with every component and option of the plugins "
        "that are found. An editor with a YAML language server completes, explains and checks a pipeline by "
        "it. Print it again after a plugin was added.\n\nWrite it to a file, and name that file at the top "
        "of a pipeline:\n\nsluice schema >sluice.schema.json\n# yaml-language-server: "
        "$schema=sluice.schema.json\n\nlint finds more: what depends on variables, on other lines or on the "
        "options of a component as a whole.",
    .run = run,
};
