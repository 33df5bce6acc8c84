#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "cmd_ledger_desk.h"
#include "cmd_ledger_pause.h"
#include "command.h"
#include "date.h"
#include "json.h"
#include "ledger.h"
#include "printable.h"
#include "suggest.h"
#include "text.h"
#include "value.h"

static const struct flag flags[] = {
    {"state", 0, "STATE", "only orders in this state: placed, in_doubt, rejected, …", true},
    {"imei", 0, "IMEI", "only orders for this identifier", false},
    {"pipeline", 0, "NAME", "only orders of this pipeline", false},
    {"run", 0, "RUN", "only orders of this run", false},
    {"since", 0, "WHEN", "only what changed since: 2026-11-22, or 2h, 7d ago", false},
    {"limit", 0, "N", "the newest N orders (default: all)", false},
    {"reason", 0, "TEXT", "why: for pause and resolve", false},
    {"file", 'f', "FILE", "settle, resolve: ask the provider of this pipeline", false},
    {"placed", 0, "ORDER_ID", "resolve: it was bought, and this is its order", false},
    {"not-placed", 0, NULL, "resolve: it wasn't bought, and may be ordered", false},
    {"json", 0, NULL, "JSON on standard output", false},
    {0},
};

enum { STATES = 16 };

struct listing {
    struct program *program;
    struct json json;
    bool as_json;
    uint64_t count;
};

/* ---- what is asked for -------------------------------------------------------------------- */

