/* What the sinks have refused, told at the end. An order that was paid is in the ledger as placed, and no
 * later run delivers it again: so whoever reads this is told of each way back. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "progress.h"
#include "reject_file.h"
#include "runner_parts.h"
#include "text.h"

uint64_t runner_unstored(const struct run *run) {
    uint64_t orders = 0;
    for (size_t i = 0; i < run->outlet_count; i++)
        orders += atomic_load(&run->outlets[i].refused_rows.orders);
    return orders;
}

/* The file that has them, which an import can read; "": it is none. */
static void name_file(const struct run *run, char *out, size_t room) {
    const struct components *sinks = &run->pipeline->rejects;
    char name[4096] = "";
    if (run->rejects.kept_aside)
        snprintf(name, sizeof name, "%s", run->rejects.path);
    for (size_t i = 0; i < sinks->count; i++) {
        const struct component *sink = &sinks->items[i];
        sluice_text path = runner_path_of(sink);
        if (strcmp(sink->type->name, "csv") == 0 && path.len && !text_is(path, "-"))
            snprintf(name, sizeof name, "%.*s", TEXT_ARG(path));
    }
    out[0] = 0;
    if (*name)
        reject_file_of_orders(name, out, room);
}

static void say_orders(const struct run *run, const struct outlet *outlet, uint64_t orders) {
    char file[4096], number[32];
    const char *them = orders == 1 ? "it" : "them";
    name_file(run, file, sizeof file);
    progress_count(orders, number);
    if (*file)
        log_line(SLUICE_LOG_ERROR, outlet->component->place,
                 "%s PAID order%s not stored: refused here, kept in %s, and not delivered again. Mend the "
                 "table, then 'sluice run pipelines/import-orders.yaml --set ORDERS_CSV=%s' with this sink "
                 "stores %s; nothing is paid again",
                 number, orders == 1 ? " is" : "s are", file, file, them);
    else
        log_line(SLUICE_LOG_ERROR, outlet->component->place,
                 "%s PAID order%s not stored: refused here, kept by on_reject, and not delivered again. Mend "
                 "the table and store %s from there, by their order_id; nothing is paid again",
                 number, orders == 1 ? " is" : "s are", them);
}

void runner_say_unstored(const struct runner *runner) {
    char number[32];
    for (size_t i = 0; i < runner->run.outlet_count; i++) {
        struct outlet *outlet = &runner->run.outlets[i];
        uint64_t more = refused_untold(&outlet->refused_rows);
        uint64_t orders = atomic_load(&outlet->refused_rows.orders);
        if (more)
            log_line(SLUICE_LOG_ERROR, outlet->component->place,
                     "%s more row%s stored; why, is with the rejected records", progress_count(more, number),
                     more == 1 ? " isn't" : "s aren't");
        if (orders)
            say_orders(&runner->run, outlet, orders);
    }
}
