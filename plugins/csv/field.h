/* field.h - which header means which field. Pure. */
#ifndef CSV_FIELD_H
#define CSV_FIELD_H

#include <stdbool.h>

#include <sluice/base.h>

/* The field that a header means by itself ("IMEI No." is imei); NULL: none that we know. */
const char *field_known(sluice_text header);

/* The same name but for case, spaces, dots, underscores and dashes? */
bool field_same(sluice_text a, sluice_text b);

#endif
