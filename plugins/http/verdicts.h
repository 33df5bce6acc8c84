/* verdicts.h - what replies mean, by the rules of the option `verdicts`. */
#ifndef HTTP_VERDICTS_H
#define HTTP_VERDICTS_H

#include "rule.h"
#include "settings.h"

/* Where rules of several fit, the first of them counts. */
enum class {
    CLASS_AUTH,
    CLASS_NO_CREDIT,
    CLASS_RETRY_LATER,
    CLASS_DUPLICATE,
    CLASS_REJECTED,
    CLASS_PLACED,
    CLASSES
};

struct rules {
    struct rule *items;
    uint32_t count;
};

struct verdicts {
    struct rules classes[CLASSES];
};

extern const char *const class_names[]; /* as the option writes them; also the codes of refusals */

int32_t verdicts_read(struct verdicts *out, const sluice_host *host, const struct settings *settings,
                      sluice_error *error);
void verdicts_free(struct verdicts *verdicts);

/* The refusal that the reply is; CLASSES: none. */
enum class verdicts_refusal(const struct verdicts *verdicts, struct reply *reply, int32_t status);
/* Does it look like an order? */
bool verdicts_placed(const struct verdicts *verdicts, struct reply *reply, int32_t status);

#endif
