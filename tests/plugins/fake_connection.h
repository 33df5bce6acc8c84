/* fake_connection.h - a database that is none, in place of the plugin supabase's connection.c and of libpq:
 * what is said to it is written down, and answered as the test wants. */
#ifndef TESTS_FAKE_CONNECTION_H
#define TESTS_FAKE_CONNECTION_H

#include "supabase/connection.h"

struct fake_answer {
    const char *part;            /* of the statement; "data", "end": of a COPY */
    const char *rows;            /* one a line, '|' between cells, ~ is null; NULL: none */
    enum connection_fault fault; /* NONE: it works */
    bool once;                   /* then the next answer that suits */
};

extern char fake_said[32 * 1024]; /* statements and data, each behind a line "== WHAT" */

/* Nothing was said yet. The answers, at most 16, end with one without a part. */
struct connection fake_connection(const struct fake_answer *answers);
/* Was all of it said, in this order? NULL at the end. */
bool fake_said_in_order(const char *const *parts);

#endif
