/* Orders as CSV: whatever the csv plugin's sink makes of them, on standard output. */
#include "cmd_orders.h"
#include "host.h"
#include "text.h"

struct csv {
    struct instance instance;
    sluice_error *error;
};

static int each(void *user, const struct batch *batch) {
    struct csv *csv = user;
    struct changes changes;
    int failed = changes_begin(&changes, (struct batch *)batch, csv->error);
    if (failed)
        return failed;
    int answer =
        csv->instance.type->sink->write(csv->instance.handle, &batch->view, &changes.view, csv->error);
    if (answer)
        failed = fail_callback(csv->error, answer, "write");
    else if (changes.reject_count)
        failed = fail(csv->error, SLUICE_E_IO, "an order can't be written as CSV: %.*s",
                      TEXT_ARG(changes.rejects[0].reason));
    changes_free(&changes);
    return failed;
}

static int finish(struct csv *csv) {
    const sluice_sink *sink = csv->instance.type->sink;
    int answer = sink->commit(csv->instance.handle, csv->error);
    if (!answer && sink->finish)
        answer = sink->finish(csv->instance.handle, csv->error);
    return answer ? fail_callback(csv->error, answer, "finish") : 0;
}

int orders_csv(struct orders_query *query, const char *format) {
    struct program *program = query->program;
    sluice_text path = TEXT("-"), form = text_of(format);
    struct lone_option options[] = {{"path", {&path, 1}}, {"format", {&form, 1}}};
    struct lone lone;
    struct csv csv = {.error = &program->error};
    int result = lone_bind(&lone, program, "csv", SLUICE_SINK, options, 2, false);
    if (result)
        return result;
    result = instance_open(&csv.instance, lone.component.type, lone.component.config, "csv", &lone.inputs,
                           false, &program->error);
    if (!result)
        result = orders_query_run(query, each, &csv);
    if (!result)
        result = finish(&csv);
    instance_close(&csv.instance);
    lone_free(&lone);
    return result;
}
