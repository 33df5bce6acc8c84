#include "cmd_ledger_site.h"

#include "pipeline.h"

static int from_file(struct program *program, const char *file, struct ledger_site *out) {
    struct diag diag = {0};
    struct pipeline *pipeline =
        pipeline_load(file, PIPELINE_RUN, program_vars(program), program_registry(program), &diag);
    int result = pipeline ? 0 : diag.exit_code;
    if (result)
        program_report(program, &diag);
    diag_free(&diag);
    if (result || !pipeline->ledger.uri) {
        pipeline_free(pipeline);
        return result;
    }
    out->lease_ms = pipeline->ledger.lease_ms;
    out->uri = arena_string(&program->arena, pipeline->ledger.uri);
    pipeline_free(pipeline);
    return out->uri ? 0 : fail_memory(&program->error);
}

int ledger_site_read(struct program *program, struct ledger_site *out) {
    const char *file = arguments_value(&program->arguments, "file");
    *out = (struct ledger_site){.state_dir = program_state_dir(program)};
    if (!out->state_dir)
        return program->error.code;
    return file ? from_file(program, file, out) : 0;
}

int ledger_site_open(struct program *program, unsigned flags, struct ledger **out) {
    struct ledger_site site;
    int result = ledger_site_read(program, &site);
    return result ? result : ledger_open_at(&site, flags, out, &program->error);
}
