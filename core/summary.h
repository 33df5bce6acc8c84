/* summary.h - the last words of a run: for people on stderr, as one JSON line on stdout. */
#ifndef CORE_SUMMARY_H
#define CORE_SUMMARY_H

#include "run.h"

struct summary {
    struct run *run;
    int64_t elapsed_us;
    int exit_code;
    uint64_t unstored;        /* orders that were paid and that a store has refused */
    const char *currency;     /* of the account; may be "" */
    const char *rejects_path; /* where rejected records went; NULL: to on_reject, or there are none */
    bool spends;
};

void summary_print(const struct summary *summary);
void summary_print_json(const struct summary *summary);

#endif
