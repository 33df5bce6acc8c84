#include "foresight.h"

#include <stdio.h>
#include <string.h>

#include <sluice/amount.h>
#include <sluice/text.h>

#include "ask.h"

static void take(char *out, size_t size, const sluice_row *row, const char *column) {
    snprintf(out, size, "%.*s", TEXT_ARG(text_cut(ask_cell(row, column), size - 1)));
}

static int32_t on_sum(void *user, const sluice_row *row) {
    struct foresight *sum = user;
    sum->rows = ask_number(row, "read");
    sum->fresh = ask_number(row, "new");
    sum->repeats = ask_number(row, "repeats");
    sum->ordered = ask_number(row, "ordered");
    sum->twice = ask_number(row, "twice");
    sum->in_doubt = ask_number(row, "in_doubt");
    sum->invalid = ask_number(row, "invalid");
    sum->busy = ask_number(row, "busy");
    sum->passed = ask_number(row, "passed");
    sum->placed = ask_number(row, "placed");
    sum->stopped_row = ask_number(row, "stopped_row");
    take(sum->cost, sizeof sum->cost, row, "cost");
    take(sum->currency, sizeof sum->currency, row, "currency");
    take(sum->spent, sizeof sum->spent, row, "spent");
    take(sum->balance, sizeof sum->balance, row, "balance");
    take(sum->balance_after, sizeof sum->balance_after, row, "balance_after");
    take(sum->account, sizeof sum->account, row, "account");
    take(sum->dearest, sizeof sum->dearest, row, "dearest");
    take(sum->stopped_by, sizeof sum->stopped_by, row, "stopped_by");
    take(sum->stopped_text, sizeof sum->stopped_text, row, "stopped_text");
    return 0;
}

int foresight_sum(struct form *form, const struct sheet *sheet, bool repeat, struct foresight *out,
                  sluice_error *error) {
    struct ask ask;
    sluice_batch rows = sheet_batch(sheet);
    *out = (struct foresight){0};
    ask_begin(&ask, SLUICE_QUERY_PLAN);
    ask.query.rows = &rows;
    if (repeat)
        ask_where(&ask, "repeat", TEXT("1"));
    return ask_run(&ask, form, on_sum, out, error);
}

static bool is_more(const char *now, sluice_text agreed) {
    char amount[AMOUNT_TEXT];
    if (!agreed.len)
        return false;
    agreed = amount_read(agreed, amount);
    return !agreed.ptr || (now[0] && amount_micros(text_of(now)) > amount_micros(agreed));
}

/* What can't be said now has no price to be held against. */
bool foresight_costs_more(struct form *form, const struct sheet *sheet, bool repeat, sluice_text cost,
                          sluice_text price) {
    struct foresight now;
    sluice_error error = {.size = sizeof error};
    if ((!cost.len && !price.len) || foresight_sum(form, sheet, repeat, &now, &error))
        return false;
    return is_more(now.cost, cost) || is_more(now.dearest, price);
}

struct walk {
    const struct sheet *sheet;
    foresight_each *each;
    void *user;
};

static int32_t on_row(void *user, const sluice_row *row) {
    const struct walk *walk = user;
    uint64_t number = ask_number(row, "_row");
    if (!number || number > walk->sheet->good_count)
        return 0;
    return walk->each(walk->user, walk->sheet->good[number - 1], row);
}

int foresight_rows(struct form *form, const struct sheet *sheet, foresight_each *each, void *user,
                   sluice_error *error) {
    struct ask ask;
    struct walk walk = {sheet, each, user};
    sluice_batch rows = sheet_batch(sheet);
    ask_begin(&ask, SLUICE_QUERY_KNOWN);
    ask.query.rows = &rows;
    return ask_run(&ask, form, on_row, &walk, error);
}
