#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "sandbox_parts.h"
#include "text.h"

enum { BIG = 65 * 1024 * 1024, BLOCK = 64 * 1024, GARBAGE = 512 };

static const char page[] =
    "<!DOCTYPE html>\n<html><head><title>Just a moment...</title></head>\n"
    "<body><h1>Checking your browser</h1><p>This page is not what an API sends.</p></body></html>\n";

/* ---- deciding ------------------------------------------------------------------------------ */

static bool is_before(enum fault_effect effect) {
    return effect == FAULT_HTML || effect == FAULT_REDIRECT || effect == FAULT_TAKEN;
}

static bool is_after(enum fault_effect effect) {
    return effect != FAULT_FLAG && effect != FAULT_FLAG_ASKED && !is_before(effect);
}

/* Every fault of the kind counts the request; the first that strikes is the one that happens. A late answer
 * can be a wrong one, too. */
static void choose_fault(struct visit *visit, bool (*of_kind)(enum fault_effect), bool paid) {
    struct sandbox *sandbox = visit->sandbox;
    for (size_t i = 0; i < sandbox->fault_count; i++) {
        struct fault *fault = &sandbox->faults[i];
        if (!of_kind(fault->effect) || !fault_concerns(fault, paid) ||
            (fault->effect == FAULT_CLOSE_IDLE && visit->nth == 1) || !fault_strikes(fault))
            continue;
        if (fault->effect == FAULT_LATENCY) {
            visit->late_us += fault->value * 1000;
        } else if (!visit->fault) {
            visit->fault = fault->effect;
            visit->fault_value = fault->value;
        }
    }
}

static void refuse(struct visit *visit, int status, sluice_text text) {
    visit->reply = (sluice_sandbox_reply){.status = status,
                                          .content_type = TEXT("text/plain; charset=utf-8"),
                                          .body = arena_copy(&visit->arena, text)};
}

/* Let one side answer. A failure of the component becomes a reply of status 500 that says what is wrong. */
static void ask(struct sandbox_side *side, struct visit *visit, const sluice_sandbox_request *request) {
    sluice_sandbox_reply reply = {.size = sizeof reply, .status = 200};
    sluice_error error = ERROR_INIT;
    side->charged = false;
    int failed = side->sandbox->type->sandbox->handle(side->instance, request, &reply, &error);
    if (side->forecast)
        return;
    visit->reply = reply;
    visit->late_us += reply.delay_ms > 0 ? reply.delay_ms * 1000 : 0;
    if (failed > 0)
        failed = fail(&error, SLUICE_E_PLUGIN, "the component answered %d", failed);
    if (failed) {
        log_line(SLUICE_LOG_ERROR, side->self.place, "%s", error.text);
        refuse(visit, 500, text_of(error.text));
    }
}

/* The same order, by somebody else who has the account, too. */
static void ask_for_others(struct visit *visit, const sluice_sandbox_request *request) {
    struct sandbox_side *side = &visit->sandbox->real;
    side->foreign = true;
    sandbox_side_turn_back(visit->fault_value);
    ask(side, visit, request);
    sandbox_side_turn_back(0);
    side->foreign = false;
    visit->fault = 0;
}

static void ask_again(struct visit *visit, const sluice_sandbox_request *request) {
    ask(&visit->sandbox->real, visit, request);
    visit->fault = 0;
}

static void commit(struct sandbox *sandbox) {
    if (!sandbox->failed && sandbox_book_commit(&sandbox->book, &sandbox->error))
        sandbox->failed = true;
}

void answer_decide(struct visit *visit) {
    struct sandbox *sandbox = visit->sandbox;
    sluice_sandbox_request request;
    sandbox->requests++;
    sandbox->paying = false;
    visit->answered = true;
    if (visit->too_large) {
        refuse(visit, 413, TEXT("the request is larger than 16 MiB"));
        return;
    }
    if (!visit_request(visit, &request)) {
        refuse(visit, 503, TEXT("out of memory"));
        return;
    }
    if (sandbox->forecast.open) {
        ask(&sandbox->forecast, visit, &request);
        sandbox->paying = sandbox->forecast.charged;
        choose_fault(visit, is_before, sandbox->paying);
    }
    if (visit->fault == FAULT_TAKEN)
        ask_for_others(visit, &request);
    if (visit->fault)
        return;
    ask(&sandbox->real, visit, &request);
    choose_fault(visit, is_after, sandbox->real.charged);
    if (visit->fault == FAULT_RESENT)
        ask_again(visit, &request);
    commit(sandbox);
}

