#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "cmd_ledger_desk.h"
#include "cmd_ledger_export.h"
#include "cmd_ledger_filter.h"
#include "cmd_ledger_pause.h"
#include "cmd_ledger_site.h"
#include "command.h"
#include "order_json.h"
#include "order_total.h"
#include "printable.h"
#include "text.h"

static const struct flag flags[] = {
    LEDGER_FILTER_FLAGS,
    {"format", 0, "csv|json", "of an export (default: csv)", false},
    {"reason", 0, "TEXT", "why: for pause and resolve", false},
    {"file", 'f', "FILE",
     "the pipeline whose ledger it is (state.ledger), and whose provider settle and resolve ask", false},
    {"placed", 0, "ORDER_ID", "resolve: it was bought, and this is its order", false},
    {"not-placed", 0, NULL, "resolve: it wasn't bought, and may be ordered", false},
    {"unchecked", 0, NULL, "resolve: don't ask the provider; what you say is taken for true", false},
    {"json", 0, NULL, "JSON on standard output", false},
    {0},
};

struct listing {
    struct program *program;
    struct json json;
    bool as_json;
    uint64_t count;
    struct order_total total;
};

/* ---- as JSON ------------------------------------------------------------------------------ */

/* One order a line, so that a long list streams and can be read line by line. */
static int list_json(struct listing *listing, const struct order_row *row) {
    json_reset(&listing->json);
    json_open(&listing->json, '{');
    order_json(&listing->json, row);
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

/* The list goes by when orders were made, so that is its first column. Of the last change the time is enough,
 * unless it was on another day. */
static const char *short_time(int64_t ms, int64_t beside_ms, char text[CLOCK_TEXT]) {
    char beside[CLOCK_TEXT];
    clock_format(ms, text);
    bool same_day = strncmp(text, clock_format(beside_ms, beside), 10) == 0;
    text[same_day ? 19 : 10] = 0;
    return same_day ? text + 11 : text;
}

static int list_line(struct listing *listing, const struct order_row *row) {
    char price[MONEY_TEXT], time[CLOCK_TEXT];
    int64_t ordered_ms = row->claimed_ms ? row->claimed_ms : row->changed_ms;
    if (!listing->count)
        printf("%-19s  %-10s  %-9s  %-16s  %-8s  %8s  %-4s  %-12s  %s\n", "ORDERED (UTC)", "CHANGED", "STATE",
               "IDENTIFIER", "SERVICE", "PRICE", "", "ORDER", "REASON");
    cell(clock_format(ordered_ms, time), 19);
    cell(short_time(row->changed_ms, ordered_ms, time), 10);
    cell(order_state_name(row->state), 9);
    cell(row->identifier, 16);
    cell(row->service, 8);
    printf("%8s  ", row->price == MONEY_NONE ? "-" : money_format(row->price, price));
    cell(row->currency, 4);
    cell(row->order_id, 12);
    if (row->gen > 1)
        printf("generation %d%s", (int)row->gen, row->reason ? ": " : "");
    printable_put(stdout, text_of(row->reason ? row->reason : ""));
    return printf("\n") < 0;
}

static int each_order(void *user, const struct order_row *row) {
    struct listing *listing = user;
    int failed = listing->as_json ? list_json(listing, row) : list_line(listing, row);
    listing->count++;
    order_total_add(&listing->total, row);
    return failed;
}

static int list(struct program *program, struct ledger *ledger) {
    struct ledger_filter filter;
    struct listing listing = {.program = program, .as_json = arguments_has(&program->arguments, "json")};
    int failed = ledger_filter_read(program, &filter);
    if (failed)
        return failed;
    if (listing.as_json)
        printf("{\"orders\":[\n");
    failed = ledger_list(ledger, &filter.filter, each_order, &listing, &program->error);
    if (listing.as_json)
        printf("%s]}\n", listing.count ? "\n" : "");
    else if (!failed && !listing.count && !program->quiet)
        fprintf(stderr, "no orders\n");
    else if (!failed && isatty(STDOUT_FILENO)) /* what reads a pipe wants rows only */
        order_total_print(&listing.total, stdout);
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

static int add_event(void *user, const struct event_row *event) {
    event_json(((struct history *)user)->json, event);
    return 0;
}

static int event_line(void *user, const struct event_row *event) {
    char time[CLOCK_TEXT];
    (void)user;
    printf("  %s  %-4s %-9s  ", clock_format(event->at_ms, time), transition_name(event->transition),
           order_state_name(event->to));
    if (event->run)
        printf("run %" PRId64, event->run);
    else /* a run that spends nothing has no number */
        printable_put(stdout, text_of(event->who ? event->who : "-"));
    printf("  ");
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
        order_json(history->json, row);
        json_key(history->json, "events");
        json_open(history->json, '[');
        history->failed = ledger_events(history->ledger, row->id, add_event, history, error);
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
                                     {.identifier = ledger_plain_identifier(program, what)}};
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
    program_only_prints();
    if (strcmp(verb, "export") == 0)
        return cmd_ledger_export(program);
    if (!shows && strcmp(verb, "list") != 0)
        return fail(
            &program->error, SLUICE_E_USAGE,
            "there is no 'ledger %s'; there are list, show, settle, resolve, pause, resume and export", verb);
    if (arguments->operand_count != (shows ? 2 : arguments->operand_count ? 1 : 0))
        return fail(
            &program->error, SLUICE_E_USAGE,
            shows
                ? "'ledger show' takes one WHAT: a key, an order id or an identifier"
                : "'ledger list' takes no operand; filter with --state, --imei, --pipeline, --run, --since");
    int result = ledger_site_open(program, LEDGER_READ_ONLY, &ledger);
    if (!result)
        result = shows ? show(program, ledger, arguments->operands[1]) : list(program, ledger);
    ledger_close(ledger);
    return result;
}

const struct command cmd_ledger = {
    .name = "ledger",
    .usage = "[list | show WHAT | settle | resolve KEY | pause | resume | export] [--state STATE]… "
             "[--reason TEXT] [--json]",
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
             "KEY is that of the ledger, or an identifier. The provider is asked first, as -f FILE, the "
             "environment or the pipeline that sent it says: an order id must be that of such an order, and "
             "what it lists isn't taken for not bought. Where it can't be asked, --not-placed needs "
             "--unchecked.\n\n"
             "export prints every column of them, as CSV or, with --format json, as JSON with the history of "
             "each.\n\n"
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
