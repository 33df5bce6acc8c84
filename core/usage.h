/* usage.h - what may stand next on a command line, read out of the command's usage text. Pure.
 *
 * "[list | show WHAT] [--json]": alternatives between '|'; a word in small letters stands for itself, one in
 * capitals for something of that kind; "…" behind it: any number of them. Flags are passed over. */
#ifndef CORE_USAGE_H
#define CORE_USAGE_H

#include <stdbool.h>
#include <stddef.h>

#include <sluice/base.h>

/* Is it a placeholder, such as FILE? Otherwise it stands for itself. */
bool usage_placeholder(sluice_text word);

/* Visits every word of `usage` that may follow the `count` operands; twice when it stands in two
 * alternatives. */
void usage_next(const char *usage, const char *const *operands, size_t count,
                void (*visit)(void *user, sluice_text word), void *user);

#endif
