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
    FAULT_TAKEN, /* before: it is asked for somebody else first */
    FAULT_LATENCY,
    FAULT_HTTP_500, /* after charging */
    FAULT_CLOSE,
    FAULT_CLOSE_IDLE,
    FAULT_HANG,
    FAULT_TRUNCATE,
    FAULT_HTML_AFTER,
    FAULT_EMPTY,
    FAULT_GARBAGE,
    FAULT_BIG,
    FAULT_RESENT,    /* after: it is asked once more */
    FAULT_FLAG,      /* the component does it: host->flag */
    FAULT_FLAG_ASKED /* likewise; it counts every request in which it is asked for */
};

/* What stands behind the name: --fault latency:2s. */
enum fault_unit { FAULT_NO_VALUE, FAULT_TIME, FAULT_ZONE, FAULT_STATUS, FAULT_PERCENT, FAULT_NUMBER };

enum fault_calls { FAULT_PAID = 1, FAULT_FREE = 2, FAULT_ANY = FAULT_PAID | FAULT_FREE };

/* name, effect, unit of its value, the value unless one is given, what happens. By the calls that they
 * concern. */
/* paid calls, or those that are chosen */
#define FAULTS_OF_CALLS(X) \
    X("latency", FAULT_LATENCY, FAULT_TIME, ":2s", "answers that much later") \
    X("http-500", FAULT_HTTP_500, FAULT_STATUS, ":500", "charges, then answers with that status") \
    X("close", FAULT_CLOSE, FAULT_NO_VALUE, "", "charges, then closes the connection without a reply") \
    X("close-idle", FAULT_CLOSE_IDLE, FAULT_NO_VALUE, "", \
      "the same, only on a connection that served a request before") \
    X("hang", FAULT_HANG, FAULT_NO_VALUE, "", "charges, then never answers") \
    X("truncate", FAULT_TRUNCATE, FAULT_NO_VALUE, "", \
      "charges, sends half of the reply, then closes the connection") \
    X("html", FAULT_HTML, FAULT_NO_VALUE, "", "answers with a page of HTML instead; nothing is charged") \
    X("html-after", FAULT_HTML_AFTER, FAULT_NO_VALUE, "", "charges, then answers with a page of HTML") \
    X("empty", FAULT_EMPTY, FAULT_NO_VALUE, "", "charges, then answers with an empty body") \
    X("garbage", FAULT_GARBAGE, FAULT_NO_VALUE, "", "charges, then answers with bytes that mean nothing") \
    X("big", FAULT_BIG, FAULT_NO_VALUE, "", "charges, then answers with more bytes than are accepted") \
    X("redirect", FAULT_REDIRECT, FAULT_NO_VALUE, "", "redirects to https; nothing is charged")
/* paid calls */
#define FAULTS_OF_ORDERS(X) \
    X("resent", FAULT_RESENT, FAULT_NO_VALUE, "", \
      "a proxy on the way sends the request twice and passes the second reply on") \
    X("taken", FAULT_TAKEN, FAULT_TIME, ":1d", \
      "somebody else ordered the same on the account, and paid for it, that long ago") \
    X("maintenance", FAULT_FLAG, FAULT_NO_VALUE, "", "refuses in the provider's words for maintenance") \
    X("auth", FAULT_FLAG, FAULT_NO_VALUE, "", "refuses the credentials") \
    X("no-credit", FAULT_FLAG, FAULT_NO_VALUE, "", "refuses: the credit is used up") \
    X("duplicate", FAULT_FLAG, FAULT_NO_VALUE, "", "says that the order exists already") \
    X("duplicate-list", FAULT_FLAG, FAULT_NO_VALUE, "", "says so in the form that answers for a list") \
    X("partial", FAULT_FLAG, FAULT_NO_VALUE, "", "charges for all orders of a call, answers for one") \
    X("price-change", FAULT_FLAG, FAULT_PERCENT, ":25", \
      "charges so many percent more than the catalogue says") \
    X("foreign-order", FAULT_FLAG, FAULT_NO_VALUE, "", "mentions an order that nobody placed here") \
    X("latin1", FAULT_FLAG, FAULT_NO_VALUE, "", "sends Latin-1 where UTF-8 is promised") \
    X("bare-amp", FAULT_FLAG, FAULT_NO_VALUE, "", "leaves & unescaped") \
    X("prolog-space", FAULT_FLAG, FAULT_NO_VALUE, "", "puts white space in front of the XML prolog")
/* every call in which the component asks for it */
#define FAULTS_OF_ANSWERS(X) \
    X("charge-always", FAULT_FLAG_ASKED, FAULT_NO_VALUE, "", \
      "charges every order, also one that exists: a second request shows in the books") \
    X("timezone", FAULT_FLAG_ASKED, FAULT_ZONE, ":+3h", "lists orders with the time of that zone") \
    X("list-late", FAULT_FLAG_ASKED, FAULT_TIME, ":1m", "lists an order only that long after it was placed") \
    X("list-depth", FAULT_FLAG_ASKED, FAULT_NUMBER, ":10", "lists only so many orders, the newest") \
    X("status-half", FAULT_FLAG_ASKED, FAULT_NO_VALUE, "", \
      "says nothing of every second order that it is asked about") \
    X("status-slow", FAULT_FLAG_ASKED, FAULT_TIME, ":2ms", \
      "takes so long for each order that it is asked about") \
    X("status-strict", FAULT_FLAG_ASKED, FAULT_NO_VALUE, "", \
      "says nothing but an error when it doesn't know one of the orders that it is asked about")
#define FAULTS(X) FAULTS_OF_CALLS(X) FAULTS_OF_ORDERS(X) FAULTS_OF_ANSWERS(X)

struct fault {
    const char *name; /* in the table, or in the component's list */
    enum fault_effect effect;
    enum fault_calls calls; /* those that it concerns */
    int64_t value;          /* in milliseconds where it is a time */
    uint64_t every;         /* strikes at each `every`-th request that counts; 1: at all of them */
    bool first;             /* only at the first one */
    uint64_t seen, struck;
    uint64_t turn; /* the request that `answer` is for */
    bool answer;
};

/* NAME[:VALUE][@CALLS][=WHEN]: "close", "close=first", "latency:2s=every:10", "html@free=all". `own`: the
 * faults that the component does, as it names them, NULL-terminated; NULL: all of the table.
 * SLUICE_E_USAGE with a suggestion. */
int fault_parse(const char *text, const char *const *own, struct fault *out, sluice_error *error);
/* Does it concern a request that is charged, or one that isn't? */
bool fault_concerns(const struct fault *fault, bool paid);
/* Is the request at hand, one that counts, struck? Counts it. */
bool fault_strikes(struct fault *fault);
/* The same for a fault that may be asked for more than once in a request: `turn` numbers the requests. */
bool fault_strikes_in(struct fault *fault, uint64_t turn);
/* It strikes whatever is asked, so there is nothing to count. */
bool fault_is_constant(const struct fault *fault);

#endif
