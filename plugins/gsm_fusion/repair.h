/* repair.h - what providers get wrong in XML, put right before the parser sees it. Pure.
 *
 * A bare `&`, `&nbsp;`, a raw `<br>` or `a < b`, Latin-1 bytes, control characters, a declaration that
 * isn't at the start (or isn't one: `<?phpxml`): each is replaced so that only well-formed text is
 * left. What this module doesn't know of stays as it is, and the parser calls it damage. */
#ifndef GSM_FUSION_REPAIR_H
#define GSM_FUSION_REPAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    REPAIR_AHEAD = 16, /* bytes that must be seen before one can be judged */
    REPAIR_ROOM = 16   /* nothing that is written at once is longer */
};

enum repair_where { REPAIR_TEXT, REPAIR_CDATA, REPAIR_COMMENT, REPAIR_INSTRUCTION };

/* All zero at the start of a reply. */
struct repair {
    enum repair_where where;
    char previous; /* the last byte that was written */
    size_t held;   /* bytes at the end of the last piece that couldn't be judged yet */
    char hold[REPAIR_AHEAD];
};

struct repair_input {
    const char *at, *end;
    bool last; /* nothing follows `end` */
};

/* Write to `out` until it has less than REPAIR_ROOM left or the input is used up; returns the bytes
 * written and moves input->at. The output is the same however the input is cut into pieces. */
size_t repair_run(struct repair *repair, struct repair_input *input, char *out, size_t room);

#endif
