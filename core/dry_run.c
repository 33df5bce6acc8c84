#include "dry_run.h"

#include <stdatomic.h>

static atomic_bool begun;

void dry_run_begin(void) {
    atomic_store(&begun, true);
}

bool dry_run(void) {
    return atomic_load(&begun);
}
