/* transcript.h - a plugin's calls as text: what it sends, a recorded reply, what it makes of it. For the
 * authors of plugins; `sluice plugins replay` reads and checks such files.
 *
 *     component acme.place                 the next lines are for this one
 *     option api_key=sandbox-key
 *     call place                           one call: identity place check settle services balance login page
 *     fields imei | service_id             columns of the rows, and the rows; ~ is null
 *     row 001001001234563 | 17
 *     cookie 2                             what the last reply of the sequence left
 *     since 2026-01-02T03:04:05Z           settle: how far back
 *     > POST /v1/orders                    the request: written by the program, compared with what stands
 * there
 *     >
 *     > {"imei":"001001001234563"}
 *     < 201                                the reply: status, headers, body
 *     < Content-Type: application/json
 *     <
 *     < {"order":{"id":"A1"}}
 *     << reply.json                        or its body from a file, beside this one
 *     = 1 placed, order A1                 what it means: written by the program, compared likewise
 *
 * Other lines are comments, and begin with #. */
#ifndef CORE_TRANSCRIPT_H
#define CORE_TRANSCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "registry.h"

struct transcript {
    char *text; /* as it should be: the file with the lines of the program in it; to be freed */
    size_t length;
    bool same;      /* as it is */
    unsigned calls; /* that were made */
    unsigned
        mistakes; /* beyond differences: what is wrong with a plugin whatever the file says; told to `out` */
};

/* Make the calls of the file. Differences go to `out` as lines of - and +. A negative failure: the file can't
 * be read, or isn't a transcript; the plugin can't be loaded or opened. */
int transcript_replay(const char *path, struct registry *registry, FILE *out, struct transcript *transcript,
                      sluice_error *error);

#endif
