/* bare_host.h - just enough of a host for the parts of a plugin that are tested without the core:
 * memory, messages, and a batch to fill. Exact blocks, so that a sanitizer sees a byte too many. */
#ifndef TESTS_BARE_HOST_H
#define TESTS_BARE_HOST_H

#include <stddef.h>

#include <sluice/host.h>

struct bare_block;

struct sluice_arena {
    struct bare_block *blocks;
};

extern const sluice_host bare_host;
extern unsigned bare_warnings; /* lines that were logged */

struct bare_batch {
    sluice_filling view;
    sluice_arena arena;
    sluice_text *names;
    unsigned rejected;
};

void bare_begin(struct bare_batch *batch, uint32_t row_limit, uint64_t byte_limit);
void bare_free(struct bare_batch *batch);

#endif
