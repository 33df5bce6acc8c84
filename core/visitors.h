/* visitors.h - who is connected to a server of ours, so that those who only take up room can be shown out.
 *
 * Nobody who connects and says nothing, or a letter now and then, keeps others out: when there are
 * VISITORS_KEPT, the oldest of those whose request isn't whole leaves for a new one. From the server's one
 * thread. */
#ifndef CORE_VISITORS_H
#define CORE_VISITORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    VISITORS_KEPT = 64,
    VISITORS_ROOM = 2 * VISITORS_KEPT, /* of the server: those who are shown out need a moment */
    VISITORS_PATIENCE_MS = 10000       /* for a request, when somebody else wants to come in */
};

struct visitor {
    struct visitor *next, *previous; /* from the oldest to the newest */
    int fd;
    int64_t since_us; /* it connected, or got its last answer */
    bool asked;       /* it gets an answer */
    bool leaving;
};

struct visitors {
    struct visitor *first, *last;
    size_t staying;
};

/* NULL: no memory; nobody knows of this one then. */
struct visitor *visitors_add(struct visitors *visitors, int fd);
void visitors_remove(struct visitors *visitors, struct visitor *visitor);
/* Its request is whole; its answer has gone out. NULL: nothing. */
void visitor_asks(struct visitor *visitor);
void visitors_answered(struct visitors *visitors, struct visitor *visitor);

#endif
