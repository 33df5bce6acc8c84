/* no_network.h - a process that can't open a socket any more: the kernel says no, whichever library asks.
 *
 * Behind stand_in.h, which answers the core's own requests: it is for what a plugin, or a library that it
 * brought, would connect to by itself. */
#ifndef CORE_NO_NETWORK_H
#define CORE_NO_NETWORK_H

#include <stdbool.h>

/* Has this system the means? */
bool no_network_available(void);
/* From now on, for this process and what it starts; there is no way back. Sockets that are open already are
 * closed. False: it couldn't be done. */
bool no_network_begin(void);

#endif
