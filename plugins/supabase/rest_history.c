#include "rest_history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/json.h>
#include <sluice/text.h>

#include "rest_url.h"

enum { LOOKS = 4 }; /* then the host counts how often it is sent */

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

static void add_counts(struct sql *body, const struct rest_history_file *file) {
    sql_clear(body);
    sql_add(body, "{\"filename\":");
    rest_add_string(body, text_of(file->name));
    sql_add(body, ",\"rows_imported\":%llu,\"rows_skipped\":%llu}", (unsigned long long)file->imported,
            (unsigned long long)file->skipped);
}

/* The POST comes next: on a connection that was used before, libcurl might send it twice. */
static int ask(struct rest *rest, sluice_request *request, sluice_error *error) {
    rest->host->request_header(request, "Connection", TEXT("close"));
    return rest_request(rest, request, SLUICE_METHOD_GET, NULL, error);
}

/* Is the row there whose reply was lost? It is newer than all that were there before. */
static int ask_sent(const struct rest_history_file *file, struct rest *rest, sluice_request *request,
                    sluice_error *error) {
    sql_add(&rest->path, "select=id&order=id&limit=1&rows_imported=eq.%llu&rows_skipped=eq.%llu",
            (unsigned long long)file->imported, (unsigned long long)file->skipped);
    if (*file->newest)
        sql_add(&rest->path, "&id=gt.%s", file->newest);
    sql_add(&rest->path, "&filename=eq.");
    rest_url_add(&rest->path, text_of(file->name));
    return ask(rest, request, error);
}

/* One row a file and run, which grows with each call: a run that breaks off leaves what it has done. */
int rest_history_ask(struct rest_history *history, struct rest *rest, struct sql *body,
                     sluice_request *request, sluice_error *error) {
    struct rest_history_file *file = waiting(history);
    bool there = *file->id;
    rest_begin_at(rest, REST_HISTORY_TABLE);
    history->asks = !file->looked || file->sent;
    if (!file->looked) {
        sql_add(&rest->path, "select=id&order=id.desc&limit=1");
        return ask(rest, request, error);
    }
    if (file->sent)
        return ask_sent(file, rest, request, error);
    if (there)
        sql_add(&rest->path, "id=eq.%s&", file->id);
    sql_add(&rest->path, "select=id");
    add_counts(body, file);
    if (body->failed)
        return rest_no_memory(rest, error);
    file->sent = !there && file->looks < LOOKS;
    request->content_type = TEXT("application/json");
    rest->host->request_text(request, (sluice_text){body->text, body->length}, SLUICE_ENCODE_RAW);
    return rest_request(rest, request, there ? SLUICE_METHOD_PATCH : SLUICE_METHOD_POST,
                        "return=representation", error);
}

/* [{"id":7}] into `out`; of an empty list nothing. False: it is neither. */
static bool read_id(sluice_text body, char *out, size_t room) {
    struct json_walk list, object;
    sluice_text item, key, value;
    *out = 0;
    json_walk_list(&list, body);
    if (!json_next_item(&list, &item))
        return json_walk_whole(&list);
    if (!json_walk_object(&object, item) || !json_next_member(&object, &key, &value) || value.len >= room)
        return false;
    memcpy(out, value.ptr, value.len);
    out[value.len] = 0;
    while (json_next_item(&list, &item))
        continue;
    return json_walk_whole(&list);
}

int rest_history_hear(struct rest_history *history, struct rest *rest, sluice_call *call,
                      const sluice_reply *reply, sluice_error *error) {
    struct rest_history_file *file = waiting(history);
    struct rest_fault fault;
    char id[sizeof file->id];
    rest_fault_read(&fault, reply->status, reply->body, REST_HISTORY_TABLE, rest->role);
    int failed = rest_answer(rest, call, &fault, error);
    if (failed || fault.kind != REST_FINE)
        return failed;
    if (!read_id(reply->body, id, sizeof id))
        return 1;
    if (!file->looked) {
        memcpy(file->newest, id, sizeof file->newest);
        file->looked = true;
        return 0;
    }
    if (*id && !*file->id)
        memcpy(file->id, id, sizeof file->id);
    file->changed = !*file->id;
    file->sent = false;
    file->looks += file->changed;
    return file->changed && !history->asks; /* one that was to be made, and isn't */
}

void rest_history_say(const struct rest_history *history, const sluice_host *host, sluice_self *self) {
    for (size_t i = 0; i < history->count; i++) {
        const struct rest_history_file *file = &history->files[i];
        host->log(self, SLUICE_LOG_INFO, "%s%s%llu order%s new or with news, %llu known", file->name,
                  *file->name ? ": " : "", (unsigned long long)file->imported, file->imported == 1 ? "" : "s",
                  (unsigned long long)file->skipped);
    }
}

void rest_history_free(struct rest_history *history) {
    for (size_t i = 0; i < history->count; i++)
        free(history->files[i].name);
    free(history->files);
    *history = (struct rest_history){0};
}
