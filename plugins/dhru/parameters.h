/* parameters.h - the field `parameters` of a request, in the two forms that servers read. Pure. */
#ifndef DHRU_PARAMETERS_H
#define DHRU_PARAMETERS_H

#include <sluice/buffer.h>

/* The option `parameters`. */
enum parameters_form { PARAMETERS_XML, PARAMETERS_JSON };

struct parameter {
    const char *name; /* in upper case */
    sluice_text value;
};

/* <PARAMETERS><ID>…</ID>…</PARAMETERS>, or base64 of {"ID":"…",…}. */
void parameters_write(struct buffer *out, enum parameters_form form, const struct parameter *list,
                      uint32_t count);
/* {"ID":"…",…}: a part of what a bulk call sends. */
void parameters_json(struct buffer *out, const struct parameter *list, uint32_t count);

#endif
