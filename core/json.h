/* json.h - JSON written, not read: a growing text with the escapes and commas in the right places.
 *
 * jansson would build a tree of allocations for each line of a run; this appends to one buffer. */
#ifndef CORE_JSON_H
#define CORE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sluice/base.h>

struct json {
    char *text; /* malloc'd, terminated */
    size_t length, room;
    bool comma;  /* something stands before, on this level */
    bool failed; /* out of memory */
};

void json_open(struct json *json, char bracket);  /* '{' or '[' */
void json_close(struct json *json, char bracket); /* '}' or ']' */
void json_key(struct json *json, const char *key);
void json_key_text(struct json *json, sluice_text key);
void json_text(struct json *json, sluice_text value); /* null when ptr is NULL; bad UTF-8 as U+FFFD */
void json_string(struct json *json, const char *value);
void json_number(struct json *json, int64_t value);
void json_bool(struct json *json, bool value);
void json_raw(struct json *json, const char *value); /* as it stands */
void json_reset(struct json *json);                  /* empty again, memory kept */
void json_free(struct json *json);

#endif
