/* form.h - a cell in the form of its column. */
#ifndef CSV_FORM_H
#define CSV_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "layout.h"

/* All zero: new. */
struct form {
    char *scratch;
    size_t room;
};

/* The cell in that form; it points into the scratch until the next one. False: no memory. */
bool form_cell(struct form *form, enum layout_form kind, sluice_text *cell);
void form_free(struct form *form);

#endif
