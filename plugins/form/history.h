/* history.h - what happened to an order, as a table. */
#ifndef FORM_HISTORY_H
#define FORM_HISTORY_H

#include "buffer.h"
#include "form.h"

/* `column`: key or order_id. Nothing known: a sentence. */
void history_add(struct buffer *page, struct form *form, const char *column, sluice_text value);

#endif
