/* delimiter.h - which character stands between the cells. Pure. */
#ifndef CSV_DELIMITER_H
#define CSV_DELIMITER_H

#include <stdint.h>

/* The choices of the option `delimiter`, and what each one means; 0: find out. */
extern const char *const delimiter_choices[]; /* auto first; a sink's begin behind it */
char delimiter_of(int64_t choice);

/* The delimiter of a text that begins with `sample`: the one with which most rows have as many cells as
 * the first, then the one that makes the most cells; ',' when the first row has none of them. */
char delimiter_detect(const char *sample, uint32_t length);

/* The line "sep=;" that spreadsheets read and write: its delimiter, and its bytes without the line end. */
char delimiter_declared(const char *text, uint32_t length, uint32_t *line);

#endif
