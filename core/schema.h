/* schema.h - the language of pipeline files, with the plugins that are found, as JSON Schema (draft-07).
 *
 * For editors: it completes names and catches most mistakes while one types. What lies between several
 * values (an id that is taken, two actions that spend) is said by lint alone.
 * Tested by tests/editor, with a validator and with a language server. */
#ifndef CORE_SCHEMA_H
#define CORE_SCHEMA_H

#include "json.h"
#include "registry.h"

/* A plugin that is refused is left out, with a warning. */
void schema_write(struct json *json, struct registry *registry);

#endif
