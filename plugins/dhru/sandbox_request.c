/* The field `parameters`, as a server reads it: XML with upper-case tags, or base64 of JSON. */
#include <stdio.h>

#include <sluice/json.h>
#include <sluice/text.h>

#include "base64.h"
#include "reply.h"
#include "sandbox.h"

static sluice_text copy(const struct sandbox *sandbox, sluice_arena *arena, sluice_text text) {
    char *out = sandbox->host->alloc(arena, text.len + 1);
    return out ? (sluice_text){memcpy(out, text.ptr, text.len), text.len} : (sluice_text){NULL, 0};
}

/* ---- XML ----------------------------------------------------------------------------------- */

/* What stands between <NAME> and </NAME>; an identifier has no entities in it. */
static sluice_text element(sluice_text xml, const char *name) {
    char open[32], close[32];
    size_t opened = (size_t)snprintf(open, sizeof open, "<%s>", name);
    size_t closed = (size_t)snprintf(close, sizeof close, "</%s>", name);
    const char *from = memmem(xml.ptr, xml.len, open, opened);
    if (!from)
        return (sluice_text){NULL, 0};
    from += opened;
    const char *to = memmem(from, (size_t)(xml.ptr + xml.len - from), close, closed);
    return to ? text_trim((sluice_text){from, (uint64_t)(to - from)}) : (sluice_text){NULL, 0};
}

static int read_xml(const struct sandbox *sandbox, sluice_arena *arena, sluice_text xml,
                    struct sandbox_part *part) {
    if (!element(xml, "PARAMETERS").ptr)
        return -1;
    *part = (struct sandbox_part){.id = element(xml, "ID"), .imei = element(xml, "IMEI")};
    if (part->id.ptr)
        part->id = copy(sandbox, arena, part->id);
    if (part->imei.ptr)
        part->imei = copy(sandbox, arena, part->imei);
    return 1;
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static sluice_text value(const struct sandbox *sandbox, sluice_arena *arena, sluice_text object,
                         const char *name) {
    struct reply reply = {.kind = REPLY_JSON};
    sluice_text text = text_trim(reply_member_text(&reply, object, name));
    text = text.len ? copy(sandbox, arena, text) : (sluice_text){NULL, 0};
    reply_free(&reply);
    return text;
}

static void read_object(const struct sandbox *sandbox, sluice_arena *arena, sluice_text object,
                        struct sandbox_part *part) {
    *part = (struct sandbox_part){.id = value(sandbox, arena, object, "ID"),
                                  .imei = value(sandbox, arena, object, "IMEI")};
}

static int read_references(const struct sandbox *sandbox, sluice_arena *arena, sluice_text object,
                           struct sandbox_part *parts) {
    struct json_walk walk;
    sluice_text key, inner;
    int count = 0;
    json_walk_object(&walk, object);
    while (json_next_member(&walk, &key, &inner)) {
        if (count == PARTS_MOST || inner.ptr[0] != '{')
            return -1;
        read_object(sandbox, arena, inner, &parts[count]);
        parts[count++].reference = copy(sandbox, arena, (sluice_text){key.ptr + 1, key.len - 2});
    }
    return count;
}

static int read_json(const struct sandbox *sandbox, sluice_arena *arena, sluice_text parameters, bool bulk,
                     struct sandbox_part *parts) {
    struct buffer json = {0};
    int count = -1;
    if (base64_read(&json, parameters) && !json.failed) {
        sluice_text object = json_whole((sluice_text){json.text, json.length}, '{');
        if (object.ptr && bulk)
            count = read_references(sandbox, arena, object, parts);
        else if (object.ptr)
            count = (read_object(sandbox, arena, object, parts), 1);
    }
    buffer_free(&json);
    return count;
}

int sandbox_read_parts(const struct sandbox *sandbox, sluice_arena *arena, sluice_text parameters, bool bulk,
                       struct sandbox_part *parts) {
    int64_t reads = sandbox->settings->parameters;
    bool xml = parameters.len && parameters.ptr[0] == '<';
    if (bulk)
        return read_json(sandbox, arena, parameters, true, parts);
    if (xml)
        return reads == READS_JSON ? -1 : read_xml(sandbox, arena, parameters, parts);
    return reads == READS_XML ? -1 : read_json(sandbox, arena, parameters, false, parts);
}
