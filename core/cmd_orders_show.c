/* One order as a whole: every field of the store, and what the ledger knows of its history. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "cmd_ledger_site.h"
#include "cmd_orders.h"
#include "ledger.h"
#include "printable.h"
#include "text.h"

enum { LABEL = 20 };

struct show {
    struct orders_query *query;
    struct ledger *ledger; /* NULL: there is none here */
    struct json *json;     /* NULL: text */
    uint64_t orders;
    const sluice_batch *view; /* the order at hand */
    uint32_t row;
    uint64_t events;
    int failed;
};

static sluice_text value_of(const struct show *show, const char *column) {
    return batch_value(show->view, show->row, column);
}

/* ---- history ------------------------------------------------------------------------------ */

static void put_key(struct json *json, const char *key, const char *value) {
    json_key(json, key);
    json_string(json, value);
}

static int event_json(void *user, const struct event_row *event) {
    struct json *json = ((struct show *)user)->json;
    char time[CLOCK_TEXT];
    json_open(json, '{');
    put_key(json, "at", clock_format(event->at_ms, time));
    put_key(json, "transition", transition_name(event->transition));
    put_key(json, "to", order_state_name(event->to));
    json_key(json, "run");
    json_number(json, event->run);
    put_key(json, "who", event->who);
    put_key(json, "code", event->code);
    put_key(json, "reason", event->reason);
    put_key(json, "evidence", event->evidence);
    json_close(json, '}');
    return 0;
}

static int event_line(void *user, const struct event_row *event) {
    struct show *show = user;
    char time[CLOCK_TEXT];
    printf("  %-*s %s  %-4s %-9s  ", LABEL, show->events++ ? "" : "history", clock_format(event->at_ms, time),
           transition_name(event->transition), order_state_name(event->to));
    if (event->run)
        printf("run %" PRId64, event->run);
    else /* a run that spends nothing has no number */
        printable_put(stdout, text_of(event->who ? event->who : "-"));
    if (event->reason) {
        fputs("  ", stdout);
        printable_put(stdout, text_of(event->reason));
    }
    fputc('\n', stdout);
    return 0;
}

/* Another provider may have an order of the same number. */
static int show_history(void *user, const struct order_row *row) {
    struct show *show = user;
    sluice_text provider = value_of(show, "provider"), account = value_of(show, "account");
    if ((provider.len && row->provider && !text_is(provider, row->provider)) ||
        (account.len && row->account && !text_is(account, row->account)))
        return 0;
    show->failed = ledger_events(show->ledger, row->id, show->json ? event_json : event_line, show,
                                 &show->query->program->error);
    return show->failed;
}

static int find_history(struct show *show) {
    char order_id[300];
    sluice_text id = value_of(show, "order_id");
    if (!show->ledger || !id.len || id.len >= sizeof order_id)
        return 0;
    memcpy(order_id, id.ptr, id.len);
    order_id[id.len] = 0;
    struct order_filter filter = {.order_id = order_id};
    show->events = 0;
    int failed = ledger_list(show->ledger, &filter, show_history, show, &show->query->program->error);
    return failed ? failed : show->failed;
}

/* ---- fields ------------------------------------------------------------------------------- */

static void field_line(sluice_text name, sluice_text value) {
    const char *at = value.ptr, *end = value.ptr + value.len;
    fputs("  ", stdout);
    printable_pad(stdout, name, LABEL);
    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        const char *stop = line_end ? line_end : end;
        printf(at == value.ptr ? " " : "  %-*s ", LABEL, "");
        printable_put(stdout, (sluice_text){at, (uint64_t)(stop - at)});
        fputc('\n', stdout);
        at = stop + 1;
    }
}

static int show_text(struct show *show) {
    const sluice_batch *view = show->view;
    printf("%sorder ", show->orders ? "\n" : "");
    printable_put(stdout, value_of(show, "order_id"));
    fputs("  ", stdout);
    printable_put(stdout, value_of(show, "status"));
    fputc('\n', stdout);
    for (uint32_t c = 0; c < view->column_count; c++)
        if (view->cells[c][show->row].len)
            field_line(view->names[c], view->cells[c][show->row]);
    return find_history(show);
}

