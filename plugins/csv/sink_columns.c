#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "sink_parts.h"

enum { NAMES_SAID = 1000 }; /* bytes of field names in a warning */

static const sluice_text *find_cells(const sluice_batch *batch, sluice_text field) {
    int32_t c = sluice_find_column(batch, field.ptr, field.len);
    return c < 0 ? NULL : batch->cells[c];
}

static const sluice_text *find_named(const sluice_batch *batch, const char *field) {
    return find_cells(batch, (sluice_text){field, strlen(field)});
}

/* "; did you mean 'imei'?": fields are named exactly here, and a source's header isn't. */
static void suggest_field(const sluice_batch *batch, const struct layout_column *column, char *out,
                          size_t room) {
    *out = 0;
    for (uint32_t c = 0; c < batch->column_count; c++) {
        sluice_text name = batch->names[c];
        if (field_same(name, column->field)) {
            snprintf(out, room, "; did you mean '%.*s'?", (int)name.len, name.ptr);
            return;
        }
        if (field_same(name, column->header))
            snprintf(out, room, "; the field stands first: {%.*s: %.*s}", (int)name.len, name.ptr,
                     (int)column->field.len, column->field.ptr);
    }
}

static void say_missing(struct sink *sink, const sluice_batch *batch, const struct layout_column *column) {
    char hint[200];
    if (sink->said_field || !sink->config->columns.count)
        return;
    suggest_field(batch, column, hint, sizeof hint);
    sink->host->log(sink->self, SLUICE_LOG_WARN,
                    "%s: the records have no field '%.*s', so its column stays empty%s", sink->target.name,
                    (int)column->field.len, column->field.ptr, hint);
    sink->said_field = true;
}

static bool has_extra(const struct sink *sink, const sluice_batch *batch) {
    uint32_t c = 0;
    while (c < batch->column_count && layout_has(&sink->layout, batch->names[c]))
        c++;
    return c < batch->column_count && !sink->config->columns.count && !sink->formed;
}

/* Where no money is spent, what comes up later than the first batch is left out, but not without a word. */
static void say_extra(struct sink *sink, const sluice_batch *batch) {
    char names[NAMES_SAID] = "";
    size_t used = 0;
    uint32_t more = 0;
    if (sink->said_field || !has_extra(sink, batch))
        return;
    for (uint32_t c = 0; c < batch->column_count; c++) {
        sluice_text name = batch->names[c];
        if (layout_has(&sink->layout, name))
            continue;
        if (more || used + name.len + sizeof ", ''" + sizeof " and 65535 more" > sizeof names)
            more++;
        else
            used += (size_t)snprintf(names + used, sizeof names - used, "%s'%.*s'", used ? ", " : "",
                                     (int)name.len, name.ptr);
    }
    if (more)
        snprintf(names + used, sizeof names - used, "%s%u more", used ? " and " : "", more);
    sink->host->log(sink->self, SLUICE_LOG_WARN,
                    "%s: fields that came up after the header was written are left out: %s; list the fields "
                    "in the option columns",
                    sink->target.name, names);
    sink->said_field = true;
}

/* Orders with more fields than those before: another file takes them, with all of their fields. */
static int32_t widen(struct sink *sink, const sluice_batch *batch, sluice_error *error) {
    int32_t rc = sink_flush(sink, error);
    if (rc == 0 && sink->headed)
        rc = target_commit(&sink->target, error);
    if (rc == 0 && !layout_join(&sink->layout, batch))
        rc = sink_fail_memory(sink, error);
    free(sink->cells);
    sink->cells = NULL;
    sink->headed = false;
    return rc;
}

/* What leaves for on_reject says why. */
static bool is_of_rejects(const sluice_batch *batch) {
    return find_named(batch, "_row") && find_named(batch, "_step") && find_named(batch, "_code") &&
           find_named(batch, "_reason");
}

int32_t sink_find_columns(struct sink *sink, const sluice_batch *batch, sluice_error *error) {
    bool first = !sink->rejects;
    sink->rejects = sink->target.mode == TARGET_APPEND && is_of_rejects(batch);
    if (!sink->laid_out) {
        if (!layout_from_names(&sink->layout, batch->names, batch->column_count))
            return sink_fail_memory(sink, error);
        sink->layout.may_lack =
            !sink->rejects; /* orders that were found, not placed, know less of themselves */
        sink->laid_out = true;
    }
    int32_t rc = 0;
    if (sink->spends && sink_may_go_aside(sink) && has_extra(sink, batch))
        rc = widen(sink, batch, error);
    if (rc == 0)
        rc = sink_prepare(sink, true, error);
    if (rc == 0 && sink->rejects && first && sink->target.length > 0)
        rc = tail_learn(&sink->tail, &sink->target, sink->writer.delimiter, error);
    if (rc < 0)
        return rc;
    if (!sink->cells &&
        !(sink->cells = calloc(sink->layout.count ? sink->layout.count : 1, sizeof *sink->cells)))
        return sink_fail_memory(sink, error);
    for (uint32_t c = 0; c < sink->layout.count; c++) {
        sink->cells[c] = find_cells(batch, sink->layout.columns[c].field);
        if (!sink->cells[c])
            say_missing(sink, batch, &sink->layout.columns[c]);
    }
    say_extra(sink, batch);
    sink->codes = find_named(batch, "result_code");
    sink->ids = find_named(batch, "order_id");
    return 0;
}
