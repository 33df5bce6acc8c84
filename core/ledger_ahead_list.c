/* The keys and order ids that were said to be needed, found by their hash. */
#include <stdlib.h>
#include <string.h>

#include "ledger_remote.h"

/* Without memory less is asked beforehand, and more later. */
bool remote_ahead_grow(void **list, size_t *room, size_t count, size_t size) {
    if (count < *room)
        return true;
    size_t more = *room ? 2 * *room : 256;
    void *grown = realloc(*list, more * size);
    if (!grown)
        return false;
    *list = grown;
    *room = more;
    return true;
}

/* ---- keys ---------------------------------------------------------------------------------- */

static size_t place_of(const struct remote_ahead *ahead, const uint8_t *key) {
    uint64_t hash;
    memcpy(&hash, key, sizeof hash);
    size_t mask = 4 * ahead->key_room - 1, at = hash & mask; /* key_room is a power of two */
    while (ahead->places[at] && memcmp(ahead->keys[ahead->places[at] - 1].bytes, key, 16) != 0)
        at = (at + 1) & mask;
    return at;
}

struct remote_key *remote_key_find(const struct remote_ahead *ahead, const void *key) {
    uint32_t number = ahead->places ? ahead->places[place_of(ahead, key)] : 0;
    return number ? &ahead->keys[number - 1] : NULL;
}

static bool make_room(struct remote_ahead *ahead) {
    size_t room = ahead->key_room;
    if (!remote_ahead_grow((void **)&ahead->keys, &ahead->key_room, ahead->key_count, sizeof *ahead->keys))
        return false;
    if (room == ahead->key_room && ahead->places)
        return true;
    free(ahead->places);
    ahead->places = calloc(4 * ahead->key_room, sizeof *ahead->places);
    if (!ahead->places) {
        ahead->key_count = ahead->asked_keys = 0;
        return false;
    }
    for (size_t i = 0; i < ahead->key_count; i++)
        ahead->places[place_of(ahead, ahead->keys[i].bytes)] = (uint32_t)i + 1;
    return true;
}

struct remote_key *remote_key_add(struct remote_ahead *ahead, const uint8_t *key) {
    struct remote_key *known = remote_key_find(ahead, key);
    if (known || !make_room(ahead))
        return known;
    struct remote_key *added = &ahead->keys[ahead->key_count++];
    *added = (struct remote_key){.stale = true};
    memcpy(added->bytes, key, 16);
    ahead->places[place_of(ahead, key)] = (uint32_t)ahead->key_count;
    return added;
}

/* ---- order ids ------------------------------------------------------------------------------ */

static size_t id_place(const struct remote_ahead *ahead, const char *text, size_t length) {
    uint64_t hash = 1469598103934665603u; /* FNV-1a */
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (uint8_t)text[i]) * 1099511628211u;
    size_t mask = 4 * ahead->id_room - 1, at = hash & mask;
    for (uint32_t number; (number = ahead->id_places[at]) != 0; at = (at + 1) & mask)
        if (strncmp(ahead->ids[number - 1].text, text, length) == 0 && !ahead->ids[number - 1].text[length])
            break;
    return at;
}

struct remote_id *remote_id_find(const struct remote_ahead *ahead, const char *text) {
    uint32_t number = ahead->id_places && text ? ahead->id_places[id_place(ahead, text, strlen(text))] : 0;
    return number ? &ahead->ids[number - 1] : NULL;
}

static bool make_id_room(struct remote_ahead *ahead) {
    size_t room = ahead->id_room;
    if (!remote_ahead_grow((void **)&ahead->ids, &ahead->id_room, ahead->id_count, sizeof *ahead->ids))
        return false;
    if (room == ahead->id_room && ahead->id_places)
        return true;
    free(ahead->id_places);
    ahead->id_places = calloc(4 * ahead->id_room, sizeof *ahead->id_places);
    for (size_t i = 0; ahead->id_places && i < ahead->id_count; i++)
        ahead->id_places[id_place(ahead, ahead->ids[i].text, strlen(ahead->ids[i].text))] = (uint32_t)i + 1;
    return ahead->id_places != NULL;
}

void remote_id_add(struct remote_ahead *ahead, sluice_text order_id) {
    if (!make_id_room(ahead))
        return;
    size_t place = id_place(ahead, order_id.ptr, order_id.len);
    if (ahead->id_places[place])
        return;
    char *copy = strndup(order_id.ptr, order_id.len);
    if (!copy)
        return;
    ahead->ids[ahead->id_count++] = (struct remote_id){.text = copy, .stale = true};
    ahead->id_places[place] = (uint32_t)ahead->id_count;
}