/* ---- sending ------------------------------------------------------------------------------- */

static void add_header(struct visit *visit, struct MHD_Response *response, const sluice_pair *header) {
    const char *name = arena_printf(&visit->arena, "%.*s", TEXT_ARG(header->key));
    const char *value =
        header->values.count ? arena_printf(&visit->arena, "%.*s", TEXT_ARG(header->values.items[0])) : NULL;
    if (!name || !value || visit->sandbox->mhd->MHD_add_response_header(response, name, value) == MHD_NO)
        log_line(SLUICE_LOG_ERROR, visit->sandbox->real.self.place, "the header '%.*s' can't be sent",
                 TEXT_ARG(header->key));
}

static enum MHD_Result queue(struct visit *visit, int status, sluice_text content_type, const char *location,
                             struct MHD_Response *response) {
    const struct mhd_library *mhd = visit->sandbox->mhd;
    char type[200];
    if (!response)
        return MHD_NO;
    snprintf(type, sizeof type, "%.*s", TEXT_ARG(content_type));
    if (content_type.len)
        mhd->MHD_add_response_header(response, "Content-Type", type);
    if (location)
        mhd->MHD_add_response_header(response, "Location", location);
    for (uint64_t i = 0; i < visit->reply.headers.count; i++)
        add_header(visit, response, &visit->reply.headers.items[i]);
    enum MHD_Result queued = mhd->MHD_queue_response(visit->connection, (unsigned)status, response);
    mhd->MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result send_text(struct visit *visit, int status, sluice_text content_type,
                                 sluice_text body) {
    return queue(visit, status, content_type, NULL,
                 visit->sandbox->mhd->MHD_create_response_from_buffer(body.len, (void *)(uintptr_t)body.ptr,
                                                                      MHD_RESPMEM_PERSISTENT));
}

/* The first half of the body, then the connection is closed. */
static ssize_t read_half(void *user, uint64_t at, char *out, size_t room) {
    const struct visit *visit = user;
    uint64_t half = visit->reply.body.len / 2;
    if (at >= half)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t count = half - at < room ? (size_t)(half - at) : room;
    memcpy(out, visit->reply.body.ptr + at, count);
    return (ssize_t)count;
}

/* The body, then spaces without end in sight. */
static ssize_t read_big(void *user, uint64_t at, char *out, size_t room) {
    const sluice_text *body = &((const struct visit *)user)->reply.body;
    size_t count = at < body->len ? (size_t)(body->len - at) : 0;
    count = count < room ? count : room;
    if (count)
        memcpy(out, body->ptr + at, count);
    memset(out + count, ' ', room - count);
    return (ssize_t)room;
}

static enum MHD_Result send_read(struct visit *visit, uint64_t size, MHD_ContentReaderCallback reader) {
    return queue(visit, visit->reply.status, visit->reply.content_type, NULL,
                 visit->sandbox->mhd->MHD_create_response_from_callback(size, BLOCK, reader, visit, NULL));
}

static sluice_text garbage(struct visit *visit) {
    char *bytes = arena_alloc(&visit->arena, GARBAGE);
    uint32_t x = 1;
    for (int i = 0; bytes && i < GARBAGE; i++) {
        x = x * 1664525 + 1013904223;
        bytes[i] = (char)(x >> 24);
    }
    return (sluice_text){bytes, bytes ? GARBAGE : 0};
}

static void spoil(struct visit *visit, int status, sluice_text content_type, sluice_text body) {
    visit->reply.status = status;
    visit->reply.content_type = content_type;
    visit->reply.body = body;
}

void answer_spoil(struct visit *visit) {
    const sluice_text html = TEXT("text/html; charset=utf-8"), same = visit->reply.content_type;
    if (visit->fault == FAULT_HTML || visit->fault == FAULT_HTML_AFTER)
        spoil(visit, 200, html, TEXT(page));
    else if (visit->fault == FAULT_HTTP_500)
        spoil(visit, (int)visit->fault_value, html,
              TEXT("<html><body><h1>Internal Server Error</h1></body></html>"));
    else if (visit->fault == FAULT_EMPTY)
        spoil(visit, 200, same, TEXT(""));
    else if (visit->fault == FAULT_GARBAGE)
        spoil(visit, 200, same, garbage(visit));
}

static enum MHD_Result send_redirect(struct visit *visit) {
    const struct sandbox *sandbox = visit->sandbox;
    char location[600];
    snprintf(location, sizeof location, "https%s%.500s", sandbox->url + strlen("http"), visit->path);
    return queue(visit, 301, (sluice_text){NULL, 0}, location,
                 sandbox->mhd->MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT));
}

