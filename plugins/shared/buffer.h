/* buffer.h - the SDK's, which every author of a plugin has. */
#ifndef SHARED_BUFFER_H
#define SHARED_BUFFER_H

#include <sluice/buffer.h>

#endif
