#include "cmd_ledger_export.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "cmd_ledger_filter.h"
#include "cmd_ledger_site.h"
#include "order_json.h"

struct export {
    struct ledger *ledger;
    struct json json;
    uint64_t count;
    sluice_error *error;
    int failed;
};

/* ---- as CSV ------------------------------------------------------------------------------- */

static const char heading[] =
    "key,generation,state,identifier,service,provider,account,order_id,price,currency,day,pipeline,run,row,"
    "call,attempt,claimed,sent,changed,parameters,code,reason\n";

static void put_text(const char *value) {
    if (!value)
        return;
    if (!strpbrk(value, ",\"\r\n")) {
        fputs(value, stdout);
        return;
    }
    putchar('"');
    for (; *value; value++) {
        if (*value == '"')
            putchar('"');
        putchar(*value);
    }
    putchar('"');
}

static void cell(const char *value) {
    put_text(value);
    putchar(',');
}

static void number_cell(int64_t value) {
    printf("%" PRId64 ",", value);
}

static void time_cell(int64_t wall_ms) {
    char text[CLOCK_TEXT];
    cell(wall_ms ? clock_format(wall_ms, text) : NULL);
}

static void day_cell(int32_t day) {
    char text[CLOCK_TEXT];
    clock_format((int64_t)day * 24 * 60 * 60 * 1000, text);
    text[10] = 0;
    cell(text);
}

static int csv_row(void *user, const struct order_row *row) {
    char key[33], price[MONEY_TEXT];
    (void)user;
    order_key_text(&row->key, key);
    cell(key);
    number_cell(row->gen);
    cell(order_state_name(row->state));
    cell(row->identifier);
    cell(row->service);
    cell(row->provider);
    cell(row->account);
    cell(row->order_id);
    cell(row->price == MONEY_NONE ? NULL : money_format(row->price, price));
    cell(row->currency);
    day_cell(ledger_utc_day(row->quarter));
    cell(row->pipeline);
    number_cell(row->run);
    number_cell((int64_t)row->row);
    number_cell(row->call);
    number_cell(row->attempt);
    time_cell(row->claimed_ms);
    time_cell(row->sent_ms);
    time_cell(row->changed_ms);
    cell(row->parameters);
    cell(row->code);
    put_text(row->reason);
    return putchar('\n') < 0;
}

/* ---- as JSON ------------------------------------------------------------------------------ */

static int add_event(void *user, const struct event_row *event) {
    event_json(user, event);
    return 0;
}

static int json_row(void *user, const struct order_row *row) {
    struct export *export = user;
    struct json *json = &export->json;
    json_reset(json);
    json_open(json, '{');
    order_json(json, row);
    json_key(json, "events");
    json_open(json, '[');
    export->failed = ledger_events(export->ledger, row->id, add_event, json, export->error);
    json_close(json, ']');
    json_close(json, '}');
    if (!export->failed && json->failed)
        export->failed = fail_memory(export->error);
    return export->failed || printf("%s%s", export->count++ ? ",\n" : "", json->text) < 0;
}

/* ---- the command -------------------------------------------------------------------------- */

static int read_format(struct program *program, bool *as_json) {
    const char *format = arguments_value(&program->arguments, "format");
    *as_json = arguments_has(&program->arguments, "json") || (format && strcmp(format, "json") == 0);
    if (!format || strcmp(format, "csv") == 0 || strcmp(format, "json") == 0)
        return 0;
    return fail(&program->error, SLUICE_E_USAGE, "--format: '%s' is none; there are csv and json", format);
}

static int write_orders(struct export *export, const struct order_filter *filter, bool as_json) {
    fputs(as_json ? "{\"orders\":[\n" : heading, stdout);
    int failed = ledger_list(export->ledger, filter, as_json ? json_row : csv_row, export, export->error);
    failed = failed ? failed : export->failed;
    if (as_json)
        printf("%s]}\n", export->count ? "\n" : "");
    return failed;
}

int cmd_ledger_export(struct program *program) {
    struct export export = {.error = &program->error};
    struct ledger_filter filter;
    bool as_json;
    if (program->arguments.operand_count != 1)
        return fail(&program->error, SLUICE_E_USAGE, "'ledger export' takes no operand; filter as in list");
    int failed = read_format(program, &as_json);
    if (!failed)
        failed = ledger_filter_read(program, &filter);
    if (!failed)
        failed = ledger_site_open(program, LEDGER_READ_ONLY, &export.ledger);
    if (!failed)
        failed = write_orders(&export, &filter.filter, as_json);
    json_free(&export.json);
    ledger_close(export.ledger);
    return failed;
}
