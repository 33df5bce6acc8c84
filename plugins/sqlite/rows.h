/* rows.h - rows that wait to be written, copied out of their batches.
 *
 * A batch belongs to the sink only during write(), and the fewer the statements and transactions, the
 * cheaper a row: so rows are copied, close together, and given to SQLite many at once (rows_table.h).
 * The bytes of a row are its values in turn, each as a length (one byte, or five when it is long; null
 * has a mark of its own) and the text; so a row is one or two cache lines. */
#ifndef SQLITE_ROWS_H
#define SQLITE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sluice/base.h>

struct row_entry {
    uint64_t rank;   /* for sorting */
    uint32_t offset; /* of its bytes */
    uint32_t origin; /* the caller's own: its index in the batch; ROWS_GONE: passed over */
};

#define ROWS_GONE UINT32_MAX

struct rows {
    uint32_t columns; /* values in a row; set by rows_clear */
    uint32_t count;
    uint32_t from, to; /* the part that the virtual table shows */
    struct row_entry *entries, *spare;
    size_t entry_room;
    char *bytes;
    size_t used, room;
    uint64_t shared; /* leading bytes that the first values of all rows have in common */
};

/* Forget the rows; those that follow have `columns` values each. Memory is kept. */
void rows_clear(struct rows *rows, uint32_t columns);
void rows_free(struct rows *rows);

/* Would a row with `bytes` of text still fit into `limit` bytes of memory? */
bool rows_fit(const struct rows *rows, uint64_t bytes, size_t limit);
/* Copy a row. 0, or -1 when there is no memory. */
int rows_add(struct rows *rows, const sluice_text *values, uint32_t origin);

/* Bring the rows into an order close to that of their first values; equal ones stay in their order.
 * An index that is filled in its own order touches each of its pages once. */
void rows_sort(struct rows *rows);

/* Read the value at `*at` and step over it. */
sluice_text rows_value(const char **at);
/* Where the values of row `i` begin. */
const char *rows_values(const struct rows *rows, uint32_t i);

#endif
