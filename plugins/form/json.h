/* json.h - JSON on its way out. Pure. As html.h: the format stands as it is, arguments are escaped. */
#ifndef FORM_JSON_H
#define FORM_JSON_H

#include "buffer.h"

/* %s and %.*s with their quotes (NULL, or %.*s of one: null); %u %d %lld %llu %zu. No % else. */
void json_add(struct buffer *json, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* With its quotes; null when there is none. What isn't UTF-8 becomes U+FFFD. */
void json_text(struct buffer *json, sluice_text text);

#endif
