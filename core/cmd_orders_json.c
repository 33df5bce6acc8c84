/* Orders as one JSON object, an order a line, so that a long list streams and can be read line by line. */
#include <stdio.h>

#include "cmd_orders.h"

struct listing {
    struct orders_query *query;
    struct json json;
    uint64_t count;
};

static int each(void *user, const struct batch *batch) {
    struct listing *listing = user;
    struct json *json = &listing->json;
    const sluice_batch *view = &batch->view;
    for (uint32_t i = 0; i < view->selected; i++) {
        uint32_t row = sluice_selected(view, i);
        json_reset(json);
        json_open(json, '{');
        for (uint32_t c = 0; c < view->column_count; c++) {
            json_key_text(json, view->names[c]);
            json_text(json, view->cells[c][row]);
        }
        json_close(json, '}');
        if (json->failed)
            return fail_memory(&listing->query->program->error);
        fputs(listing->count++ ? ",\n" : "{\"orders\":[\n", stdout);
        fwrite(json->text, 1, json->length, stdout);
    }
    return 0;
}

int orders_json(struct orders_query *query) {
    struct listing listing = {.query = query};
    int result = orders_query_run(query, each, &listing);
    if (!result || listing.count)
        printf("%s", listing.count ? "\n]}\n" : "{\"orders\":[]}\n");
    json_free(&listing.json);
    return result;
}

/* ---- only how many ------------------------------------------------------------------------ */

static int count_batch(void *user, const struct batch *batch) {
    *(uint64_t *)user += batch->view.selected;
    return 0;
}

int orders_count(struct orders_query *query, bool as_json) {
    static const sluice_text field = {"imei", 4};
    uint64_t count = 0;
    orders_query_add(query, "fields", &field, 1);
    int result = orders_query_run(query, count_batch, &count);
    if (!result)
        printf(as_json ? "{\"count\":%llu}\n" : "%llu\n", (unsigned long long)count);
    return result;
}
