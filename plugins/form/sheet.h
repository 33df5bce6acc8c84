/* sheet.h - what somebody typed or uploaded, as rows and columns, before any of it is ordered. */
#ifndef FORM_SHEET_H
#define FORM_SHEET_H

#include <stdbool.h>
#include <stddef.h>

#include <sluice/host.h>

enum { SHEET_COLUMNS = 200, SHEET_CELLS = 4000000 };

/* Memory of one sheet: what the contract calls an arena, ours. */
struct sheet_block;
struct sluice_arena {
    struct sheet_block *blocks;
    size_t bytes;
};

struct sheet {
    const sluice_host *host; /* the real one, for messages */
    struct sluice_arena arena;
    sluice_text file; /* its name; null: typed */
    sluice_text *names;
    uint32_t columns;
    sluice_text **cells; /* [column][row] */
    uint64_t *numbers;   /* of the row in what was sent */
    sluice_text *faults; /* why a row can't be read; null: it can */
    uint32_t rows, room;
    uint32_t *good; /* the rows without a fault */
    uint32_t good_count;
};

/* One or many identifiers: on lines, or with commas, semicolons, tabs or spaces between. */
int sheet_from_text(const sluice_host *host, sluice_text text, struct sheet *out, sluice_error *error);
/* A CSV file, as the csv source reads it. */
int sheet_from_csv(const sluice_host *host, sluice_self *self, sluice_text file_name, sluice_text bytes,
                   struct sheet *out, sluice_error *error);
/* Rows by hand: the columns first, then row by row. Texts are copied. */
int sheet_begin(struct sheet *sheet, const sluice_host *host, const sluice_text *names, uint32_t count,
                sluice_error *error);
int sheet_row(struct sheet *sheet, uint64_t number, const sluice_text *cells, sluice_error *error);
/* The service of all rows that name none; adds the column. */
int sheet_service(struct sheet *sheet, sluice_text service, sluice_error *error);
/* No more rows come: which ones are good. */
int sheet_end(struct sheet *sheet, sluice_error *error);
void sheet_free(struct sheet *sheet);

/* The good rows, for a job or a question. Lives as long as the sheet. */
sluice_batch sheet_batch(const struct sheet *sheet);
/* The column called `name`; -1: there is none. */
int sheet_column(const struct sheet *sheet, const char *name);

#endif
