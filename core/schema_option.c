#include "schema_option.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "option_facts.h"
#include "text.h"

#define OR_VARIABLE "|" SCHEMA_VARIABLE

/* Members of an object, without their braces. Text, secrets and what a newer type may be: any scalar. */
static const char *form(const sluice_option *row) {
    bool zero = row->min <= 0; /* "0" needs no unit */
    switch (row->type) {
    case SLUICE_TYPE_BOOL:
        return "\"type\":[\"boolean\",\"string\"],\"pattern\":\"^(true|false)$" OR_VARIABLE "\"";
    case SLUICE_TYPE_INT:
        return "\"type\":[\"integer\",\"string\"],\"pattern\":\"^-?[0-9]+$" OR_VARIABLE "\"";
    case SLUICE_TYPE_DURATION:
        return zero ? "\"type\":[\"string\",\"integer\"],\"maximum\":0,\"minimum\":0,"
                      "\"pattern\":\"^(0|[0-9]+(ms|s|m|h|d))$" OR_VARIABLE "\""
                    : "\"type\":\"string\",\"pattern\":\"^[0-9]+(ms|s|m|h|d)$" OR_VARIABLE "\"";
    case SLUICE_TYPE_SIZE:
        return "\"type\":[\"string\",\"integer\"],"
               "\"pattern\":\"^[0-9]+(B|kB|KB|MB|GB|KiB|MiB|GiB)?$" OR_VARIABLE "\"";
    case SLUICE_TYPE_MONEY:
        return "\"type\":[\"number\",\"string\"],"
               "\"pattern\":\"^[+-]?([0-9]+(\\\\.[0-9]{1,6}0*)?|\\\\.[0-9]{1,6}0*)$" OR_VARIABLE "\"";
    case SLUICE_TYPE_RATE:
        return "\"type\":\"string\",\"pattern\":\"^(none|0*[1-9][0-9]*/(s|sec|m|min|h|d))$" OR_VARIABLE "\"";
    case SLUICE_TYPE_URL:
        return "\"type\":\"string\",\"pattern\":\"^[Hh][Tt][Tt][Pp][Ss]://[^@/?#]+([/?#]|$)"
               "|^[Hh][Tt][Tt][Pp]://"
               "([Ll][Oo][Cc][Aa][Ll][Hh][Oo][Ss][Tt]|127\\\\.[0-9.]+|\\\\[::1\\\\])(:[0-9]+)?"
               "([/?#]|$)" OR_VARIABLE "\"";
    case SLUICE_TYPE_TEXTS:
        return SCHEMA_TEXTS;
    case SLUICE_TYPE_PAIRS:
        return "\"type\":[\"object\",\"array\"],\"additionalProperties\":{" SCHEMA_TEXTS "},"
               "\"items\":{" SCHEMA_TEXT "},\"uniqueItems\":true";
    default:
        return SCHEMA_TEXT;
    }
}

/* `1` stands for the choice "1" as well. */
static bool is_number(const char *choice) {
    return *choice && strspn(choice, "0123456789") == strlen(choice) && (choice[0] != '0' || !choice[1]);
}

static bool is_switch(const char *choice) {
    return strcmp(choice, "true") == 0 || strcmp(choice, "false") == 0;
}

static void put_choices(struct json *json, const sluice_option *row) {
    json_key(json, "anyOf");
    json_open(json, '[');
    json_open(json, '{');
    json_key(json, "enum");
    json_open(json, '[');
    for (size_t i = 0; row->choices && row->choices[i]; i++) {
        json_string(json, row->choices[i]);
        if (is_number(row->choices[i]) || is_switch(row->choices[i]))
            json_raw(json, row->choices[i]);
    }
    json_close(json, ']');
    json_close(json, '}');
    json_raw(json, "{\"type\":\"string\",\"pattern\":\"" SCHEMA_VARIABLE "\"}");
    json_close(json, ']');
}

static void put_description(struct json *json, const sluice_option *row) {
    char facts[600], text[1600];
    option_facts(row, facts, sizeof facts);
    snprintf(text, sizeof text, "%s\n\n%s%s%s", row->help ? row->help : "", facts,
             row->example ? "\n\nExample: " : "", row->example ? row->example : "");
    json_key(json, "description");
    json_string(json, text);
}

/* What an editor may put in: not a secret's, nor one that the environment gives. */
static void put_default(struct json *json, const sluice_option *row) {
    if (!row->fallback || !*row->fallback || strstr(row->fallback, "${"))
        return;
    json_key(json, "default");
    if (row->type == SLUICE_TYPE_BOOL || row->type == SLUICE_TYPE_INT)
        json_raw(json, row->fallback);
    else
        json_string(json, row->fallback);
}

static void put_range(struct json *json, const sluice_option *row) {
    bool number = row->type == SLUICE_TYPE_INT || row->type == SLUICE_TYPE_SIZE;
    if (!number || (!row->min && !row->max))
        return;
    json_key(json, "minimum");
    json_number(json, row->min);
    if (row->max == INT64_MAX)
        return;
    json_key(json, "maximum");
    json_number(json, row->max);
}

void schema_option(struct json *json, const sluice_option *row) {
    json_open(json, '{');
    put_description(json, row);
    put_default(json, row);
    if (row->type == SLUICE_TYPE_CHOICE)
        put_choices(json, row);
    else
        json_raw(json, form(row));
    put_range(json, row);
    if ((row->flags & SLUICE_REQUIRED) && row->type == SLUICE_TYPE_TEXT) {
        json_key(json, "minLength");
        json_number(json, 1);
    }
    json_close(json, '}');
}

void schema_options(struct json *json, const sluice_option *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        json_key(json, rows[i].name);
        schema_option(json, &rows[i]);
    }
}

size_t schema_required(struct json *json, const sluice_option *rows, size_t count) {
    size_t needed = 0;
    for (size_t i = 0; i < count; i++) {
        if (!(rows[i].flags & SLUICE_REQUIRED) || rows[i].fallback)
            continue;
        if (needed++ == 0) {
            json_key(json, "required");
            json_open(json, '[');
        }
        json_string(json, rows[i].name);
    }
    if (needed)
        json_close(json, ']');
    return needed;
}
