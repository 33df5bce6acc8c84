#include "currency.h"

#include <strings.h>

bool currency_differs(sluice_text a, sluice_text b) {
    if (!a.len || !b.len)
        return false;
    return a.len != b.len || strncasecmp(a.ptr, b.ptr, a.len) != 0;
}
