/* reply.h - the provider's XML, piece by piece, as records.
 *
 * A record is one element that means something by itself (an order, a service, an error) with its
 * children as fields. It is handed on as soon as it is closed, so that memory doesn't grow with the
 * reply. Whether the reply as a whole can be trusted is known at its end only: what a record says
 * against an order (refused, exists) counts when the reply was complete. */
#ifndef GSM_FUSION_REPLY_H
#define GSM_FUSION_REPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "record.h"
#include "xml_library.h"

enum reply_state {
    REPLY_OPEN,     /* more is to come */
    REPLY_COMPLETE, /* a whole reply of the API */
    REPLY_DAMAGED,  /* the API's, but not well-formed to its end */
    REPLY_FOREIGN   /* something else: an HTML page, JSON, nothing */
};

struct reader;

struct reader *reader_new(const struct xml_library *xml); /* NULL: no memory */
void reader_free(struct reader *reader);
/* Begin a reply. `record` is called for each record; its texts live until it returns. */
void reader_begin(struct reader *reader, void (*record)(void *user, const struct record *record), void *user);
/* Take the next piece. After the last one the answer isn't REPLY_OPEN. */
enum reply_state reader_feed(struct reader *reader, sluice_text piece, bool last);
/* Whether it is still fit for another reply. */
bool reader_reusable(const struct reader *reader);

enum { REPLY_DESCRIPTION = 256 };
/* What came, for people: "HTTP 503, an HTML page: Just a moment…". */
void reader_describe(const struct reader *reader, int32_t status, char out[REPLY_DESCRIPTION]);

#endif
