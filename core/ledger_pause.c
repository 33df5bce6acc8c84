/* The switch that keeps every run on this ledger from ordering. */
#include "ledger_db.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "text.h"

static const char setting[] = "pause"; /* since, who and why, a tab between them */

int ledger_paused(struct ledger *ledger, struct pause *out, sluice_error *error) {
    char value[sizeof out->who + sizeof out->reason + 32], *next;
    *out = (struct pause){0};
    int failed = ledger_setting(ledger, setting, value, sizeof value, error);
    if (failed || !*value)
        return failed;
    out->since_ms = strtoll(value, &next, 10);
    if (out->since_ms <= 0) /* not as we write it: whatever it was, somebody wanted a pause */
        out->since_ms = 1;
    next = *next == '\t' ? next + 1 : next;
    size_t length = strcspn(next, "\t");
    snprintf(out->who, sizeof out->who, "%.*s", (int)length, next);
    snprintf(out->reason, sizeof out->reason, "%s", next[length] ? next + length + 1 : "");
    return 0;
}

static int set(struct ledger *ledger, const char *value, sluice_error *error) {
    int failed = ledger_begin(ledger, error);
    if (failed)
        return failed;
    failed = ledger_set(ledger, setting, value, error);
    if (!failed)
        return ledger_commit(ledger, error);
    ledger_rollback(ledger);
    return failed;
}

/* Cut to `most` bytes, in whole characters; a tab is what parts the value, so it is none of it. */
static void put(char *out, size_t most, const char *text) {
    sluice_text kept = text_cut(text_of(text), most);
    memcpy(out, kept.ptr, kept.len);
    out[kept.len] = 0;
    for (char *tab = out; (tab = strchr(tab, '\t'));)
        *tab = ' ';
}

int ledger_pause(struct ledger *ledger, const char *who, const char *reason, sluice_error *error) {
    struct pause pause;
    char value[sizeof pause.who + sizeof pause.reason + 32];
    put(pause.who, sizeof pause.who - 1, who);
    put(pause.reason, sizeof pause.reason - 1, reason);
    snprintf(value, sizeof value, "%" PRId64 "\t%s\t%s", clock_wall_ms(), pause.who, pause.reason);
    return set(ledger, value, error);
}

int ledger_resume(struct ledger *ledger, sluice_error *error) {
    return set(ledger, "", error);
}

const char *pause_text(const struct pause *pause, char out[PAUSE_TEXT]) {
    char since[CLOCK_TEXT];
    snprintf(out, PAUSE_TEXT, "paused since %s UTC by %s%s%s", clock_format(pause->since_ms, since),
             *pause->who ? pause->who : "somebody", *pause->reason ? ": " : "", pause->reason);
    return out;
}
