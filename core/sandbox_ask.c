/* The sandbox without a socket: whoever asks stands in the same process. Tested by
 * tests/sandbox/test_sandbox_ask.c. */
#include <ctype.h>
#include <string.h>

#include "http.h"
#include "sandbox_parts.h"
#include "text.h"

/* ---- the request --------------------------------------------------------------------------- */

static int digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : isxdigit((unsigned char)c) ? (c | 0x20) - 'a' + 10 : -1;
}

/* Percent-escapes, and in names and values '+' for a blank, taken away. */
static sluice_text decode(sluice_arena *arena, sluice_text text, bool form) {
    char *out = arena_alloc(arena, text.len + 1);
    uint64_t used = 0;
    for (uint64_t i = 0; out && i < text.len; i++) {
        bool escape = text.ptr[i] == '%' && i + 2 < text.len && digit(text.ptr[i + 1]) >= 0 &&
                      digit(text.ptr[i + 2]) >= 0;
        if (escape) {
            out[used++] = (char)(digit(text.ptr[i + 1]) * 16 + digit(text.ptr[i + 2]));
            i += 2;
        } else {
            out[used++] = form && text.ptr[i] == '+' ? ' ' : text.ptr[i];
        }
    }
    if (out)
        out[used] = 0;
    return (sluice_text){out, out ? used : 0};
}

/* "a=1&b=2" */
static void take_parameters(struct visit *visit, sluice_text text) {
    while (text.len) {
        const char *end = memchr(text.ptr, '&', text.len);
        sluice_text part = {text.ptr, end ? (uint64_t)(end - text.ptr) : text.len};
        const char *equals = part.len ? memchr(part.ptr, '=', part.len) : NULL;
        sluice_text name = {part.ptr, equals ? (uint64_t)(equals - part.ptr) : part.len};
        sluice_text value = {equals ? equals + 1 : "", equals ? part.len - name.len - 1 : 0};
        if (part.len)
            visit_name(visit, decode(&visit->arena, name, true), decode(&visit->arena, value, true));
        uint64_t used = part.len + (end != NULL);
        text = (sluice_text){text.ptr + used, text.len - used};
    }
}

static sluice_text header_value(const struct http_header *header) {
    const char *colon = strchr(header->line, ':');
    return colon ? text_trim(text_of(colon + 1)) : (sluice_text){NULL, 0};
}

void visit_ask_headers(struct visit *visit) {
    for (size_t i = 0; i < visit->asked->header_count; i++) {
        const struct http_header *header = &visit->asked->headers[i];
        sluice_text value = header_value(header);
        char *name = value.ptr ? arena_string(&visit->arena, header->line) : NULL;
        if (!name)
            continue;
        size_t length = strcspn(name, ":");
        for (size_t c = 0; c < length; c++)
            name[c] = (char)tolower((unsigned char)name[c]);
        visit_name(visit, (sluice_text){name, length}, value);
    }
}

static bool is_form(const struct http_request *request) {
    static const char name[] = "Content-Type:", form[] = "application/x-www-form-urlencoded";
    for (size_t i = 0; i < request->header_count; i++) {
        const char *line = request->headers[i].line;
        sluice_text value = header_value(&request->headers[i]);
        if (strncasecmp(line, name, sizeof name - 1) == 0)
            return value.len >= sizeof form - 1 && strncasecmp(value.ptr, form, sizeof form - 1) == 0;
    }
    return false;
}

void visit_ask_parameters(struct visit *visit) {
    const char *query = strchr(visit->asked->url, '?');
    if (query)
        take_parameters(visit, (sluice_text){query + 1, strcspn(query + 1, "#")});
    if (is_form(visit->asked))
        take_parameters(visit, visit->asked->body);
}

/* "https://host/a%20b?c=d" -> "/a b" */
static const char *path_of(struct visit *visit, const char *url) {
    const char *host = strstr(url, "://");
    const char *path = host ? host + 3 + strcspn(host + 3, "/?#") : url;
    sluice_text decoded = decode(&visit->arena, (sluice_text){path, strcspn(path, "?#")}, false);
    return decoded.len ? decoded.ptr : "/";
}

/* ---- the reply ----------------------------------------------------------------------------- */

static enum http_outcome outcome_of(const struct visit *visit) {
    switch (visit->fault) {
    case FAULT_CLOSE:
    case FAULT_CLOSE_IDLE:
    case FAULT_TRUNCATE:
        return HTTP_BROKEN;
    case FAULT_HANG:
        return HTTP_TIMEOUT;
    case FAULT_BIG:
        return HTTP_TOO_LARGE;
    default:
        return HTTP_REPLIED;
    }
}

/* Headers as a client sees them: terminated. */
static sluice_pairs copy_headers(sluice_arena *arena, const sluice_pairs *headers) {
    sluice_pair *copies = arena_array(arena, headers->count + 1, sizeof *copies);
    sluice_text *values = arena_array(arena, headers->count + 1, sizeof *values);
    for (uint64_t i = 0; copies && values && i < headers->count; i++) {
        const sluice_pair *header = &headers->items[i];
        values[i] = arena_copy(arena, header->values.count ? header->values.items[0] : TEXT(""));
        copies[i] = (sluice_pair){arena_copy(arena, header->key), {&values[i], 1}};
    }
    return (sluice_pairs){copies, copies && values ? headers->count : 0};
}

static void describe(const struct visit *visit, sluice_arena *arena, struct stand_in_reply *out) {
    const sluice_sandbox_reply *reply = &visit->reply;
    *out = (struct stand_in_reply){.outcome = outcome_of(visit)};
    if (visit->fault == FAULT_CLOSE || visit->fault == FAULT_CLOSE_IDLE || visit->fault == FAULT_HANG)
        return;
    if (visit->fault == FAULT_REDIRECT) {
        out->status = 301;
        out->redirect = arena_printf(arena, "https://elsewhere.test%s", visit->path);
        return;
    }
    out->status = reply->status;
    out->content_type = reply->content_type.len ? arena_copy(arena, reply->content_type).ptr : NULL;
    out->body = arena_copy(arena, reply->body);
    out->headers = copy_headers(arena, &reply->headers);
    if (visit->fault == FAULT_TRUNCATE)
        out->body.len /= 2;
}

void sandbox_ask(struct sandbox *sandbox, const struct http_request *request, sluice_arena *arena,
                 struct stand_in_reply *out) {
    struct visit visit = {.sandbox = sandbox, .asked = request, .method = request->method};
    visit.path = path_of(&visit, request->url);
    bool whole = !request->body.len || visit_take(&visit, request->body.ptr, request->body.len);
    pthread_mutex_lock(&sandbox->lock);
    visit.nth = sandbox->requests ? 2 : 1; /* all come over one connection */
    if (whole)
        answer_decide(&visit);
    bool failed = sandbox->failed || !whole;
    pthread_mutex_unlock(&sandbox->lock);
    answer_spoil(&visit);
    if (failed)
        *out = (struct stand_in_reply){.outcome = HTTP_BROKEN};
    else
        describe(&visit, arena, out);
    arena_free(&visit.arena);
}
