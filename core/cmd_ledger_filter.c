#include "cmd_ledger_filter.h"

#include <string.h>

#include "flag_value.h"
#include "suggest.h"
#include "text.h"

static int read_states(struct program *program, enum order_state *states, size_t *count) {
    const char *name;
    for (*count = 0;
         *count < LEDGER_FILTER_STATES && (name = arguments_nth(&program->arguments, "state", *count));
         ++*count) {
        if (order_state_parse(name, &states[*count]))
            continue;
        struct suggestion close;
        suggest_begin(&close, text_of(name));
        for (int state = ORDER_CLAIMED; state <= ORDER_RELEASED; state++)
            suggest_consider(&close, order_state_name((enum order_state)state));
        return fail(&program->error, SLUICE_E_USAGE, "--state: there is no state '%s'%s%s%s", name,
                    close.best ? "; did you mean '" : "; see 'sluice help ledger'",
                    close.best ? close.best : "", close.best ? "'?" : "");
    }
    return 0;
}

const char *ledger_plain_identifier(struct program *program, const char *text) {
    char *plain = text ? arena_string(&program->arena, text) : NULL, *out = plain;
    for (const char *at = plain; at && *at; at++)
        if (!strchr(" -./", *at))
            *out++ = *at;
    if (plain)
        *out = 0;
    return plain;
}

int ledger_filter_read(struct program *program, struct ledger_filter *out) {
    struct order_filter *filter = &out->filter;
    int64_t limit;
    *out = (struct ledger_filter){0};
    int failed = read_states(program, out->states, &filter->state_count);
    filter->states = filter->state_count ? out->states : NULL;
    if (!failed)
        failed = flag_number(program, "limit", &limit);
    if (!failed)
        failed = flag_number(program, "run", &filter->run);
    if (!failed)
        failed = flag_since(program, "since", &filter->since_ms);
    if (failed)
        return failed;
    filter->limit = (uint64_t)limit;
    filter->identifier = ledger_plain_identifier(program, arguments_value(&program->arguments, "imei"));
    filter->pipeline = arguments_value(&program->arguments, "pipeline");
    return 0;
}
