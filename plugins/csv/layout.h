/* layout.h - the columns of an output file: which field each one shows, under which header, in which form. */
#ifndef CSV_LAYOUT_H
#define CSV_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include <sluice/host.h>

enum layout_form {
    LAYOUT_PLAIN,
    LAYOUT_CREDITS, /* $0.08 */
    LAYOUT_DATE,    /* YYYY-MM-DD HH:MM:SS, UTC */
    LAYOUT_CODE     /* result_code_display, else result_code; pairs joined by " - " */
};

struct layout_column {
    sluice_text field, header;
    enum layout_form form;
};

struct layout {
    struct layout_column *columns;
    uint32_t count;
    char *memory;  /* what the texts point into, when they aren't the caller's */
    char *wider;   /* and those that layout_widen added */
    bool may_lack; /* columns that the file has */
};

/* The option `columns`: its texts must stay. A pair without a value is headed by its field's name. */
bool layout_from_option(struct layout *layout, sluice_pairs chosen);
/* Each field under its own name, copied. */
bool layout_from_names(struct layout *layout, const sluice_text *names, uint32_t count);
/* Those of the layout, which are under their own names, and behind them the other fields of the batch. */
bool layout_join(struct layout *layout, const sluice_batch *batch);
bool layout_has(const struct layout *layout, sluice_text field);
/* The export format of GSM Fusion. */
bool layout_gsm_fusion(struct layout *layout);
void layout_free(struct layout *layout);

/* Is this the header of the layout, in whatever order? Then the layout takes that order. */
bool layout_adopt(struct layout *layout, const sluice_text *header, uint32_t count);
/* Is it the header of the layout and of more? Then the layout gets those columns, too. */
bool layout_widen(struct layout *layout, const sluice_text *header, uint32_t count);

#endif
