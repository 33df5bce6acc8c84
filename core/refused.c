#include "refused.h"

#include <stdio.h>

bool refused_count(struct refused *refused) {
    return atomic_fetch_add(&refused->rows, 1) < REFUSED_TOLD;
}

uint64_t refused_untold(const struct refused *refused) {
    uint64_t rows = atomic_load(&((struct refused *)refused)->rows);
    return rows > REFUSED_TOLD ? rows - REFUSED_TOLD : 0;
}

const char *refused_name(const struct batch *batch, uint32_t row, char name[REFUSED_NAME]) {
    uint64_t number = batch->view.numbers[row];
    sluice_text id = batch_value(&batch->view, row, "order_id");
    if (number || !id.len)
        snprintf(name, REFUSED_NAME, "row %llu", (unsigned long long)number);
    else
        snprintf(name, REFUSED_NAME, "order %.*s", (int)(id.len < 120 ? id.len : 120), id.ptr);
    return name;
}
