/* identity.h - the SDK's, which every author of a plugin has. */
#ifndef SHARED_IDENTITY_H
#define SHARED_IDENTITY_H

#include <sluice/identity.h>

#endif
