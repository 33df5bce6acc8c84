/* reply.h - a reply: one JSON value, read where it stands. Pure.
 *
 * What is no JSON, or is cut off, proves nothing, whatever it says. */
#ifndef HTTP_REPLY_H
#define HTTP_REPLY_H

#include <stdbool.h>

#include <sluice/exchange.h>

#include <sluice/buffer.h>

enum reply_kind {
    REPLY_JSON,    /* a whole object or list */
    REPLY_DAMAGED, /* begins as one, and breaks off or goes wrong */
    REPLY_FOREIGN, /* something else: a page, text, nothing */
    REPLY_NO_MEMORY
};

struct reply {
    enum reply_kind kind;
    sluice_text root;           /* null unless JSON */
    struct buffer repaired;     /* the body, when it wasn't UTF-8 */
    struct reply_text *decoded; /* texts with escapes in them */
    bool failed;                /* there was no memory to decode something */
};

void reply_read(struct reply *reply, sluice_text body);
/* Forget what was decoded so far: between the rows of a long list. */
void reply_forget(struct reply *reply);
void reply_free(struct reply *reply);

/* What came, for a message: "HTTP 503, a page: …". */
enum { REPLY_DESCRIPTION = 200 };
void reply_describe(const struct reply *reply, const sluice_reply *from, char out[REPLY_DESCRIPTION]);

/* A string's text; a number, a word, a list and an object as they are written; null for null. */
sluice_text reply_text(struct reply *reply, sluice_text value);
/* Of what a pointer points at. */
sluice_text reply_at(struct reply *reply, sluice_text pointer);
/* Of the first pointer that points at something. */
sluice_text reply_first(struct reply *reply, sluice_text root, sluice_texts pointers);
/* null, false, "", [] and {}. */
bool reply_is_nothing(sluice_text value);

#endif
