#include "grammar.h"

#include <string.h>

/* clang-format off */
const struct word grammar_keys[] = {
    {"name", "how the ledger knows the pipeline: letters, digits, '_', '-' and '.'; the file's name without .yaml unless given"},
    {"description", "a sentence about it"},
    {"vars", "values for ${NAME}, the last that are asked: --set, the environment and .env go before"},
    {"trigger", "when `sluice serve` runs it; `sluice run` runs it once, now"},
    {"source", "where records come from: one component"},
    {"actions", "what is done with each record, in this order; an action that spends comes last"},
    {"sinks", "where records go: each goes to all of them"},
    {"on_reject", "where records go that can't go on; without it to a file in the state directory"},
    {"spend", "limits of what may be spent"},
    {"state", "where the ledger is, unless in the state directory"},
    {"tests", "runs of this pipeline on made-up input, and what must come of them"},
    {0},
};

const struct word grammar_common[] = {
    {"id", "a name for messages and for the ledger, unique in the file"},
    {"where", "only records whose fields have one of these values: {field: value} or {field: [value, value]}"},
    {"limits", "of the calls to the service: concurrency, rate, connect, timeout"},
    {"store", "auto, or one store with its options: {sqlite: {…}} or {supabase: {…}}"},
    {0},
};
/* clang-format on */

const char *grammar_help(const struct word *words, const char *name) {
    for (; words->name; words++)
        if (strcmp(words->name, name) == 0)
            return words->help;
    return NULL;
}
