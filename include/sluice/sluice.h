/* sluice.h - the whole contract between the core and its plugins. */
#ifndef SLUICE_H
#define SLUICE_H

#include "base.h"
#include "batch.h"
#include "exchange.h"
#include "host.h"
#include "option.h"
#include "plugin.h"
#include "query.h"
#include "store.h"

#endif
