/* heading.h - what the columns of a CSV file are called. */
#ifndef CSV_HEADING_H
#define CSV_HEADING_H

#include <stdbool.h>
#include <stdint.h>

#include <sluice/host.h>

#define HEADING_IGNORED UINT32_MAX

struct heading {
    uint32_t columns;   /* in the file */
    uint32_t fields;    /* of a record: the columns that aren't ignored */
    sluice_text *names; /* of the fields */
    uint32_t *field;    /* of each column: its index in `names`, or HEADING_IGNORED */
    char *memory;       /* what the names point into */
};

/* What heading_make needs to know, and where it complains. */
struct heading_context {
    const sluice_host *host;
    sluice_self *self;
    const char *file;    /* for messages */
    sluice_pairs chosen; /* the option `columns`: field: [header aliases] */
};

/* Is this first row a header? Yes when a cell is called like a known field. Else no when a cell looks
 * like an identifier; with a single column, when it holds any digit. Else yes. */
bool heading_is_header(const sluice_text *cells, uint32_t count, sluice_pairs chosen);

/* Name the columns after the header row, or, when there is none (`cells` NULL), "imei" for a single
 * column and column1, column2 … for several. */
int32_t heading_make(struct heading *heading, const struct heading_context *context, const sluice_text *cells,
                     uint32_t count, sluice_error *error);
void heading_free(struct heading *heading);

#endif
