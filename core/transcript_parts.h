/* transcript_parts.h - the pieces of transcript.c: one call and what it says. Nobody else includes it. */
#ifndef CORE_TRANSCRIPT_PARTS_H
#define CORE_TRANSCRIPT_PARTS_H

#include <stdio.h>

#include "exchange.h"
#include "host.h"
#include "registry.h"

enum { TRANSCRIPT_ROWS = 64, TRANSCRIPT_COLUMNS = 32 };

/* The component that calls are made with. */
struct transcript_component {
    struct instance instance;
    bool open;
    void *config;
    struct inputs inputs;
    sluice_arena arena;
    char name[160];
};

int transcript_open(struct transcript_component *component, struct registry *registry, sluice_text name,
                    const sluice_text *options, size_t option_count, sluice_error *error);
void transcript_close(struct transcript_component *component);

/* What a file says of one call. */
struct transcript_call {
    sluice_text op;
    sluice_text names[TRANSCRIPT_COLUMNS], cells[TRANSCRIPT_COLUMNS][TRANSCRIPT_ROWS];
    uint32_t column_count, row_count;
    sluice_text cookie;
    int64_t since_ms;
    int status; /* 0: there is no reply */
    const char *content_type;
    int64_t retry_after_ms;
    const char *redirect;
    sluice_text body;
};

/* Make it: the request to `asked`, what the reply means to `said`, without the marks in front of the lines.
 */
int transcript_make(struct transcript_component *component, const struct transcript_call *call, FILE *asked,
                    FILE *said, sluice_error *error);
/* The first reply, cut short anywhere, that the plugin takes for one that says "not charged"; 0: there is
 * none. */
size_t transcript_find_cut(struct transcript_component *component, const struct transcript_call *call);
bool transcript_is_paid(const struct transcript_component *component, const struct transcript_call *call);

#endif
