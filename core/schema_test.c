#include "schema_test.h"

#include <string.h>

#include "rehearsal.h"
#include "schema_option.h"

#define RECORDS \
    "\"type\":\"array\",\"items\":{\"type\":\"object\",\"additionalProperties\":{\"type\":[\"string\"," \
    "\"number\"," \
    "\"boolean\",\"null\"]}}"

static void put_part(struct json *json, size_t which);

/* What the tables say by hand. */
static void put_form(struct json *json, const char *name) {
    if (strcmp(name, "input") == 0)
        json_raw(json, "\"anyOf\":[{\"type\":\"string\"},{" RECORDS "}]");
    else if (strcmp(name, "orders") == 0 || strcmp(name, "rejects") == 0)
        json_raw(json, RECORDS);
    else if (strcmp(name, "sinks") == 0)
        json_raw(json, "\"type\":\"object\",\"additionalProperties\":{" RECORDS "}");
    else if (strcmp(name, "posts") == 0)
        json_raw(json, "\"anyOf\":[{\"type\":\"integer\",\"minimum\":0},{\"type\":\"string\",\"pattern\":"
                       "\"^[0-9]+$\"},{\"type\":\"array\",\"items\":{" SCHEMA_TEXTS "}}]");
}

static void put_list(struct json *json, size_t which) {
    json_raw(json, "\"type\":\"array\"");
    json_key(json, "items");
    json_open(json, '{');
    put_part(json, which);
    json_close(json, '}');
}

static void put_word(struct json *json, const struct word *word) {
    json_key(json, word->name);
    json_open(json, '{');
    json_key(json, "description");
    json_string(json, word->help);
    if (strcmp(word->name, "provider") == 0)
        put_part(json, PART_PROVIDER);
    else if (strcmp(word->name, "expect") == 0)
        put_part(json, PART_EXPECT);
    else if (strcmp(word->name, "then") == 0)
        put_list(json, PART_STEP);
    else if (strcmp(word->name, "replies") == 0)
        put_list(json, PART_REPLY);
    else
        put_form(json, word->name);
    json_close(json, '}');
}

/* Members of an object, without its braces. */
static void put_part(struct json *json, size_t which) {
    const struct rehearsal_part *part = &rehearsal_parts[which];
    json_raw(json, "\"type\":\"object\",\"additionalProperties\":false");
    schema_required(json, part->rows, part->row_count);
    json_key(json, "properties");
    json_open(json, '{');
    schema_options(json, part->rows, part->row_count);
    for (const struct word *word = part->words; word->name; word++)
        put_word(json, word);
    json_close(json, '}');
}

void schema_test(struct json *json) {
    json_open(json, '{');
    put_part(json, PART_TEST);
    json_close(json, '}');
}
