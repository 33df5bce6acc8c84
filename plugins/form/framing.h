/* framing.h - is it plain where a request ends and whom it is for? A proxy in front may read one that isn't
 * in another way, and take the end of one person's request for the begin of another's. */
#ifndef FORM_FRAMING_H
#define FORM_FRAMING_H

#include "request.h"

/* At most one Host; a length or chunks, not both, nothing else, and each said once. */
bool framing_is_plain(const struct request *request);

#endif
