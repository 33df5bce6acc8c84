/* What fields the records of a run that spends will have: sinks that lay their file out for them are told
 * before anything is paid. What is found in the provider's list has fewer, and may come first. */
#include "runner_parts.h"
#include "settler.h"
#include "text.h"

static bool has(const struct fields *fields, sluice_text name) {
    uint32_t i = 0;
    while (i < fields->count && !text_equal(fields->names[i], name))
        i++;
    return i < fields->count;
}

static int add(struct fields *fields, sluice_text name, sluice_error *error) {
    if (has(fields, name))
        return 0;
    if (fields->count == BATCH_COLUMNS) /* one of the input has as many: its own message is the better one */
        return 0;
    if (!fields->names &&
        !(fields->names = arena_array(&fields->arena, BATCH_COLUMNS, sizeof *fields->names)))
        return fail_memory(error);
    sluice_text copy = arena_copy(&fields->arena, name);
    if (name.len && !copy.ptr)
        return fail_memory(error);
    fields->names[fields->count++] = copy;
    return 0;
}

static int add_all(struct fields *fields, const sluice_text *names, uint32_t count, sluice_error *error) {
    int failed = 0;
    for (uint32_t i = 0; !failed && i < count; i++)
        failed = add(fields, names[i], error);
    return failed;
}

int runner_note_fields(struct runner *runner, const sluice_batch *batch, sluice_error *error) {
    return add_all(&runner->fields, batch->names, batch->column_count, error);
}

int runner_tell_fields(struct runner *runner, sluice_error *error) {
    struct fields *fields = &runner->fields;
    struct spend *spend = &runner->spend;
    uint32_t count;
    if (!runner->spends || !fields->count)
        return 0;
    int failed = spend_name_columns(spend, error);
    if (!failed)
        failed = add_all(fields, spend->added_names, spend->added_count, error);
    if (!failed && spend->instance->self.endpoint.settles) {
        const sluice_text *names = settler_names(&count);
        failed = add_all(fields, names, count, error);
    }
    for (size_t i = 0; !failed && i < runner->run.outlet_count; i++)
        failed = outlet_columns(&runner->run.outlets[i], fields->names, fields->count, error);
    return failed;
}

void runner_free_fields(struct runner *runner) {
    arena_free(&runner->fields.arena);
    runner->fields = (struct fields){0};
}
