/* record.h - one element of a reply that means something by itself, with its children as fields. Pure. */
#ifndef GSM_FUSION_RECORD_H
#define GSM_FUSION_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include <sluice/base.h>

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

/* NAME_OTHER: not one of these. */
enum name name_find(const char *element);

/* ---- making one ---------------------------------------------------------------------------- */

enum { NO_FIELD = -1 };

/* Text goes to one field at a time. Levels are those of open elements, from 1. Adding answers false
 * when a limit is reached (1 MiB of text, 4096 fields) or there is no memory. */
struct record_maker {
    struct record record;
    unsigned level; /* of the record's element; 0: between records */
    unsigned field_level;
    int32_t field; /* the one that text goes to, or NO_FIELD */
    struct field *fields;
    uint32_t field_room;
    char *text;
    uint32_t text_length, text_room;
};

void record_begin(struct record_maker *maker, enum name name, unsigned level);
bool record_enter(struct record_maker *maker, enum name name, const char *element, unsigned level);
bool record_append(struct record_maker *maker, const char *text, uint32_t length);
/* The field's text is over: a child begins (`level` is the child's), or its element ends. What is only
 * white space before a child was no field. */
void record_leave(struct record_maker *maker, unsigned level);
/* The finished record; its memory is used again for the next one. */
const struct record *record_end(struct record_maker *maker);
void record_free(struct record_maker *maker);

#endif
