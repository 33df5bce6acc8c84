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

#include "xml_library.h"

/* Names of elements, found whatever the case of their letters. */
enum name {
    NAME_OTHER,
    NAME_RESULT,
    NAME_PACKAGES,
    NAME_IMEIS, /* an order */
    NAME_IMEIDUPLICATES,
    NAME_IMEIERRORS,
    NAME_ERROR,
    NAME_PACKAGE, /* a service; in an order: the title of its service */
    NAME_CLIENT,
    NAME_ID,
    NAME_IMEI,
    NAME_STATUSID,
    NAME_STATUS,
    NAME_CODE,
    NAME_REQUESTEDAT,
    NAME_CATEGORY,
    NAME_PACKAGEID,
    NAME_PACKAGETITLE,
    NAME_PACKAGEPRICE,
    NAME_PACKAGEPRICEWITHCURRENCY,
    NAME_TIMETAKEN,
    NAME_MUSTREAD,
    NAME_FIELDNAME,
    NAME_CLIENTCREDITS,
    NAME_MAIL,
    NAME_CREDIT,
    NAME_CURRENCY,
    NAME_COUNT
};

struct field {
    enum name name;
    const char *element;    /* its name as written */
    uint32_t start, length; /* in the record's text */
};

struct record {
    enum name name; /* IMEIS IMEIDUPLICATES IMEIERRORS ERROR PACKAGE CLIENT; OTHER: a single value */
    const char *text;
    const struct field *fields; /* the first is the record's own text, if it has any */
    uint32_t count;
};

/* The first field of that name, without white space around it; null: there is none. */
sluice_text record_value(const struct record *record, enum name name);
sluice_text record_text(const struct record *record, const struct field *field);

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
