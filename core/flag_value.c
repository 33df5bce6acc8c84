#include "flag_value.h"

#include "clock.h"
#include "date.h"
#include "text.h"
#include "value.h"

int flag_number(struct program *program, const char *flag, int64_t *out) {
    const char *text = arguments_value(&program->arguments, flag);
    *out = 0;
    if (text && (!value_int(text_of(text), out, NULL) || *out < 1))
        return fail(&program->error, SLUICE_E_USAGE, "--%s: '%s' is no number above 0", flag, text);
    return 0;
}

int flag_since(struct program *program, const char *flag, int64_t *wall_ms) {
    const char *text = arguments_value(&program->arguments, flag);
    *wall_ms = 0;
    if (text && !date_parse_since(text, clock_wall_ms(), wall_ms))
        return fail(&program->error, SLUICE_E_USAGE, "--%s: '%s' is no time; write 2026-11-22, or 2h", flag,
                    text);
    return 0;
}
