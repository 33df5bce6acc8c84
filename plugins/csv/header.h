/* header.h - the header of a file that rows are to be appended to. */
#ifndef CSV_HEADER_H
#define CSV_HEADER_H

#include "layout.h"
#include "target.h"
#include "writer.h"

/* Do the file's columns take the rows of the layout? The layout then takes over their order, the writer
 * their line ends; and a last line without a line end gets one. */
int32_t header_check(struct target *target, struct layout *layout, struct writer *writer,
                     sluice_error *error);

#endif
