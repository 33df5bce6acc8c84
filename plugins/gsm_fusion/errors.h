/* errors.h - what the provider's error texts mean. Pure. */
#ifndef GSM_FUSION_ERRORS_H
#define GSM_FUSION_ERRORS_H

#include <sluice/base.h>

enum error_class {
    ERROR_OTHER, /* unknown to us: shown as it is, proves nothing */
    ERROR_AUTH,
    ERROR_NO_CREDIT,
    ERROR_MAINTENANCE,
    ERROR_DUPLICATE,
    ERROR_REJECTED, /* this order, for good */
    ERROR_NO_ORDER
};

struct error_kind {
    enum error_class class;
    const char *code; /* short and stable */
};

/* Never NULL. */
const struct error_kind *error_classify(sluice_text text);

#endif
