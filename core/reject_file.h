/* reject_file.h - which file has the rejected records that are orders? A csv sink keeps records of other
 * columns apart, in NAME-2.csv and so on beside NAME.csv. */
#ifndef CORE_REJECT_FILE_H
#define CORE_REJECT_FILE_H

#include <stddef.h>

/* Of `path` and those beside it the one with a column order_id that was written last; else `path`. */
void reject_file_of_orders(const char *path, char *out, size_t room);

#endif
