#include "order_id.h"

#include <string.h>

bool order_id_is_made_up(sluice_text id) {
    static const char prefix[] = SLUICE_MADE_ID_PREFIX;
    return id.len > sizeof prefix - 1 && memcmp(id.ptr, prefix, sizeof prefix - 1) == 0;
}
