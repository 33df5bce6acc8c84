/* inspect.h - what a file lacks as a store of orders, and how it gets it. */
#ifndef SQLITE_INSPECT_H
#define SQLITE_INSPECT_H

#include <sluice/store.h>

/* For an instance of the sink. */
extern const sluice_store store_callbacks;

#endif
