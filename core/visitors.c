#include "visitors.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "clock.h"

static void link_last(struct visitors *visitors, struct visitor *visitor) {
    visitor->next = NULL;
    visitor->previous = visitors->last;
    *(visitors->last ? &visitors->last->next : &visitors->first) = visitor;
    visitors->last = visitor;
}

static void take_out(struct visitors *visitors, struct visitor *visitor) {
    *(visitor->previous ? &visitor->previous->next : &visitors->first) = visitor->next;
    *(visitor->next ? &visitor->next->previous : &visitors->last) = visitor->previous;
}

/* The server sees the end of what it sends, and closes it. */
static void show_out(struct visitors *visitors, struct visitor *visitor) {
    shutdown(visitor->fd, SHUT_RDWR);
    visitor->leaving = true;
    visitors->staying--;
}

/* The list is by age: those who may stay begin with the first one that came lately. */
static void make_room(struct visitors *visitors, int64_t now_us) {
    struct visitor *next, *visitor = visitors->first;
    for (; visitor; visitor = next) {
        next = visitor->next;
        bool late = now_us - visitor->since_us > VISITORS_PATIENCE_MS * 1000;
        if (!late && visitors->staying < VISITORS_KEPT)
            return;
        if (!visitor->asked && !visitor->leaving)
            show_out(visitors, visitor);
    }
}

struct visitor *visitors_add(struct visitors *visitors, int fd) {
    struct visitor *visitor = calloc(1, sizeof *visitor);
    if (!visitor)
        return NULL;
    *visitor = (struct visitor){.fd = fd, .since_us = clock_us()};
    make_room(visitors, visitor->since_us);
    link_last(visitors, visitor);
    visitors->staying++;
    return visitor;
}

void visitors_remove(struct visitors *visitors, struct visitor *visitor) {
    take_out(visitors, visitor);
    visitors->staying -= !visitor->leaving;
    free(visitor);
}

void visitor_asks(struct visitor *visitor) {
    if (visitor)
        visitor->asked = true;
}

void visitors_answered(struct visitors *visitors, struct visitor *visitor) {
    if (!visitor)
        return;
    visitor->asked = false;
    visitor->since_us = clock_us();
    take_out(visitors, visitor);
    link_last(visitors, visitor);
}
