/* form_host.h - just enough of a host for the parts of the form: messages, a clock that is set by hand,
 * signatures that are no secret, and a core that takes jobs and knows nothing. */
#ifndef TESTS_FORM_HOST_H
#define TESTS_FORM_HOST_H

#include <sluice/host.h>

extern const sluice_host form_host;
extern int64_t form_host_now_ms;
extern unsigned form_host_jobs; /* that were submitted */

#endif
