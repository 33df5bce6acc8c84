/* errors.h - what the API's error texts mean. Pure. */
#ifndef DHRU_ERRORS_H
#define DHRU_ERRORS_H

#include <sluice/base.h>

enum error_class {
    ERROR_OTHER, /* unknown to us: shown as it is, proves nothing */
    ERROR_AUTH,
    ERROR_ACTION, /* the site doesn't have the action, for this account */
    ERROR_NO_CREDIT,
    ERROR_LATER, /* maintenance; called too often */
    ERROR_DUPLICATE,
    ERROR_REJECTED, /* this order, for good */
    ERROR_NO_ORDER
};

struct error_kind {
    enum error_class class;
    const char *code; /* short and stable */
};

extern const struct error_kind error_other;

/* Never NULL. `refusals`: beginnings of further texts that are known to refuse one order for good, uncharged.
 */
const struct error_kind *error_classify(sluice_text text, sluice_texts refusals);
/* "Please try after 5 minutes" in milliseconds; -1: it doesn't say. */
int64_t error_wait_ms(sluice_text text);

#endif
