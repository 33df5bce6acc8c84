/* rule.h - when a reply means what: "422", "4xx /error", "/status=error", "402 /message*=balance". Pure. */
#ifndef HTTP_RULE_H
#define HTTP_RULE_H

#include <stdbool.h>

#include "reply.h"

enum rule_test { RULE_STATUS, RULE_THERE, RULE_EQUALS, RULE_BEGINS, RULE_CONTAINS };

struct rule {
    int32_t least, most; /* HTTP status */
    enum rule_test test;
    sluice_text pointer, value;
};

/* NULL: read; the text must stay as long. Else what is wrong with it. */
const char *rule_read(struct rule *out, sluice_text text);
bool rule_fits(const struct rule *rule, struct reply *reply, int32_t status);

#endif
