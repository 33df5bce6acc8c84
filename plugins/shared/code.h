/* code.h - CODE, the text of a result: pairs of a key and a value in whatever markup a site puts them. Pure.
 *
 * Pairs stand on lines of their own: `<br>` and the like, escaped never, once or twice, or newlines; or all
 * on one line with ` - ` between them. A text without pairs (an unlock code, a short reason) is one line. */
#ifndef SHARED_CODE_H
#define SHARED_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include <sluice/base.h>

/* What has a column of its own. */
enum code_field { CODE_CARRIER, CODE_SIMLOCK, CODE_MODEL, CODE_FMI, CODE_IMEI2, CODE_FIELDS };

enum { CODE_PAIRS = 256 };

struct code_pair {
    sluice_text key, value;
};

/* All zero is empty. What the views point to lasts until the next code_read. */
struct code {
    sluice_text display;                /* without markup, a pair a line; null: nothing is left */
    sluice_text fields[CODE_FIELDS];    /* null: not in it */
    struct code_pair pairs[CODE_PAIRS]; /* all others, in their order */
    uint32_t pair_count;
    char *text;
    uint64_t room;
};

/* False: no memory. Letters keep their case. Further pairs than there is room for are in `display` only. */
bool code_read(struct code *code, sluice_text raw);
void code_free(struct code *code);

#endif
