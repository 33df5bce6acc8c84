/* url.h - the parts of an address. Pure. */
#ifndef CORE_URL_H
#define CORE_URL_H

#include <sluice/base.h>

enum { URL_SHOWN = 300 };

/* What stands between "://", or the beginning, and the path: "user@host:port". */
sluice_text url_authority(sluice_text url);
/* An address as a message may repeat it: without user, password, query and fragment. Returns `out`. */
const char *url_shown(const char *url, char out[URL_SHOWN]);

#endif