enum MHD_Result answer_send(struct visit *visit) {
    answer_spoil(visit);
    switch (visit->fault) {
    case FAULT_REDIRECT:
        return send_redirect(visit);
    case FAULT_TRUNCATE:
        return send_read(visit, visit->reply.body.len + 1, read_half);
    case FAULT_BIG:
        return send_read(visit, BIG, read_big);
    case FAULT_CLOSE:
    case FAULT_CLOSE_IDLE:
    case FAULT_HANG: /* the client has gone */
        return MHD_NO;
    default:
        return send_text(visit, visit->reply.status, visit->reply.content_type, visit->reply.body);
    }
}

/* ---- the control page ---------------------------------------------------------------------- */

bool answer_is_control(const struct visit *visit) {
    return strcmp(visit->path, "/_sandbox") == 0 || strcmp(visit->path, "/_sandbox/charges") == 0 ||
           strcmp(visit->path, "/_sandbox/memory") == 0;
}

static void end_line(struct json *json) {
    json_close(json, '}');
    json->comma = false;
    json_raw(json, "\n");
    json->comma = false;
}

/* One line for each identifier and service that was charged. */
static void list_charges(struct json *json, const struct sandbox_table *charges) {
    char amount[MONEY_TEXT];
    for (size_t i = 0; i < charges->count; i++) {
        const struct sandbox_entry *entry = &charges->entries[i];
        uint64_t identifier = entry->value.len + 1;
        json_open(json, '{');
        json_key(json, "identifier");
        json_text(json, entry->value);
        json_key(json, "service");
        json_text(json, (sluice_text){entry->key.ptr + identifier, entry->key.len - identifier});
        json_key(json, "charges");
        json_number(json, (int64_t)entry->count);
        json_key(json, "amount");
        json_string(json, money_format(entry->amount, amount));
        end_line(json);
    }
}

/* What the component remembers, whatever the faults let it show. */
static void list_memory(struct json *json, const struct sandbox_table *memory) {
    for (size_t i = 0; i < memory->count; i++) {
        const struct sandbox_entry *entry = &memory->entries[i];
        if (!entry->value.ptr)
            continue;
        json_open(json, '{');
        json_key(json, "key");
        json_text(json, entry->key);
        json_key(json, "value");
        json_text(json, entry->value);
        end_line(json);
    }
}

enum MHD_Result answer_control(struct visit *visit) {
    struct sandbox *sandbox = visit->sandbox;
    struct json json = {0};
    if (strcmp(visit->path, "/_sandbox") == 0) {
        json.text = sandbox_json(sandbox);
    } else {
        pthread_mutex_lock(&sandbox->lock);
        if (strcmp(visit->path, "/_sandbox/charges") == 0)
            list_charges(&json, &sandbox->book.charges);
        else
            list_memory(&json, &sandbox->book.memory);
        pthread_mutex_unlock(&sandbox->lock);
    }
    sluice_text copy = arena_copy(&visit->arena, json.text ? text_of(json.text) : TEXT(""));
    bool failed = json.failed;
    json_free(&json);
    return failed || !copy.ptr ? MHD_NO : send_text(visit, 200, TEXT("application/json"), copy);
}
