/* nameless.h - orders of an older system whose id at the provider nobody knows: an action that gives them one
 * that is made up, so that a store can keep them and nothing of it is ordered again. */
#ifndef CORE_NAMELESS_H
#define CORE_NAMELESS_H

#include <sluice/plugin.h>

/* Its configuration; counts what it has named. */
struct nameless {
    uint64_t count;
    char first[64]; /* the IMEI of the first one */
};

extern const sluice_component nameless_action;

#endif
