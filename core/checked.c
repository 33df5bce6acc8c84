#include "checked.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "progress.h"

void checked_init(struct checked *checked) {
    *checked = (struct checked){0};
    pthread_mutex_init(&checked->lock, NULL);
}

void checked_free(struct checked *checked) {
    pthread_mutex_destroy(&checked->lock);
}

static bool is_named(const struct checked_status *status, sluice_text name) {
    return strlen(status->name) == name.len && strncasecmp(status->name, name.ptr, name.len) == 0;
}

/* The place of `name` among the statuses, which are in order; a provider has four of them. NULL: it is
 * no status of theirs. */
static struct checked_status *find(struct checked *checked, sluice_text name) {
    struct checked_status new = {0};
    size_t at = 0;
    for (size_t i = 0; i < checked->count; i++)
        if (is_named(&checked->statuses[i], name))
            return &checked->statuses[i];
    if (checked->count == CHECKED_STATUSES || name.len >= CHECKED_NAME)
        return NULL;
    memcpy(new.name, name.ptr, name.len);
    while (at < checked->count && strcmp(checked->statuses[at].name, new.name) < 0)
        at++;
    memmove(&checked->statuses[at + 1], &checked->statuses[at],
            (checked->count - at) * sizeof checked->statuses[0]);
    checked->statuses[at] = new;
    checked->count++;
    return &checked->statuses[at];
}

void checked_add(struct checked *checked, sluice_text before, sluice_text now) {
    bool same = now.len == before.len && (!now.len || strncasecmp(now.ptr, before.ptr, now.len) == 0);
    pthread_mutex_lock(&checked->lock);
    struct checked_status *status = now.len ? find(checked, now) : NULL;
    checked->total++;
    if (!status)
        checked->without_news++;
    else if (same)
        status->same++;
    else
        status->changed++;
    pthread_mutex_unlock(&checked->lock);
}

/* ---- for people ---------------------------------------------------------------------------- */

static void add(char *out, size_t room, uint64_t count, const char *still, const char *name) {
    char number[32], word[CHECKED_NAME];
    size_t used = strlen(out), i = 0;
    for (; name[i]; i++)
        word[i] = (char)tolower((unsigned char)name[i]);
    word[i] = 0;
    snprintf(out + used, room - used, "%s%s %s%s", used ? ", " : "", progress_count(count, number), still,
             word);
}

void checked_text(struct checked *checked, char *out, size_t room) {
    bool changed = false;
    *out = 0;
    pthread_mutex_lock(&checked->lock);
    for (size_t i = 0; i < checked->count; i++) {
        changed = changed || checked->statuses[i].changed;
        if (checked->statuses[i].changed)
            add(out, room, checked->statuses[i].changed, "", checked->statuses[i].name);
    }
    if (checked->total && !changed)
        add(out, room, 0, "", "changed");
    if (checked->total)
        add(out, room, checked->without_news, "", "without news");
    for (size_t i = 0; i < checked->count; i++)
        if (checked->statuses[i].same)
            add(out, room, checked->statuses[i].same, "still ", checked->statuses[i].name);
    pthread_mutex_unlock(&checked->lock);
}

/* ---- for programs -------------------------------------------------------------------------- */

static void put(const struct checked *checked, struct json *json, const char *key, bool changed) {
    json_key(json, key);
    json_open(json, '{');
    for (size_t i = 0; i < checked->count; i++) {
        const struct checked_status *status = &checked->statuses[i];
        uint64_t count = changed ? status->changed : status->same;
        if (!count)
            continue;
        json_key(json, status->name);
        json_number(json, (int64_t)count);
    }
    json_close(json, '}');
}

void checked_json(struct checked *checked, struct json *json) {
    pthread_mutex_lock(&checked->lock);
    if (checked->total) {
        json_key(json, "checked");
        json_number(json, (int64_t)checked->total);
        put(checked, json, "changed", true);
        put(checked, json, "unchanged", false);
        json_key(json, "without_news");
        json_number(json, (int64_t)checked->without_news);
    }
    pthread_mutex_unlock(&checked->lock);
}
