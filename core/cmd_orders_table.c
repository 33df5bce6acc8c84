/* Orders as lines for people. The columns have fixed widths, so that a long list streams. */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cmd_orders.h"
#include "printable.h"
#include "text.h"

enum { RESULT_AT = 100, RESULT_LEAST = 20, RESULT_MOST = 400 };

static const sluice_text fields[] = {
    TEXT("order_date"),
    TEXT("created_at"),
    TEXT("imei"),
    TEXT("service_name"),
    TEXT("service_id"),
    TEXT("status"),
    TEXT("credits"),
    TEXT("order_id"),
    TEXT("carrier"),
    TEXT("simlock"),
    TEXT("model"),
    TEXT("fmi"),
    TEXT("result_code_display"),
};
enum {
    ORDERED,
    CREATED,
    IMEI,
    SERVICE,
    SERVICE_ID,
    STATUS,
    CREDITS,
    ORDER_ID,
    CARRIER,
    FMI = 11,
    DISPLAY,
    FIELDS
};

struct table {
    bool headed;
    unsigned result_width;
    const sluice_text *cells[FIELDS]; /* of the batch at hand; NULL: the store has no such field */
};

static sluice_text cell(const struct table *table, int field, uint32_t row) {
    return table->cells[field] ? table->cells[field][row] : (sluice_text){NULL, 0};
}

static sluice_text first_of(sluice_text a, sluice_text b) {
    return a.len ? a : b;
}

enum { GAP = 2 }; /* between columns */

static void put(sluice_text text, unsigned width) {
    if (!text.len)
        text = TEXT("-");
    if (text.len <= width) {
        printable_pad(stdout, text, width + GAP);
        return;
    }
    printable_pad(stdout, text, width);
    fputs("  ", stdout);
}

/* `text` behind what is there, its lines joined. */
static size_t append(char *out, size_t used, sluice_text text) {
    if (text.len && used) {
        out[used++] = ',';
        out[used++] = ' ';
    }
    for (uint64_t i = 0; i < text.len && used + 3 < RESULT_MOST; i++) {
        if (text.ptr[i] == '\n') {
            out[used++] = ',';
            out[used++] = ' ';
        } else {
            out[used++] = text.ptr[i];
        }
    }
    return used;
}

/* The order's id, and behind it what was found out, or else the provider's words. */
static void put_result(const struct table *table, uint32_t row) {
    char text[RESULT_MOST];
    size_t used = 0;
    for (int field = CARRIER; field <= FMI; field++)
        used = used + 8 < RESULT_MOST ? append(text, used, cell(table, field, row)) : used;
    if (!used)
        used = append(text, 0, cell(table, DISPLAY, row));
    if (!used)
        printable_put(stdout, cell(table, ORDER_ID, row));
    else
        put(cell(table, ORDER_ID, row), 14);
    if (table->result_width)
        printable_cut(stdout, (sluice_text){text, used}, table->result_width);
    else
        printable_put(stdout, (sluice_text){text, used});
    fputc('\n', stdout);
}

/* "2026-11-22T10:00:00.123+00:00" as a store may give it: the first 19 characters. */
static sluice_text time_of(sluice_text text) {
    return text.len > 19 ? (sluice_text){text.ptr, 19} : text;
}

static int each(void *user, const struct batch *batch) {
    struct table *table = user;
    const sluice_batch *view = &batch->view;
    for (int field = 0; field < FIELDS; field++) {
        int32_t column = sluice_find_column(view, fields[field].ptr, fields[field].len);
        table->cells[field] = column < 0 ? NULL : view->cells[column];
    }
    if (!table->headed)
        printf("%-19s  %-15s  %-20s  %-10s  %-7s  %-14s  %s\n", "ORDERED (UTC)", "IMEI", "SERVICE", "STATUS",
               "CREDITS", "ORDER", "RESULT");
    table->headed = true;
    for (uint32_t i = 0; i < view->selected; i++) {
        uint32_t row = sluice_selected(view, i);
        put(time_of(first_of(cell(table, ORDERED, row), cell(table, CREATED, row))), 19);
        put(cell(table, IMEI, row), 15);
        put(first_of(cell(table, SERVICE, row), cell(table, SERVICE_ID, row)), 20);
        put(cell(table, STATUS, row), 10);
        put(cell(table, CREDITS, row), 7);
        put_result(table, row);
    }
    return 0;
}

/* What a terminal has left for the last column; 0: as wide as it is. */
static unsigned result_width(void) {
    struct winsize size;
    if (!isatty(1) || ioctl(1, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 0;
    return size.ws_col < RESULT_AT + RESULT_LEAST ? RESULT_LEAST : (unsigned)size.ws_col - RESULT_AT;
}

int orders_table(struct orders_query *query) {
    struct table table = {.result_width = result_width()};
    orders_query_add(query, "fields", fields, FIELDS);
    int result = orders_query_run(query, each, &table);
    if (!result && !table.headed && !query->program->quiet)
        fprintf(stderr, "no orders\n");
    return result;
}
