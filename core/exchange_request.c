/* What a plugin writes into a request. */
#include "exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "escape.h"
#include "secret.h"
#include "text.h"

static bool reserve(struct request *request, size_t count) {
    if (count <= request->room - request->length)
        return true;
    if (count > request->most) {
        request->failed = true;
        return false;
    }
    size_t room = request->room ? request->room : 512;
    while (room < request->length + count && room <= request->most)
        room *= 2;
    char *more = room > request->most ? NULL : malloc(room);
    if (!more) {
        request->failed = true;
        return false;
    }
    if (request->body) { /* it may hold a secret: realloc would leave it behind */
        memcpy(more, request->body, request->length);
        explicit_bzero(request->body, request->length);
        free(request->body);
    }
    request->body = more;
    request->room = room;
    return true;
}

static void put(struct request *request, const char *bytes, size_t count) {
    if (count && reserve(request, count)) {
        memcpy(request->body + request->length, bytes, count);
        request->length += count;
    }
}

static void put_escaped(struct request *request, sluice_text text, enum escape_style style) {
    char escaped[ESCAPE_MOST];
    for (uint64_t i = 0; i < text.len; i++)
        put(request, escaped, escape_byte(style, (unsigned char)text.ptr[i], escaped));
}

/* In every order: the room is made once. */
static void put_form(struct request *request, sluice_text text) {
    if (text.len > request->most || !reserve(request, text.len * 3)) {
        request->failed = true;
        return;
    }
    for (uint64_t i = 0; i < text.len; i++)
        request->length +=
            escape_byte(ESCAPE_FORM, (unsigned char)text.ptr[i], request->body + request->length);
}

static void put_base64(struct request *request, sluice_text text) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (uint64_t i = 0; i < text.len; i += 3) {
        uint64_t left = text.len - i;
        uint32_t bits = (uint32_t)(unsigned char)text.ptr[i] << 16;
        if (left > 1)
            bits |= (uint32_t)(unsigned char)text.ptr[i + 1] << 8;
        if (left > 2)
            bits |= (unsigned char)text.ptr[i + 2];
        char quad[4] = {digits[bits >> 18], digits[bits >> 12 & 63], left > 1 ? digits[bits >> 6 & 63] : '=',
                        left > 2 ? digits[bits & 63] : '='};
        put(request, quad, 4);
    }
}

void exchange_request_text(sluice_request *view, sluice_text text, uint32_t encoding) {
    struct request *request = (struct request *)view;
    switch (encoding) {
    case SLUICE_ENCODE_FORM:
        put_form(request, text);
        break;
    case SLUICE_ENCODE_XML:
        put_escaped(request, text, ESCAPE_XML);
        break;
    case SLUICE_ENCODE_JSON:
        put_escaped(request, text, ESCAPE_JSON);
        break;
    case SLUICE_ENCODE_BASE64:
        put_base64(request, text);
        break;
    default:
        put(request, text.ptr, text.len);
    }
}

void exchange_request_secret(sluice_request *view, sluice_secret secret, uint32_t encoding) {
    ((struct request *)view)->secret = true;
    exchange_request_text(view, secret_value(secret), encoding);
}

void exchange_request_form(sluice_request *view, const char *name, sluice_text value) {
    struct request *request = (struct request *)view;
    if (request->length)
        put(request, "&", 1);
    put_form(request, text_of(name));
    put(request, "=", 1);
    put_form(request, value);
    request->form = true;
}

void exchange_request_form_secret(sluice_request *view, const char *name, sluice_secret secret) {
    ((struct request *)view)->secret = true;
    exchange_request_form(view, name, secret_value(secret));
}

/* A line break in a value would start a new header. */
static bool header_value_ok(sluice_text value) {
    for (uint64_t i = 0; i < value.len; i++)
        if ((unsigned char)value.ptr[i] < 0x20 && value.ptr[i] != '\t')
            return false;
    return true;
}

/* Where a request goes and how long it is are the core's to say; that its connection isn't used again, the
 * plugin's. */
static bool header_name_ok(const char *name, sluice_text value) {
    static const char *const own[] = {"Host", "Content-Length", "Transfer-Encoding", "Connection", "Expect"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcasecmp(name, own[i]) == 0 && !(strcmp(own[i], "Connection") == 0 && text_is(value, "close")))
            return false;
    return *name && !name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")];
}

static void add_header(struct request *request, const char *name, const char *prefix, sluice_text value) {
    if (request->header_count == CALL_HEADERS || !header_name_ok(name, value) || !header_value_ok(value)) {
        request->failed = true;
        return;
    }
    char *line = arena_printf(request->view.arena, "%s: %s%.*s", name, prefix, TEXT_ARG(value));
    if (!line)
        request->failed = true;
    else
        request->headers[request->header_count++].line = line;
}

void exchange_request_header(sluice_request *view, const char *name, sluice_text value) {
    add_header((struct request *)view, name, "", value);
}

void exchange_request_header_secret(sluice_request *view, const char *name, const char *prefix,
                                    sluice_secret secret) {
    ((struct request *)view)->secret = true;
    add_header((struct request *)view, name, prefix, secret_value(secret));
}

/* ---- query and log-in --------------------------------------------------------------------- */

/* The body's buffer encodes; what is behind its end is taken out again. */
static char *encoded(struct request *request, sluice_text text,
                     void (*put_as)(struct request *, sluice_text)) {
    size_t start = request->length;
    put_as(request, text);
    size_t count = request->length - start;
    char *copy = request->failed ? NULL
                                 : arena_printf(request->view.arena, "%.*s", (int)count,
                                                request->body ? request->body + start : "");
    if (request->body)
        explicit_bzero(request->body + start, count);
    request->length = start;
    return copy;
}

void exchange_request_query(sluice_request *view, const char *name, sluice_text value) {
    struct request *request = (struct request *)view;
    const char *key = encoded(request, text_of(name), put_form);
    const char *text = encoded(request, value, put_form);
    const char *query = request->query;
    request->query = !key || !text ? NULL
                     : query       ? arena_printf(view->arena, "%s&%s=%s", query, key, text)
                                   : arena_printf(view->arena, "?%s=%s", key, text);
    request->failed |= !request->query;
}

void exchange_request_query_secret(sluice_request *view, const char *name, sluice_secret secret) {
    ((struct request *)view)->secret = true;
    exchange_request_query(view, name, secret_value(secret));
}

void exchange_request_basic(sluice_request *view, sluice_text user, sluice_secret secret) {
    struct request *request = (struct request *)view;
    sluice_text value = secret_value(secret);
    request->secret = true;
    if (user.len && memchr(user.ptr, ':', user.len)) { /* the server would take the rest for the password */
        request->failed = true;
        return;
    }
    char *pair = arena_printf(view->arena, "%.*s:%.*s", TEXT_ARG(user), TEXT_ARG(value));
    const char *line = pair ? encoded(request, text_of(pair), put_base64) : NULL;
    if (pair)
        explicit_bzero(pair, strlen(pair));
    if (!line)
        request->failed = true;
    else
        add_header(request, "Authorization", "Basic ", text_of(line));
    if (line)
        secret_keep(text_of(line)); /* should a reply repeat it */
}
