/* text.h - small helpers for views of text. Pure. Plugins have the same ones. */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include <sluice/text.h>

#endif
