#include "where_warn.h"

#include "log.h"
#include "text.h"
#include "where.h"

void where_warn(const struct component *component, const sluice_batch *batch, bool *done) {
    const struct where *unknown =
        *done ? NULL : where_unknown(batch, component->where, component->where_count);
    *done = true;
    if (unknown)
        log_line(SLUICE_LOG_WARN, component->place,
                 "where: the records have no field '%.*s': it counts as empty", TEXT_ARG(unknown->field));
}
