/* layout.h - text for people: broken into lines, set in columns. */
#ifndef CORE_LAYOUT_H
#define CORE_LAYOUT_H

#include <stdio.h>

/* Print `text`, broken between words so that no line is wider than 79; lines after the first begin at
 * `indent`. `column` is where the first one begins. A newline in the text is kept. Ends the line. */
void layout_wrap(FILE *out, const char *text, int indent, int column);
/* Two columns: `left`, padded to `left_width`, then `right`, broken within its column. */
void layout_row(FILE *out, const char *left, int left_width, const char *right);

#endif
