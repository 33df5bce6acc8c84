#include "option_facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "value.h"

static const char *type_name(uint32_t type) {
    static const char *const names[] = {"",     "text",   "true or false", "number", "duration",
                                        "size", "amount", "rate",          "choice", "list",
                                        "map",  "secret", "address"};
    return names[type <= SLUICE_TYPE_URL ? type : 0];
}

static size_t append(char *out, size_t used, size_t room, const char *before, const char *text) {
    int n = used < room && text ? snprintf(out + used, room - used, "%s%s", before, text) : 0;
    return used + (n > 0 ? (size_t)n : 0);
}

void option_facts(const sluice_option *row, char *out, size_t room) {
    char range[80], choices[400] = "";
    bool quoted = row->fallback && strpbrk(row->fallback, " ,;|'");
    size_t used = append(out, 0, room, "", type_name(row->type));
    if (row->type == SLUICE_TYPE_CHOICE)
        value_list_choices(row, choices, sizeof choices);
    used = append(out, used, room, ": ", *choices ? choices : NULL);
    if (row->type == SLUICE_TYPE_INT && (row->min || row->max)) {
        snprintf(range, sizeof range,
                 row->max == INT64_MAX ? "%" PRId64 " or more" : "%" PRId64 " to %" PRId64, row->min,
                 row->max);
        used = append(out, used, room, ", ", range);
    }
    if (row->flags & SLUICE_REQUIRED)
        used = append(out, used, room, ", ", "required");
    if (row->fallback && *row->fallback) {
        used = append(out, used, room, quoted ? ", default '" : ", default ", row->fallback);
        used = append(out, used, room, "", quoted ? "'" : NULL);
    }
    append(out, used, room, ", since ", row->since);
}
