/* reply.h - a reply of the API: one JSON object, read where it stands. Pure.
 *
 * Servers differ in the case of names, write numbers as texts and empty maps as lists, and send Latin-1.
 * What is no JSON object, or is cut off, or has nothing of the API in it, is no reply of the API: it proves
 * nothing, whatever it says. */
#ifndef DHRU_REPLY_H
#define DHRU_REPLY_H

#include <stdbool.h>

#include <sluice/exchange.h>

#include <sluice/buffer.h>

enum reply_kind {
    REPLY_JSON,    /* a whole object; whether it is one of the API its members say */
    REPLY_DAMAGED, /* begins as one, and breaks off or goes wrong */
    REPLY_FOREIGN, /* something else: a page, text, nothing */
    REPLY_NO_MEMORY
};

struct reply {
    enum reply_kind kind;
    sluice_text root;           /* the object; null unless JSON */
    struct buffer repaired;     /* the body, when it wasn't UTF-8 */
    struct reply_block *blocks; /* what was decoded */
    bool failed;                /* there was no memory to decode something */
};

void reply_read(struct reply *reply, sluice_text body);
void reply_free(struct reply *reply);

/* What came, for a message: "HTTP 503, an HTML page". */
enum { REPLY_DESCRIPTION = 200 };
void reply_describe(const struct reply *reply, const sluice_reply *from, char out[REPLY_DESCRIPTION]);

/* ---- values -------------------------------------------------------------------------------- */

/* The next member with this name, in any letter case, of an object; false: there is no more. Begin with a
 * zeroed walk. */
struct reply_walk {
    const char *at; /* NULL: at the beginning */
};
bool reply_next_member(sluice_text object, const char *name, struct reply_walk *walk, sluice_text *value);
/* The first one; null: none. */
sluice_text reply_member(sluice_text object, const char *name);
/* Is it a name, with its quotes, in any letter case? */
bool reply_is_name(sluice_text key, const char *name);

/* A string's text, a number or word as it is written; null for null, lists, objects, and no memory. */
sluice_text reply_text(struct reply *reply, sluice_text value);
/* The text of a member; null: none. */
sluice_text reply_member_text(struct reply *reply, sluice_text object, const char *name);
/* null, false, "", [] and {} are how PHP writes that there is nothing. */
bool reply_is_empty(sluice_text value);

/* Every value of a list, of an object's members, or the value itself: the forms in which one thing, or
 * several, come. 1 from `each` stops. */
void reply_each(sluice_text value, int (*each)(void *user, sluice_text item), void *user);

/* The same for things that are objects, which come in a list, in a map or alone. What isn't one is passed on,
 * too. */
void reply_each_object(sluice_text value, int (*each)(void *user, sluice_text object), void *user);

/* The object's members as JSON with texts for values; those with the names in `but` (NULL-terminated) are
 * left out. */
void reply_write_flat(struct reply *reply, struct buffer *out, sluice_text object, const char *const *but);

#endif
