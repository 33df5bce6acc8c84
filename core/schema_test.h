/* schema_test.h - what stands below `tests:` as JSON Schema, from the tables in rehearsal.h. Tested by
 * tests/editor. */
#ifndef CORE_SCHEMA_TEST_H
#define CORE_SCHEMA_TEST_H

#include "json.h"

/* The schema of one test. */
void schema_test(struct json *json);

#endif