static int show_json(struct show *show) {
    const sluice_batch *view = show->view;
    struct json *json = show->json;
    json_open(json, '{');
    for (uint32_t c = 0; c < view->column_count; c++) {
        json_key_text(json, view->names[c]);
        json_text(json, view->cells[c][show->row]);
    }
    json_key(json, "history");
    json_open(json, '[');
    int failed = find_history(show);
    json_close(json, ']');
    json_close(json, '}');
    return failed;
}

static int each(void *user, const struct batch *batch) {
    struct show *show = user;
    int failed = 0;
    show->view = &batch->view;
    for (uint32_t i = 0; i < batch->view.selected && !failed; i++) {
        show->row = sluice_selected(&batch->view, i);
        failed = show->json ? show_json(show) : show_text(show);
        show->orders++;
    }
    return failed;
}

/* ---- finding it --------------------------------------------------------------------------- */

static int find(struct show *show, const char *option, sluice_text what) {
    struct orders_query *query = show->query;
    orders_query_add(query, option, &what, 1);
    int failed = orders_query_run(query, each, show);
    query->count--;
    return failed;
}

/* That of the pipeline, when one is named. A store can be looked at where no ledger is. */
static int open_ledger(struct show *show) {
    struct program *program = show->query->program;
    struct ledger_site site;
    sluice_error none = ERROR_INIT;
    int failed = ledger_site_read(program, &site);
    if (failed)
        return failed;
    failed = ledger_open_at(&site, LEDGER_READ_ONLY, &show->ledger, &none);
    if (failed && failed != SLUICE_E_NOINPUT)
        return fail(&program->error, failed, "%s", none.text);
    return 0;
}

static int note_known(void *user, const struct order_row *row) {
    (void)row;
    *(bool *)user = true;
    return 0;
}

/* In doubt, or not this store's: then the ledger says more. */
static int fail_unknown(struct show *show, const char *what, sluice_text imei) {
    sluice_error *error = &show->query->program->error;
    bool known = false;
    char *identifier = imei.len ? arena_printf(&show->query->program->arena, "%.*s", TEXT_ARG(imei)) : NULL;
    struct order_filter by_id = {.order_id = what, .limit = 1},
                        by_imei = {.identifier = identifier, .limit = 1};
    int failed = show->ledger ? ledger_list(show->ledger, &by_id, note_known, &known, error) : 0;
    const char *name = known ? what : identifier;
    if (!failed && show->ledger && !known && identifier)
        failed = ledger_list(show->ledger, &by_imei, note_known, &known, error);
    if (failed)
        return failed;
    if (known)
        return fail(error, SLUICE_E_NOINPUT,
                    "the store has no order '%s', but the ledger knows of one: see 'sluice ledger show %s'",
                    what, name);
    return fail(error, SLUICE_E_NOINPUT, "the store has no order '%s': give an order id or an IMEI", what);
}

static int find_any(struct show *show, const char *what) {
    struct wanted plain = {0};
    int failed = find(show, "order_id", text_of(what));
    if (!failed && !show->orders && wanted_add(&plain, text_of(what)) && plain.count)
        failed = find(show, "imei", plain.items[0]);
    if (!failed && !show->orders)
        failed = fail_unknown(show, what, plain.count ? plain.items[0] : TEXT(""));
    wanted_free(&plain);
    return failed;
}

int orders_show(struct orders_query *query, const char *what, bool as_json) {
    struct json json = {0};
    struct show show = {.query = query, .json = as_json ? &json : NULL};
    int failed = open_ledger(&show);
    if (as_json) {
        json_open(&json, '{');
        json_key(&json, "orders");
        json_open(&json, '[');
    }
    if (!failed)
        failed = find_any(&show, what);
    if (!failed && as_json) {
        json_close(&json, ']');
        json_close(&json, '}');
        failed = json.failed ? fail_memory(&query->program->error) : 0;
        if (!failed)
            printf("%s\n", json.text);
    }
    json_free(&json);
    ledger_close(show.ledger);
    return failed;
}
