#include "reply.h"

#include <stdio.h>
#include <stdlib.h>

#include <sluice/json.h>
#include <sluice/text.h>
#include <sluice/utf8.h>

#include "pointer.h"

struct reply_text {
    struct reply_text *next;
    char bytes[];
};

/* ---- the body ------------------------------------------------------------------------------ */

static bool is_utf8(sluice_text text) {
    for (uint64_t i = 0; i < text.len;) {
        unsigned length = utf8_sequence(text.ptr + i, text.len - i);
        if (!length)
            return false;
        i += length;
    }
    return true;
}

/* What isn't UTF-8 is Windows-1252, byte by byte. */
static void repair(struct buffer *out, sluice_text text) {
    for (uint64_t i = 0; i < text.len && !out->failed;) {
        unsigned length = utf8_sequence(text.ptr + i, text.len - i);
        char bytes[4];
        if (length)
            buffer_add(out, (sluice_text){text.ptr + i, length});
        else
            buffer_add(out,
                       (sluice_text){bytes, utf8_put(bytes, utf8_from_1252((unsigned char)text.ptr[i]))});
        i += length ? length : 1;
    }
}

static sluice_text without_mark(sluice_text body) {
    body = text_trim(body);
    if (body.len >= 3 && memcmp(body.ptr, "\xef\xbb\xbf", 3) == 0)
        body = text_trim((sluice_text){body.ptr + 3, body.len - 3});
    return body;
}

void reply_read(struct reply *reply, sluice_text body) {
    *reply = (struct reply){.kind = REPLY_FOREIGN};
    body = without_mark(body);
    if (!body.len || (body.ptr[0] != '{' && body.ptr[0] != '['))
        return;
    if (!is_utf8(body)) {
        reply->repaired.most = body.len * 3 + 2;
        repair(&reply->repaired, body);
        body = (sluice_text){reply->repaired.text, reply->repaired.length};
    }
    reply->kind = REPLY_NO_MEMORY;
    if (reply->repaired.failed)
        return;
    reply->root = json_whole(body, body.ptr[0]);
    reply->kind = reply->root.ptr ? REPLY_JSON : REPLY_DAMAGED;
}

void reply_forget(struct reply *reply) {
    for (struct reply_text *text = reply->decoded, *next; text; text = next) {
        next = text->next;
        free(text);
    }
    reply->decoded = NULL;
}

void reply_free(struct reply *reply) {
    reply_forget(reply);
    buffer_free(&reply->repaired);
}

/* ---- words ---------------------------------------------------------------------------------- */

/* Some of what came, on one line. */
static void quote(sluice_text body, char *out, size_t room) {
    sluice_text text = text_cut(text_trim(body), room - 1 < 60 ? room - 1 : 60);
    size_t length = 0;
    for (uint64_t i = 0; i < text.len;) {
        unsigned bytes = utf8_sequence(text.ptr + i, text.len - i);
        if (bytes == 1)
            out[length++] = (unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7f ? ' ' : text.ptr[i];
        else if (!bytes)
            out[length++] = '?';
        for (unsigned k = 0; bytes > 1 && k < bytes; k++)
            out[length++] = text.ptr[i + k];
        i += bytes ? bytes : 1;
    }
    out[length] = 0;
}

void reply_describe(const struct reply *reply, const sluice_reply *from, char out[REPLY_DESCRIPTION]) {
    static const char *const kinds[] = {"JSON", "damaged JSON", "text", "JSON that there is no memory for"};
    char words[64];
    sluice_text body = without_mark(from->body);
    quote(body, words, sizeof words);
    bool page = reply->kind == REPLY_FOREIGN && body.len && body.ptr[0] == '<';
    if (!body.len)
        snprintf(out, REPLY_DESCRIPTION, "HTTP %d, an empty body", from->status);
    else
        snprintf(out, REPLY_DESCRIPTION, "HTTP %d, %s: %s", from->status,
                 page ? "a page" : kinds[reply->kind], words);
}

/* ---- values --------------------------------------------------------------------------------- */

sluice_text reply_text(struct reply *reply, sluice_text value) {
    if (!value.len || text_is(value, "null"))
        return (sluice_text){NULL, 0};
    if (value.ptr[0] != '"')
        return value;
    if (!memchr(value.ptr, '\\', value.len))
        return (sluice_text){value.ptr + 1, value.len - 2};
    struct reply_text *text = malloc(sizeof *text + value.len);
    if (!text) {
        reply->failed = true;
        return (sluice_text){NULL, 0};
    }
    text->next = reply->decoded;
    reply->decoded = text;
    return (sluice_text){text->bytes, json_decode(value, text->bytes)};
}

sluice_text reply_at(struct reply *reply, sluice_text pointer) {
    return pointer.ptr ? reply_text(reply, pointer_find(reply->root, pointer)) : (sluice_text){NULL, 0};
}

sluice_text reply_first(struct reply *reply, sluice_text root, sluice_texts pointers) {
    sluice_text text = {NULL, 0};
    for (uint64_t i = 0; i < pointers.count && !text.len; i++)
        text = reply_text(reply, pointer_find(root, pointers.items[i]));
    return text;
}

bool reply_is_nothing(sluice_text value) {
    static const char *const words[] = {"null", "false", "\"\"", "[]", "{}"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_is(value, words[i]))
            return true;
    return !value.len;
}
