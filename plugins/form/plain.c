#include "plain.h"

#include <string.h>

#include <sluice/text.h>

/* How hints begin behind the semicolon. */
static const char *const hints[] = {"see 'sluice ", "complete: [", "for a MEID, a serial number or another",
                                    "say which one it is: columns: "};

static bool is_hint(sluice_text text) {
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
        size_t length = strlen(hints[i]);
        if (text.len >= length && memcmp(text.ptr, hints[i], length) == 0)
            return true;
    }
    return false;
}

sluice_text plain_reason(sluice_text reason) {
    for (uint64_t i = 0; i + 2 < reason.len; i++)
        if (reason.ptr[i] == ';' && reason.ptr[i + 1] == ' ' &&
            is_hint((sluice_text){reason.ptr + i + 2, reason.len - i - 2}))
            return (sluice_text){reason.ptr, i};
    return reason;
}
