#include "form.h"

#include <stdlib.h>

#include "export.h"

static bool make_room(struct form *form, uint64_t length) {
    size_t room = length * 3 + 64;
    if (room <= form->room)
        return true;
    char *scratch = realloc(form->scratch, room);
    if (!scratch)
        return false;
    form->scratch = scratch;
    form->room = room;
    return true;
}

bool form_cell(struct form *form, enum layout_form kind, sluice_text *cell) {
    if (!make_room(form, cell->len))
        return false;
    if (kind == LAYOUT_CREDITS)
        *cell = export_credits(*cell, form->scratch, form->room);
    else if (kind == LAYOUT_DATE)
        *cell = export_date(*cell, form->scratch, form->room);
    else if (kind == LAYOUT_CODE)
        *cell = export_code(*cell, form->scratch, form->room);
    return true;
}

void form_free(struct form *form) {
    free(form->scratch);
    *form = (struct form){0};
}
