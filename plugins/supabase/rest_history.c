#include "rest_history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <shared/json_scan.h>
#include <sluice/text.h>

#include "rest_url.h"

/* ---- counting ------------------------------------------------------------------------------- */

/* The last one is nearly always the one. */
static struct rest_history_file *find(const struct rest_history *history, sluice_text name) {
    for (size_t i = history->count; i-- > 0;)
        if (text_is(name, history->files[i].name))
            return &history->files[i];
    return NULL;
}

static struct rest_history_file *add_file(struct rest_history *history, sluice_text name) {
    if (history->count == history->room) {
        size_t room = history->room ? history->room * 2 : 4;
        struct rest_history_file *more = realloc(history->files, room * sizeof *more);
        if (!more)
            return NULL;
        history->files = more;
        history->room = room;
    }
    char *copy = strndup(name.len ? name.ptr : "", name.len);
    if (!copy)
        return NULL;
    history->files[history->count] = (struct rest_history_file){.name = copy};
    return &history->files[history->count++];
}

bool rest_history_add(struct rest_history *history, sluice_text file, bool imported) {
    struct rest_history_file *entry = find(history, file);
    if (!entry)
        entry = add_file(history, file);
    if (!entry)
        return false;
    entry->imported += imported;
    entry->skipped += !imported;
    entry->changed = true;
    return true;
}

static struct rest_history_file *waiting(const struct rest_history *history) {
    for (size_t i = 0; i < history->count; i++)
        if (history->files[i].changed)
            return &history->files[i];
    return NULL;
}

bool rest_history_waits(const struct rest_history *history) {
    return waiting(history) != NULL;
}

/* ---- writing -------------------------------------------------------------------------------- */

/* One row a file and run, which grows with each call: a run that breaks off leaves what it has done. */
int rest_history_ask(const struct rest_history *history, struct rest *rest, struct sql *body,
                     sluice_request *request, sluice_error *error) {
    const struct rest_history_file *file = waiting(history);
    bool there = *file->id;
    rest_begin_at(rest, REST_HISTORY_TABLE);
    if (there)
        sql_add(&rest->path, "id=eq.%s&", file->id);
    sql_add(&rest->path, "select=id");
    sql_clear(body);
    sql_add(body, "{\"filename\":");
    rest_add_string(body, text_of(file->name));
    sql_add(body, ",\"rows_imported\":%llu,\"rows_skipped\":%llu}", (unsigned long long)file->imported,
            (unsigned long long)file->skipped);
    if (body->failed)
        return rest_no_memory(rest, error);
    request->content_type = TEXT("application/json");
    rest->host->request_text(request, (sluice_text){body->text, body->length}, SLUICE_ENCODE_RAW);
    return rest_request(rest, request, there ? SLUICE_METHOD_PATCH : SLUICE_METHOD_POST,
                        "return=representation", error);
}

/* [{"id":7}] */
static bool read_id(sluice_text body, char *out, size_t room) {
    struct json_walk list, object;
    sluice_text item, key, value;
    json_walk_list(&list, body);
    if (!json_next_item(&list, &item) || !json_walk_object(&object, item) ||
        !json_next_member(&object, &key, &value) || value.len >= room)
        return false;
    memcpy(out, value.ptr, value.len);
    out[value.len] = 0;
    return true;
}

int rest_history_hear(struct rest_history *history, struct rest *rest, sluice_call *call,
                      const sluice_reply *reply, sluice_error *error) {
    struct rest_history_file *file = waiting(history);
    struct rest_fault fault;
    rest_fault_read(&fault, reply->status, reply->body, REST_HISTORY_TABLE, rest->role);
    int failed = rest_answer(rest, call, &fault, error);
    if (failed || fault.kind != REST_FINE)
        return failed;
    if (!*file->id && !read_id(reply->body, file->id, sizeof file->id))
        return 1;
    file->changed = false;
    return 0;
}

void rest_history_free(struct rest_history *history) {
    for (size_t i = 0; i < history->count; i++)
        free(history->files[i].name);
    free(history->files);
    *history = (struct rest_history){0};
}
