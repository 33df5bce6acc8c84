/* plain.h - what is said to people on a page. Reasons end in a hint for whoever writes the pipeline or works
 * in a terminal ("…; see 'sluice services'"): the log and the API keep it. Pure. */
#ifndef FORM_PLAIN_H
#define FORM_PLAIN_H

#include <sluice/base.h>

/* Without the hint. What a provider says is left as it is. */
sluice_text plain_reason(sluice_text reason);

#endif
