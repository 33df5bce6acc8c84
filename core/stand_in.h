/* stand_in.h - somebody in this process answers in place of the network: for the tests of pipelines.
 *
 * Once it is said, no HTTP engine of the process opens a connection any more, whatever a plugin or a bug may
 * try: http.c hands each request to `answer`, and no HTTP library is even loaded. Nothing waits: a reply
 * that times out does so at once. */
#ifndef CORE_STAND_IN_H
#define CORE_STAND_IN_H

#include <stdbool.h>

#include "arena.h"
#include "http.h"

struct stand_in_reply {
    enum http_outcome outcome;
    int status;
    const char *content_type; /* NULL: none */
    sluice_text body;         /* as far as it came */
    sluice_pairs headers;
    const char *redirect; /* NULL: nowhere */
};

/* Texts in `arena`. Any thread, several at once. */
typedef void stand_in_answer(void *user, const struct http_request *request, sluice_arena *arena,
                             struct stand_in_reply *out);

/* From now on, for the whole process; there is no way back, but another may answer. Before any thread that
 * sends is started. */
void stand_in_begin(stand_in_answer *answer, void *user);
bool stand_in(void);

/* ---- for http.c ---------------------------------------------------------------------------- */

struct stand_in_engine;

int stand_in_open(const struct http_settings *settings, const struct http_events *events,
                  struct stand_in_engine **out, sluice_error *error);
void stand_in_close(struct stand_in_engine *engine);
unsigned stand_in_free_slots(const struct stand_in_engine *engine);
int stand_in_start(struct stand_in_engine *engine, const struct http_request *request, sluice_error *error);
int stand_in_turn(struct stand_in_engine *engine, int64_t timeout_ms, sluice_error *error);
void stand_in_wake(struct stand_in_engine *engine);
/* http_result_header's. */
const char *stand_in_header(const struct stand_in_reply *reply, const char *name);

#endif
