#include "reply.h"

#include <stdio.h>
#include <stdlib.h>

#include <sluice/json.h>
#include <sluice/text.h>
#include <sluice/utf8.h>

enum { BLOCK = 16 * 1024, FLAT_MEMBERS = 64 };

struct reply_block {
    struct reply_block *next;
    size_t used, room;
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
    if (!body.len || body.ptr[0] != '{')
        return;
    if (!is_utf8(body)) {
        repair(&reply->repaired, body);
        body = (sluice_text){reply->repaired.text, reply->repaired.length};
    }
    reply->root = json_whole(body, '{');
    reply->kind = reply->repaired.failed ? REPLY_NO_MEMORY : reply->root.ptr ? REPLY_JSON : REPLY_DAMAGED;
}

void reply_free(struct reply *reply) {
    for (struct reply_block *block = reply->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    buffer_free(&reply->repaired);
    reply->blocks = NULL;
}

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
    char words[64];
    sluice_text body = without_mark(from->body);
    quote(body, words, sizeof words);
    if (!body.len)
        snprintf(out, REPLY_DESCRIPTION, "HTTP %d, an empty body", from->status);
    else if (reply->kind == REPLY_NO_MEMORY)
        snprintf(out, REPLY_DESCRIPTION, "HTTP %d, but there was no memory to read it", from->status);
    else if (reply->kind == REPLY_DAMAGED)
        snprintf(out, REPLY_DESCRIPTION, "HTTP %d, damaged JSON: %s", from->status, words);
    else if (reply->kind == REPLY_JSON)
        snprintf(out, REPLY_DESCRIPTION, "HTTP %d, JSON of another kind: %s", from->status, words);
    else
        snprintf(out, REPLY_DESCRIPTION, "HTTP %d, %s: %s", from->status,
                 body.ptr[0] == '<' ? "a page" : "text", words);
}

/* ---- members ------------------------------------------------------------------------------- */

bool reply_is_name(sluice_text key, const char *name) {
    return key.len >= 2 && text_same((sluice_text){key.ptr + 1, key.len - 2}, text_of(name));
}

bool reply_next_member(sluice_text object, const char *name, struct reply_walk *from, sluice_text *value) {
    struct json_walk walk;
    sluice_text key;
    if (!object.len || !json_walk_object(&walk, object))
        return false;
    if (from->at) {
        walk.at = from->at;
        walk.begun = true;
    }
    while (json_next_member(&walk, &key, value))
        if (reply_is_name(key, name)) {
            from->at = walk.at;
            return true;
        }
    return false;
}

sluice_text reply_member(sluice_text object, const char *name) {
    struct reply_walk walk = {NULL};
    sluice_text value;
    return reply_next_member(object, name, &walk, &value) ? value : (sluice_text){NULL, 0};
}

/* ---- texts --------------------------------------------------------------------------------- */

static char *take(struct reply *reply, size_t length) {
    struct reply_block *block = reply->blocks;
    if (!block || block->room - block->used < length) {
        size_t room = length > BLOCK ? length : BLOCK;
        block = malloc(sizeof *block + room);
        if (!block) {
            reply->failed = true;
            return NULL;
        }
        *block = (struct reply_block){.next = reply->blocks, .room = room};
        reply->blocks = block;
    }
    block->used += length;
    return block->bytes + block->used - length;
}

sluice_text reply_text(struct reply *reply, sluice_text value) {
    const sluice_text none = {NULL, 0};
    if (!value.len || value.ptr[0] == '{' || value.ptr[0] == '[' || text_is(value, "null"))
        return none;
    if (value.ptr[0] != '"')
        return value;
    char *out = take(reply, value.len);
    return out ? (sluice_text){out, json_decode(value, out)} : none;
}

sluice_text reply_member_text(struct reply *reply, sluice_text object, const char *name) {
    return reply_text(reply, reply_member(object, name));
}

bool reply_is_empty(sluice_text value) {
    if (!value.len || text_is(value, "null") || text_is(value, "false") || text_is(value, "\"\""))
        return true;
    if (value.ptr[0] != '[' && value.ptr[0] != '{')
        return false;
    const char *end = value.ptr + value.len;
    return json_skip_space(value.ptr + 1, end) == end - 1;
}

void reply_each(sluice_text value, int (*each)(void *user, sluice_text item), void *user) {
    struct json_walk walk;
    sluice_text key, item;
    if (!value.len)
        return;
    if (value.ptr[0] == '[') {
        json_walk_list(&walk, value);
        while (json_next_item(&walk, &item) && !each(user, item))
            ;
    } else if (value.ptr[0] == '{') {
        json_walk_object(&walk, value);
        while (json_next_member(&walk, &key, &item) && !each(user, item))
            ;
    } else {
        each(user, value);
    }
}

/* The first member's value is an object: it is a map of things, and not one thing. */
static bool is_map(sluice_text object) {
    struct json_walk walk;
    sluice_text key, value;
    return json_walk_object(&walk, object) && json_next_member(&walk, &key, &value) && value.ptr[0] == '{';
}

void reply_each_object(sluice_text value, int (*each)(void *user, sluice_text object), void *user) {
    if (value.len && value.ptr[0] == '{' && !is_map(value))
        each(user, value);
    else if (value.len && (value.ptr[0] == '[' || value.ptr[0] == '{'))
        reply_each(value, each, user);
}

static bool is_among(sluice_text key, const char *const *names) {
    for (; names && *names; names++)
        if (reply_is_name(key, *names))
            return true;
    return false;
}

void reply_write_flat(struct reply *reply, struct buffer *out, sluice_text object, const char *const *but) {
    struct json_walk walk;
    sluice_text key, value;
    buffer_string(out, "{");
    json_walk_object(&walk, object);
    for (int i = 0; i < FLAT_MEMBERS && json_next_member(&walk, &key, &value);) {
        bool nested = value.ptr[0] == '{' || value.ptr[0] == '[';
        if (is_among(key, but))
            continue;
        buffer_string(out, i++ ? "," : "");
        buffer_json(out, reply_text(reply, key));
        buffer_string(out, ":");
        buffer_json(out, nested ? value : reply_text(reply, value));
    }
    buffer_string(out, "}");
}
