/* grammar.h - the words of a pipeline file that no plugin brings, each with a sentence. Pure.
 *
 * Reading, lint's suggestions, the schema and the reference pages take them from here. */
#ifndef CORE_GRAMMAR_H
#define CORE_GRAMMAR_H

#include <stddef.h>

struct word {
    const char *name;
    const char *help; /* one sentence, without a full stop */
};

/* The keys of a pipeline; the last has no name. */
extern const struct word grammar_keys[];
/* What stands among a component's options, but isn't of its plugin; the last has no name. */
extern const struct word grammar_common[];

/* The sentence of a word in one of these lists; NULL: it isn't there. */
const char *grammar_help(const struct word *words, const char *name);

#endif
