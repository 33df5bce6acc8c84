#include "refusal.h"

#include <stdio.h>

#include <sluice/json.h>
#include <sluice/text.h>

enum { DEEPEST = 6 };

struct reading {
    struct refusal *refusal;
    struct reply *reply;
    sluice_texts refusals;
    size_t length;
    int depth;
    bool contradicts;
};

/* On one line; a text that stands there already, as in MESSAGE and in FULL_DESCRIPTION, isn't repeated. */
static void add_words(struct reading *reading, sluice_text text) {
    char *out = reading->refusal->text;
    const char *before = reading->length ? ": " : "";
    while (text.len && text.ptr[0] == ',')
        text = text_trim((sluice_text){text.ptr + 1, text.len - 1});
    text = text_cut(text, REFUSAL_TEXT - 1);
    if (reading->length == text.len && memcmp(out, text.ptr, text.len) == 0)
        return;
    if (reading->length + text.len + 3 > REFUSAL_TEXT)
        text = text_cut(text, REFUSAL_TEXT - reading->length > 3 ? REFUSAL_TEXT - reading->length - 3 : 0);
    if (!text.len)
        return;
    int added =
        snprintf(out + reading->length, REFUSAL_TEXT - reading->length, "%s%.*s", before, TEXT_ARG(text));
    for (size_t i = reading->length; i < reading->length + (size_t)added; i++)
        if ((unsigned char)out[i] < ' ')
            out[i] = ' ';
    reading->length += (size_t)added;
}

static void take_text(struct reading *reading, sluice_text text) {
    struct refusal *refusal = reading->refusal;
    text = text_trim(text);
    if (!text.len)
        return;
    const struct error_kind *kind = error_classify(text, reading->refusals);
    reading->contradicts |= kind->class != ERROR_OTHER && refusal->kind->class != ERROR_OTHER &&
                            kind->class != refusal->kind->class;
    if (refusal->kind->class == ERROR_OTHER)
        refusal->kind = kind;
    if (refusal->retry_after_ms < 0)
        refusal->retry_after_ms = error_wait_ms(text);
    add_words(reading, text);
}

static int take_value(void *user, sluice_text value) {
    struct reading *reading = user;
    if (reading->depth == DEEPEST)
        return 1;
    reading->depth++;
    sluice_text message = reply_member(value, "MESSAGE"), more = reply_member(value, "FULL_DESCRIPTION");
    if (message.ptr || more.ptr) {
        take_value(reading, message);
        take_value(reading, more);
    } else if (value.len && (value.ptr[0] == '[' || value.ptr[0] == '{')) {
        reply_each(value, take_value, reading);
    } else {
        take_text(reading, reply_text(reading->reply, value));
    }
    reading->depth--;
    return 0;
}

static struct reading begin(struct refusal *refusal, struct reply *reply, sluice_texts refusals) {
    *refusal = (struct refusal){.kind = &error_other, .retry_after_ms = -1};
    return (struct reading){.refusal = refusal, .reply = reply, .refusals = refusals};
}

static void end(struct reading *reading) {
    struct refusal *refusal = reading->refusal;
    if (reading->contradicts || reading->reply->failed)
        refusal->kind = &error_other;
    if (!reading->length)
        snprintf(refusal->text, REFUSAL_TEXT, "an ERROR without a text");
}

void refusal_read(struct refusal *refusal, struct reply *reply, sluice_text value, sluice_texts refusals) {
    struct reading reading = begin(refusal, reply, refusals);
    take_value(&reading, value);
    end(&reading);
}

bool refusal_find(struct refusal *refusal, struct reply *reply, sluice_text object, sluice_texts refusals) {
    struct reading reading = begin(refusal, reply, refusals);
    struct json_walk walk;
    sluice_text key, value;
    bool found = false;
    json_walk_object(&walk, object);
    while (json_next_member(&walk, &key, &value)) {
        if (!json_is(key, "ERROR") || reply_is_empty(value))
            continue;
        found = true;
        take_value(&reading, value);
    }
    end(&reading);
    return found;
}
