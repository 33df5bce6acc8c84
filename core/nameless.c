#include "nameless.h"

#include <stdio.h>
#include <string.h>

#include "batch.h"
#include "error.h"
#include "host.h"
#include "order_id.h"
#include "text.h"

static int32_t open_action(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                           sluice_error *error) {
    (void)host, (void)self, (void)error;
    *instance = (void *)config;
    return SLUICE_OK;
}

/* Of several columns that an older table may have, the first that says something. */
static sluice_text either(const sluice_batch *batch, uint32_t row, const char *one, const char *other) {
    sluice_text value = batch_value(batch, row, one);
    return value.len ? value : batch_value(batch, row, other);
}

static sluice_text name_row(struct nameless *nameless, const sluice_batch *in, uint32_t row,
                            sluice_changes *out) {
    sluice_text imei = batch_value(in, row, "imei");
    char *made = imei.len ? host_table()->alloc(out->arena, SLUICE_MADE_ID) : NULL;
    if (!made)
        return (sluice_text){NULL, 0};
    if (!nameless->count++)
        snprintf(nameless->first, sizeof nameless->first, "%.*s", TEXT_ARG(imei));
    return sluice_made_id(either(in, row, "service_name", "service_id"), imei,
                          either(in, row, "order_date", "created_at"), made);
}

static bool lacks_some(const sluice_batch *in) {
    for (uint32_t i = 0; i < in->selected; i++)
        if (!batch_value(in, sluice_selected(in, i), "order_id").len)
            return true;
    return false;
}

static int32_t name_rows(void *instance, const sluice_batch *in, sluice_changes *out, sluice_error *error) {
    if (!lacks_some(in))
        return SLUICE_OK;
    sluice_text *ids = host_table()->alloc(out->arena, in->row_count * sizeof *ids);
    if (!ids)
        return fail_memory(error);
    memset(ids, 0, in->row_count * sizeof *ids);
    for (uint32_t i = 0; i < in->selected; i++) {
        uint32_t row = sluice_selected(in, i);
        ids[row] = batch_value(in, row, "order_id");
        if (!ids[row].len)
            ids[row] = name_row(instance, in, row, out);
    }
    return host_table()->set_column(out, "order_id", ids, error);
}

static void close_action(void *instance) {
    (void)instance;
}

static const sluice_action action = {.size = sizeof action, .process = name_rows};

const sluice_component nameless_action = {.size = sizeof nameless_action,
                                          .kind = SLUICE_ACTION,
                                          .name = "nameless",
                                          .config_size = sizeof(struct nameless),
                                          .open = open_action,
                                          .close = close_action,
                                          .action = &action};
