#include "layout.h"

#include <stdbool.h>
#include <string.h>

#include "text.h"
#include "utf8.h"

enum { WIDTH = 79, GAP = 2 };

void layout_wrap(FILE *out, const char *text, int indent, int column) {
    bool fresh = true; /* nothing stands on this line yet */
    while (*text) {
        size_t bytes = strcspn(text, " \n");
        int width = (int)utf8_length((sluice_text){text, bytes});
        if (!fresh && column + 1 + width > WIDTH) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
            fresh = true;
        }
        fprintf(out, "%s%.*s", fresh ? "" : " ", (int)bytes, text);
        column += width + !fresh;
        fresh = false;
        text += bytes;
        if (*text == '\n') {
            fprintf(out, "\n%*s", text[1] == '\n' ? 0 : indent, "");
            column = indent;
            fresh = true;
        }
        text += *text != 0;
    }
    fputc('\n', out);
}

void layout_row(FILE *out, const char *left, int left_width, const char *right) {
    int used = (int)utf8_length(text_of(left));
    if (used <= left_width)
        fprintf(out, "  %s%*s", left, left_width - used + GAP, "");
    else /* what is wider has a line of its own */
        fprintf(out, "  %s\n%*s", left, 2 + left_width + GAP, "");
    layout_wrap(out, right, 2 + left_width + GAP, 2 + left_width + GAP);
}
