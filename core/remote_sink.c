#include "remote_sink.h"

#include <stdlib.h>

#include "text.h"

/* What a reply said of the rows of a call. */
struct heard {
    struct remote_sink *sink;
    sluice_changes *out; /* NULL: of a probe, which has no rows */
    sluice_error *error;
    uint32_t count;
    bool split; /* ask again with half of the rows */
    int failed;
};

int remote_sink_open(struct remote_sink *sink, struct instance *instance, const struct limits *limits,
                     sluice_error *error) {
    *sink = (struct remote_sink){.list = instance->self.endpoint.list};
    if (!sink->list)
        sink->list = 1;
    sink->opened = true;
    return client_open(&sink->client, instance, limits, NULL, error);
}

void remote_sink_close(struct remote_sink *sink) {
    if (sink->opened)
        client_close(&sink->client);
    free(sink->rows);
    *sink = (struct remote_sink){0};
}

/* ---- what the reply says -------------------------------------------------------------------- */

static int fail_as(const struct verdict *verdict, sluice_error *error) {
    int code = verdict->kind == SLUICE_VERDICT_REFUSED_AUTH     ? SLUICE_E_AUTH
               : verdict->kind == SLUICE_VERDICT_REFUSED_CONFIG ? SLUICE_E_CONFIG
               : verdict->kind == SLUICE_VERDICT_RETRY_LATER    ? SLUICE_E_UNAVAILABLE
               : verdict->kind == SLUICE_VERDICT_REJECTED       ? SLUICE_E_CONFIG
                                                                : SLUICE_E_UNAVAILABLE;
    if (!verdict->text.len)
        return fail(error, code, "the reply doesn't say that every row is kept");
    return fail(error, code, "%.*s", TEXT_ARG(verdict->text));
}

static void hear_row(struct heard *heard, const struct call *call, uint32_t row) {
    const struct verdict *verdict = call_verdict(call, row);
    if (heard->failed || verdict->kind == SLUICE_VERDICT_KEPT)
        return;
    if (verdict->kind == SLUICE_VERDICT_NO_NEWS) {
        changes_drop(heard->out, call->view.rows[row].row, SLUICE_DROP_FILTERED);
        return;
    }
    if (verdict->kind != SLUICE_VERDICT_REJECTED) {
        heard->failed = fail_as(verdict, heard->error);
        return;
    }
    char *code = arena_printf(heard->out->arena, "%.*s", TEXT_ARG(verdict->code));
    changes_reject(heard->out, call->view.rows[row].row, code && *code ? code : "refused_by_table",
                   verdict->text);
}

static void hear(void *user, const struct call *call) {
    struct heard *heard = user;
    if (call->whole.kind && call->whole.split && heard->count > 1) {
        heard->split = true;
        if (call->whole.kind == SLUICE_VERDICT_RETRY_LATER && heard->count <= heard->sink->list)
            heard->sink->list = heard->count - heard->count / 2; /* the next ones would take as long */
        return;
    }
    if (call->whole.kind && call->whole.kind != SLUICE_VERDICT_KEPT &&
        (call->whole.kind != SLUICE_VERDICT_REJECTED || !call->whole.split)) {
        heard->failed = fail_as(&call->whole, heard->error);
        return;
    }
    for (uint32_t row = 0; row < heard->count; row++)
        hear_row(heard, call, row);
}

/* ---- writing --------------------------------------------------------------------------------- */

static int run(struct remote_sink *sink, uint32_t op, struct heard *heard, sluice_error *error) {
    struct call_results results = {.verdicts = hear, .user = heard};
    int failed = client_run(&sink->client, op, &results, error);
    return failed ? failed : heard->failed;
}

static int write_rows(struct remote_sink *sink, const sluice_row *rows, uint32_t count, sluice_changes *out,
                      sluice_error *error) {
    struct heard heard = {.sink = sink, .out = out, .error = error, .count = count};
    sink->client.rows = rows;
    sink->client.row_count = count;
    int failed = run(sink, SLUICE_OP_WRITE, &heard, error);
    if (failed || !heard.split)
        return failed;
    uint32_t half = count / 2;
    failed = write_rows(sink, rows, half, out, error);
    return failed ? failed : write_rows(sink, rows + half, count - half, out, error);
}

static int make_room(struct remote_sink *sink, uint32_t count, sluice_error *error) {
    if (count <= sink->row_room)
        return 0;
    sluice_row *rows = realloc(sink->rows, count * sizeof *rows);
    if (!rows)
        return fail_memory(error);
    sink->rows = rows;
    sink->row_room = count;
    return 0;
}

int remote_sink_write(struct remote_sink *sink, const sluice_batch *batch, sluice_changes *out,
                      sluice_error *error) {
    int failed = make_room(sink, batch->selected, error);
    for (uint32_t i = 0; !failed && i < batch->selected; i++)
        sink->rows[i] = (sluice_row){.batch = batch, .row = sluice_selected(batch, i)};
    for (uint32_t at = 0, count; !failed && at < batch->selected; at += count) {
        count = batch->selected - at < sink->list ? batch->selected - at : sink->list;
        failed = write_rows(sink, sink->rows + at, count, out, error);
    }
    return failed;
}

int remote_sink_probe(struct remote_sink *sink, sluice_error *error) {
    struct heard heard = {.sink = sink, .error = error};
    sink->client.rows = NULL;
    sink->client.row_count = 0;
    return run(sink, SLUICE_OP_PROBE, &heard, error);
}

int remote_sink_upload(struct remote_sink *sink, sluice_error *error) {
    struct call_results none = {0};
    sink->client.rows = NULL;
    sink->client.row_count = 0;
    return client_run(&sink->client, SLUICE_OP_UPLOAD, &none, error);
}
