#include "cmd_orders.h"

#include <ctype.h>
#include <string.h>

#include "command.h"
#include "suggest.h"
#include "text.h"

static const struct flag flags[] = {
    {"imei", 0, "IMEI", "only orders for this IMEI", true},
    {"imeis", 0, "FILE", "only orders for the IMEIs in FILE, a CSV or a list; - is standard input", false},
    {"status", 0, "STATUS", "only orders with this status, in any letter case", true},
    {"since", 0, "WHEN", "only orders since then: 2026-11-22, or 2h, 7d ago", false},
    {"service", 0, "SERVICE", "only orders of this service: its id or its whole name", true},
    {"text", 0, "TEXT", "only orders with TEXT in an id, a name, a status or a result", false},
    {"limit", 0, "N", "the newest N orders (default: all)", false},
    {"format", 0, "table|csv|json|gsm_fusion",
     "how they are printed (default: table); gsm_fusion is the provider's export", false},
    {"json", 0, NULL, "the same as --format json", false},
    {"file", 'f', "FILE", "the store that this pipeline writes to", false},
    {0},
};

static const char *const formats[] = {"table", "csv", "json", "gsm_fusion"};

static int read_format(struct program *program, enum orders_format *out) {
    const char *name = arguments_value(&program->arguments, "format");
    *out = arguments_has(&program->arguments, "json") ? ORDERS_JSON : ORDERS_TABLE;
    if (!name)
        return 0;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(name, formats[i]) == 0) {
            *out = (enum orders_format)i;
            return 0;
        }
    const char *close = suggest(text_of(name), formats, sizeof formats / sizeof *formats);
    return fail(&program->error, SLUICE_E_USAGE, "--format: there is no format '%s'%s%s%s", name,
                close ? "; did you mean '" : "; there are table, csv, json and gsm_fusion",
                close ? close : "", close ? "'?" : "");
}

static bool has_digit(const char *word) {
    while (*word && !isdigit((unsigned char)*word))
        word++;
    return *word != 0;
}

/* The verb, and where the words behind it begin. What has a digit is an IMEI: `orders --imei A B`. */
static int read_verb(struct program *program, const char **verb, size_t *first) {
    static const char *const verbs[] = {"list", "show", "count"};
    const struct arguments *arguments = &program->arguments;
    const char *word = arguments->operand_count ? arguments->operands[0] : NULL;
    *verb = "list";
    *first = 0;
    if (!word || has_digit(word))
        return 0;
    for (size_t i = 0; i < 3; i++)
        if (strcmp(word, verbs[i]) == 0) {
            *verb = word;
            *first = 1;
            return 0;
        }
    return fail(&program->error, SLUICE_E_USAGE, "there is no 'orders %s'; there are list, show and count",
                word);
}

static int list(struct orders_query *query, enum orders_format format) {
    int result;
    if (format == ORDERS_TABLE)
        result = orders_table(query);
    else if (format == ORDERS_JSON)
        result = orders_json(query);
    else
        result = orders_csv(query, format == ORDERS_CSV ? "plain" : "gsm_fusion");
    if (!result && !arguments_has(&query->program->arguments, "limit"))
        orders_query_say_missing(query);
    return result;
}

static int show(struct orders_query *query, enum orders_format format) {
    const struct arguments *arguments = &query->program->arguments;
    if (arguments->operand_count != 2)
        return fail(&query->program->error, SLUICE_E_USAGE,
                    "'orders show' takes one WHAT: an order id or an IMEI");
    if (format != ORDERS_TABLE && format != ORDERS_JSON)
        return fail(&query->program->error, SLUICE_E_USAGE,
                    "'orders show' has no --format %s; there are table and json", formats[format]);
    return orders_show(query, arguments->operands[1], format == ORDERS_JSON);
}

static int run(struct program *program) {
    struct orders_query query;
    enum orders_format format;
    const char *verb;
    size_t first;
    program_only_prints();
    int result = read_verb(program, &verb, &first);
    bool shows = !result && strcmp(verb, "show") == 0;
    if (!result)
        result = read_format(program, &format);
    if (result)
        return result;
    result = orders_query_read(&query, program, shows ? program->arguments.operand_count : first);
    if (!result && shows)
        result = show(&query, format);
    else if (!result && strcmp(verb, "count") == 0)
        result = orders_count(&query, format == ORDERS_JSON);
    else if (!result)
        result = list(&query, format);
    orders_query_free(&query);
    return result;
}

const struct command cmd_orders = {
    .name = "orders",
    .usage = "[list | show WHAT | count] [--imei IMEI…] [--imeis FILE] [--status STATUS]… [--format FORMAT]",
    .summary = "find orders in the store, and show what became of them",
    .about =
        "list prints orders, the newest first: as a table, or with --format as CSV, JSON or the provider's "
        "own export. show prints one order with all of its fields and its history in the ledger; WHAT is an "
        "order id or an IMEI. count prints how many orders there are.\n\n"
        "All conditions must hold. A condition that is given more than once holds when one of its values "
        "does. IMEIs may have spaces, dashes, dots and slashes in them; a file of them is read as a csv "
        "source reads it.\n\n"
        "The store is Supabase when SUPABASE_URL is set, else the SQLite file imei_orders.db; with -f it is "
        "the one that a pipeline writes to.",
    .flags = flags,
    .run = run,
};
