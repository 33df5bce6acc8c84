/* escape.h - a byte as it stands in a form, in XML or in a JSON string. Pure. */
#ifndef CORE_ESCAPE_H
#define CORE_ESCAPE_H

#include <stddef.h>

enum escape_style {
    ESCAPE_FORM, /* application/x-www-form-urlencoded, and in a query: %20 for a blank */
    ESCAPE_XML,
    ESCAPE_JSON
};

enum { ESCAPE_MOST = 6 }; /* bytes that one becomes */

/* The bytes written; no NUL behind them. */
size_t escape_byte(enum escape_style style, unsigned char byte, char out[ESCAPE_MOST]);

#endif
