/* base64.h - the standard alphabet, padded. Pure. */
#ifndef DHRU_BASE64_H
#define DHRU_BASE64_H

#include <stdbool.h>

#include <sluice/buffer.h>

void base64_write(struct buffer *out, sluice_text text);
/* False: it isn't base64. White space in it is passed over. */
bool base64_read(struct buffer *out, sluice_text text);

#endif
