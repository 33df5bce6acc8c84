/* fault.h - what a sandbox does wrong on purpose: which fault, and at which requests. Pure.
 *
 * Most faults matter where money is spent, so they count the requests that are charged. Those of the
 * transport are done by the sandbox for every provider; the provider's own, by its component. */
#ifndef CORE_FAULT_H
#define CORE_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum fault_effect {
    FAULT_HTML = 1, /* before charging: the component isn't asked */
    FAULT_REDIRECT,
    FAULT_HTTP_500, /* after charging */
    FAULT_CLOSE,
    FAULT_CLOSE_IDLE,
    FAULT_HANG,
    FAULT_TRUNCATE,
    FAULT_HTML_AFTER,
    FAULT_EMPTY,
    FAULT_GARBAGE,
    FAULT_BIG,
    FAULT_FLAG,      /* the component does it: host->flag */
    FAULT_FLAG_ASKED /* likewise; it counts every request in which it is asked for */
};

/* name, effect, what happens */
#define FAULTS(X) \
    X("http-500", FAULT_HTTP_500, "charges, then answers with status 500") \
    X("close", FAULT_CLOSE, "charges, then closes the connection without a reply") \
    X("close-idle", FAULT_CLOSE_IDLE, "the same, only on a connection that served a request before") \
    X("hang", FAULT_HANG, "charges, then never answers") \
    X("truncate", FAULT_TRUNCATE, "charges, sends half of the reply, then closes the connection") \
    X("html", FAULT_HTML, "answers with a page of HTML instead; nothing is charged") \
    X("html-after", FAULT_HTML_AFTER, "charges, then answers with a page of HTML") \
    X("empty", FAULT_EMPTY, "charges, then answers with an empty body") \
    X("garbage", FAULT_GARBAGE, "charges, then answers with bytes that mean nothing") \
    X("big", FAULT_BIG, "charges, then answers with more bytes than are accepted") \
    X("redirect", FAULT_REDIRECT, "redirects to https; nothing is charged") \
    X("maintenance", FAULT_FLAG, "refuses in the provider's words for maintenance") \
    X("auth", FAULT_FLAG, "refuses the credentials") \
    X("no-credit", FAULT_FLAG, "refuses: the credit is used up") \
    X("duplicate", FAULT_FLAG, "says that the order exists already") \
    X("duplicate-list", FAULT_FLAG, "says so in the form that answers for a list") \
    X("partial", FAULT_FLAG, "charges for all, answers for some") \
    X("price-change", FAULT_FLAG, "charges another price than the catalogue says") \
    X("foreign-order", FAULT_FLAG, "mentions an order that nobody placed here") \
    X("charge-always", FAULT_FLAG_ASKED, "charges every request, also for an order that exists") \
    X("timezone", FAULT_FLAG_ASKED, "lists orders with the time of another zone") \
    X("latin1", FAULT_FLAG, "sends Latin-1 where UTF-8 is promised") \
    X("bare-amp", FAULT_FLAG, "leaves & unescaped") \
    X("prolog-space", FAULT_FLAG, "puts white space in front of the XML prolog")

struct fault {
    const char *name; /* in the table, or in the component's list */
    enum fault_effect effect;
    uint64_t every; /* strikes at each `every`-th request that counts; 1: at all of them */
    bool first;     /* only at the first one */
    uint64_t seen, struck;
    uint64_t turn; /* the request that `answer` is for */
    bool answer;
};

/* "close", "close=first", "close=every:10", "close=all". `own`: the faults that the component does, as it
 * names them, NULL-terminated; NULL: all of the table. SLUICE_E_USAGE with a suggestion. */
int fault_parse(const char *text, const char *const *own, struct fault *out, sluice_error *error);
/* Is the request at hand, one that counts, struck? Counts it. */
bool fault_strikes(struct fault *fault);
/* The same for a fault that may be asked for more than once in a request: `turn` numbers the requests. */
bool fault_strikes_in(struct fault *fault, uint64_t turn);
/* It strikes whatever is asked, so there is nothing to count. */
bool fault_is_constant(const struct fault *fault);

#endif
