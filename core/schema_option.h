/* schema_option.h - an option's row as JSON Schema.
 *
 * A value may be a ${NAME} wherever a scalar stands, so each type takes a text with one, too. Tested by
 * tests/editor, value by value against lint. */
#ifndef CORE_SCHEMA_OPTION_H
#define CORE_SCHEMA_OPTION_H

#include <sluice/option.h>

#include "json.h"

/* The schema of the option's value, an object. */
void schema_option(struct json *json, const sluice_option *row);
/* "name": schema for every row. */
void schema_options(struct json *json, const sluice_option *rows, size_t count);
/* "required": [...] of those that have no default; nothing when none is. Returns how many. */
size_t schema_required(struct json *json, const sluice_option *rows, size_t count);

/* Any scalar but null, as it may stand for a text; and one of them or a list. Members without braces. */
#define SCHEMA_TEXT "\"type\":[\"string\",\"number\",\"boolean\"]"
#define SCHEMA_TEXTS "\"anyOf\":[{" SCHEMA_TEXT "},{\"type\":\"array\",\"items\":{" SCHEMA_TEXT "}}]"
/* What a variable looks like in a pattern. */
#define SCHEMA_VARIABLE "\\\\$\\\\{"

#endif