static int read_states(struct program *program, enum order_state *states, size_t *count) {
    const char *name;
    for (*count = 0; *count < STATES && (name = arguments_nth(&program->arguments, "state", *count));
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

static int read_number(struct program *program, const char *flag, int64_t *out) {
    const char *text = arguments_value(&program->arguments, flag);
    *out = 0;
    if (text && (!value_int(text_of(text), out, NULL) || *out < 1))
        return fail(&program->error, SLUICE_E_USAGE, "--%s: '%s' is no number above 0", flag, text);
    return 0;
}

static int read_since(struct program *program, int64_t *out) {
    const char *text = arguments_value(&program->arguments, "since");
    int64_t ago;
    *out = 0;
    if (!text)
        return 0;
    if (value_duration(text_of(text), &ago, NULL))
        *out = clock_wall_ms() - ago;
    else if (!date_parse(text, out))
        return fail(&program->error, SLUICE_E_USAGE, "--since: '%s' is no time; write 2026-11-22, or 2h",
                    text);
    return 0;
}

/* Orders are kept without the separators that people and labels put into an IMEI. */
static const char *plain_identifier(struct program *program, const char *text) {
    char *plain = text ? arena_string(&program->arena, text) : NULL, *out = plain;
    for (const char *at = plain; at && *at; at++)
        if (!strchr(" -./", *at))
            *out++ = *at;
    if (plain)
        *out = 0;
    return plain;
}

static int read_filter(struct program *program, struct order_filter *filter, enum order_state *states) {
    int64_t limit;
    int failed = read_states(program, states, &filter->state_count);
    filter->states = filter->state_count ? states : NULL;
    if (!failed)
        failed = read_number(program, "limit", &limit);
    if (!failed)
        failed = read_number(program, "run", &filter->run);
    if (!failed)
        failed = read_since(program, &filter->since_ms);
    if (failed)
        return failed;
    filter->limit = (uint64_t)limit;
    filter->identifier = plain_identifier(program, arguments_value(&program->arguments, "imei"));
    filter->pipeline = arguments_value(&program->arguments, "pipeline");
    return 0;
}

/* ---- as JSON ------------------------------------------------------------------------------ */

static void put(struct json *json, const char *key, const char *value) {
    json_key(json, key);
    json_string(json, value);
}

static void put_number(struct json *json, const char *key, int64_t value) {
    json_key(json, key);
    json_number(json, value);
}

static void put_time(struct json *json, const char *key, int64_t wall_ms) {
    char text[CLOCK_TEXT];
    put(json, key, wall_ms ? clock_format(wall_ms, text) : NULL);
}

static void put_order(struct json *json, const struct order_row *row) {
    char key[33], price[MONEY_TEXT];
    order_key_text(&row->key, key);
    put(json, "key", key);
    put_number(json, "generation", row->gen);
    put(json, "state", order_state_name(row->state));
    put(json, "identifier", row->identifier);
    put(json, "service", row->service);
    put(json, "provider", row->provider);
    put(json, "account", row->account);
    put(json, "order_id", row->order_id);
    put(json, "price", row->price == MONEY_NONE ? NULL : money_format(row->price, price));
    put(json, "currency", row->currency);
    put(json, "pipeline", row->pipeline);
    put_number(json, "run", row->run);
    put_number(json, "row", (int64_t)row->row);
    put_time(json, "claimed", row->claimed_ms);
    put_time(json, "sent", row->sent_ms);
    put_time(json, "changed", row->changed_ms);
    put(json, "code", row->code);
    put(json, "reason", row->reason);
}

/* One order a line, so that a long list streams and can be read line by line. */
static int list_json(struct listing *listing, const struct order_row *row) {
    json_reset(&listing->json);
    json_open(&listing->json, '{');
    put_order(&listing->json, row);
    json_close(&listing->json, '}');
    if (listing->json.failed)
        return fail_memory(&listing->program->error);
    return printf("%s%s", listing->count ? ",\n" : "", listing->json.text) < 0;
}

/* ---- as a table --------------------------------------------------------------------------- */

static void cell(const char *text, unsigned width) {
    printable_pad(stdout, text_of(text ? text : "-"), width);
    printf("  ");
}

static int list_line(struct listing *listing, const struct order_row *row) {
    char price[MONEY_TEXT], time[CLOCK_TEXT];
    if (!listing->count)
        printf("%-19s  %-9s  %-16s  %-8s  %8s  %-12s  %s\n", "CHANGED (UTC)", "STATE", "IDENTIFIER",
               "SERVICE", "PRICE", "ORDER", "REASON");
    cell(clock_format(row->changed_ms, time), 19);
    cell(order_state_name(row->state), 9);
    cell(row->identifier, 16);
    cell(row->service, 8);
    printf("%8s  ", row->price == MONEY_NONE ? "-" : money_format(row->price, price));
    cell(row->order_id, 12);
    printable_put(stdout, text_of(row->reason ? row->reason : ""));
    return printf("\n") < 0;
}

static int each_order(void *user, const struct order_row *row) {
    struct listing *listing = user;
    int failed = listing->as_json ? list_json(listing, row) : list_line(listing, row);
    listing->count++;
    return failed;
}

static int list(struct program *program, struct ledger *ledger) {
    struct order_filter filter = {0};
    enum order_state states[STATES];
    struct listing listing = {.program = program, .as_json = arguments_has(&program->arguments, "json")};
    int failed = read_filter(program, &filter, states);
    if (failed)
        return failed;
    if (listing.as_json)
        printf("{\"orders\":[\n");
    failed = ledger_list(ledger, &filter, each_order, &listing, &program->error);
    if (listing.as_json)
        printf("%s]}\n", listing.count ? "\n" : "");
    else if (!failed && !listing.count && !program->quiet)
        fprintf(stderr, "no orders\n");
    json_free(&listing.json);
    return failed;
}

/* ---- one order and its history ------------------------------------------------------------ */

struct history {
    struct program *program;
    struct ledger *ledger;
    struct json *json; /* NULL: text */
    uint64_t orders;
    int failed;
};

static int event_json(void *user, const struct event_row *event) {
    struct json *json = ((struct history *)user)->json;
    json_open(json, '{');
    put_time(json, "at", event->at_ms);
    put(json, "transition", transition_name(event->transition));
    put(json, "from", event->from == ORDER_NONE ? NULL : order_state_name(event->from));
    put(json, "to", order_state_name(event->to));
    put_number(json, "run", event->run);
    put(json, "who", event->who);
    put(json, "code", event->code);
    put(json, "reason", event->reason);
    put(json, "evidence", event->evidence);
    json_close(json, '}');
    return 0;
}

static int event_line(void *user, const struct event_row *event) {
    char time[CLOCK_TEXT];
    (void)user;
    printf("  %s  %-4s %-9s  run %" PRId64 "  ", clock_format(event->at_ms, time),
           transition_name(event->transition), order_state_name(event->to), event->run);
    printable_put(stdout, text_of(event->reason ? event->reason : ""));
    printf("\n");
    return 0;
}

static void show_line(const char *label, const char *value) {
    if (!value)
        return;
    printf("  %-10s ", label);
    printable_put(stdout, text_of(value));
    printf("\n");
}

static int show_order(void *user, const struct order_row *row) {
    struct history *history = user;
    sluice_error *error = &history->program->error;
    char key[33], price[MONEY_TEXT];
    history->orders++;
    if (history->json) {
        json_open(history->json, '{');
        put_order(history->json, row);
        json_key(history->json, "events");
        json_open(history->json, '[');
        history->failed = ledger_events(history->ledger, row->id, event_json, history, error);
        json_close(history->json, ']');
        json_close(history->json, '}');
        return history->failed;
    }
    order_key_text(&row->key, key);
    printf("%s%s %s\n", history->orders > 1 ? "\n" : "", key, order_state_name(row->state));
    if (row->gen > 1)
        printf("  %-10s %d\n", "generation", (int)row->gen);
    show_line("identifier", row->identifier);
    show_line("service", row->service);
    show_line("account", row->account);
    show_line("order", row->order_id);
    show_line("price", row->price == MONEY_NONE ? NULL : money_format(row->price, price));
    show_line("pipeline", row->pipeline);
    history->failed = ledger_events(history->ledger, row->id, event_line, history, error);
    return history->failed;
}

/* WHAT is a key of the ledger, an order id of the provider, or an identifier. */
static int show(struct program *program, struct ledger *ledger, const char *what) {
    struct json json = {0};
    struct order_key key;
    struct history history = {.program = program,
                              .ledger = ledger,
                              .json = arguments_has(&program->arguments, "json") ? &json : NULL};
    struct order_filter filters[] = {{.key = order_key_parse(what, &key) ? &key : NULL},
                                     {.order_id = what},
                                     {.identifier = plain_identifier(program, what)}};
    int failed = 0;
    if (history.json) {
        json_open(&json, '{');
        json_key(&json, "orders");
        json_open(&json, '[');
    }
    for (size_t i = filters[0].key ? 0 : 1; !failed && !history.orders && i < 3; i++) {
        failed = ledger_list(ledger, &filters[i], show_order, &history, &program->error);
        failed = failed ? failed : history.failed;
    }
    if (!failed && !history.orders)
        failed = fail(&program->error, SLUICE_E_NOINPUT,
                      "the ledger has no order '%s': give a key, an order id or an identifier", what);
    if (!failed && history.json) {
        json_close(&json, ']');
        json_close(&json, '}');
        failed = json.failed ? fail_memory(&program->error) : 0;
    }
    if (!failed && history.json)
        printf("%s\n", json.text);
    json_free(&json);
    return failed;
}

static int open_ledger(struct program *program, struct ledger **ledger) {
    const char *dir = program_state_dir(program);
    return dir ? ledger_open(dir, LEDGER_READ_ONLY, ledger, &program->error) : program->error.code;
}

static int run(struct program *program) {
    const struct arguments *arguments = &program->arguments;
    const char *verb = arguments->operand_count ? arguments->operands[0] : "list";
    bool shows = strcmp(verb, "show") == 0;
    struct ledger *ledger = NULL;
    if (strcmp(verb, "pause") == 0 || strcmp(verb, "resume") == 0)
        return cmd_ledger_pause(program, verb);
    if (strcmp(verb, "settle") == 0)
        return cmd_ledger_settle(program);
    if (strcmp(verb, "resolve") == 0)
        return cmd_ledger_resolve(program);
    if (!shows && strcmp(verb, "list") != 0)
        return fail(&program->error, SLUICE_E_USAGE,
                    "there is no 'ledger %s'; there are list, show, settle, resolve, pause and resume", verb);
    if (arguments->operand_count != (shows ? 2 : arguments->operand_count ? 1 : 0))
        return fail(
            &program->error, SLUICE_E_USAGE,
            shows
                ? "'ledger show' takes one WHAT: a key, an order id or an identifier"
                : "'ledger list' takes no operand; filter with --state, --imei, --pipeline, --run, --since");
    int result = open_ledger(program, &ledger);
    if (!result)
        result = shows ? show(program, ledger, arguments->operands[1]) : list(program, ledger);
    ledger_close(ledger);
    return result;
}

const struct command cmd_ledger = {
    .name = "ledger",
    .usage = "[list | show WHAT | settle | resolve KEY | pause | resume] [--state STATE]… [--reason TEXT] "
             "[--json]",
    .summary = "what was sent, what it cost, and what is in doubt",
    .about = "list prints the orders that the ledger knows, the newest first. show prints one order with its "
             "whole history; "
             "WHAT is its key, its order id at the provider, or its identifier.\n\n"
             "settle asks the provider what became of the orders in doubt (of the account of -f FILE, else "
             "of all that "
             "the environment has the keys of), prints what it decides of each and why, and ends with 11 "
             "when some "
             "stay in doubt. What was placed goes to its sinks with the next run of its pipeline.\n\n"
             "resolve KEY --placed ORDER_ID, or --not-placed --reason TEXT, is for what you have found out "
             "yourself. "
             "KEY is that of the ledger, or an identifier. An order id is checked with the provider where -f "
             "FILE or "
             "the environment says how.\n\n"
             "pause keeps every run on this ledger from ordering: one under way records the calls in flight "
             "and ends with 12. resume takes that back.\n\n"
             "States: claimed (not sent yet), sending (it may have left), placed (paid, order id known), "
             "in_doubt (it may "
             "have been charged; never sent again by itself), exists (the provider has an order that this "
             "ledger didn't "
             "buy), rejected (refused, not charged), refunded, released (not sent, or refused unspent).",
    .flags = flags,
    .run = run,
};
