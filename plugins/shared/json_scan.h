/* json_scan.h - the SDK's, which every author of a plugin has. */
#ifndef SHARED_JSON_SCAN_H
#define SHARED_JSON_SCAN_H

#include <sluice/json.h>

#endif
