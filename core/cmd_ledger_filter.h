/* cmd_ledger_filter.h - which orders `sluice ledger list` and `export` are about. */
#ifndef CORE_CMD_LEDGER_FILTER_H
#define CORE_CMD_LEDGER_FILTER_H

#include "ledger.h"
#include "program.h"

/* The rows of the flags. */
#define LEDGER_FILTER_FLAGS \
    {"state", 0, "STATE", "only orders in this state: placed, in_doubt, rejected, …", true}, \
        {"imei", 0, "IMEI", "only orders for this identifier", false}, \
        {"pipeline", 0, "NAME", "only orders of this pipeline", false}, \
        {"run", 0, "RUN", "only orders of this run", false}, \
        {"since", 0, "WHEN", "only what changed since: 2026-11-22, or 2h, 7d ago", false}, { \
        "limit", 0, "N", "the newest N orders (default: all)", false \
    }

enum { LEDGER_FILTER_STATES = 16 };

struct ledger_filter {
    struct order_filter filter;
    enum order_state states[LEDGER_FILTER_STATES];
};

int ledger_filter_read(struct program *program, struct ledger_filter *out);
/* Orders are kept without the separators that people and labels put into an IMEI. */
const char *ledger_plain_identifier(struct program *program, const char *text);

#endif
