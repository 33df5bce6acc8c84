#include "doubts.h"

#include <inttypes.h>
#include <stdio.h>

#include "clock.h"

bool doubts_forbid(const struct doubts *doubts) {
    return doubts->count >= doubts->most;
}

const char *doubts_text(const struct doubts *doubts, char out[DOUBTS_TEXT]) {
    bool one = doubts->count == 1;
    snprintf(out, DOUBTS_TEXT,
             "%" PRIu64 " order%s of the account %s in doubt, spend.max_in_doubt allows fewer than %" PRIu64
             ": nothing is ordered before %s settled",
             doubts->count, one ? "" : "s", one ? "is" : "are", doubts->most, one ? "it is" : "they are");
    return out;
}

const char *doubts_advice(const struct doubts *doubts, char out[DOUBTS_TEXT]) {
    static const char by_hand[] =
        "'sluice ledger list --state in_doubt', 'sluice ledger settle' and 'sluice ledger resolve'";
    char at[CLOCK_TEXT];
    int used;
    if (!doubts->later) {
        snprintf(out, DOUBTS_TEXT, "see %s", by_hand);
        return out;
    }
    used = snprintf(out, DOUBTS_TEXT, "ask again with 'sluice ledger settle -f %.100s' after %s UTC",
                    doubts->file, clock_format(doubts->later_ms, at));
    if (doubts->later < doubts->count)
        snprintf(out + used, DOUBTS_TEXT - (size_t)used, ", for %" PRIu64 " of them; for the others see %s",
                 doubts->later, by_hand);
    return out;
}
