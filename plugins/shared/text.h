/* text.h - the SDK's, which every author of a plugin has. */
#ifndef SHARED_TEXT_H
#define SHARED_TEXT_H

#include <sluice/text.h>

#endif
