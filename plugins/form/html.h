/* html.h - the one way text gets onto a page. Pure.
 *
 * The format is markup and stands as it is; every argument is text and is escaped. So a value can't become
 * markup, wherever it comes from. Within quotes of an attribute it is safe, too; as the whole of a URL it is
 * not, unless html_word wrote it. */
#ifndef FORM_HTML_H
#define FORM_HTML_H

#include "buffer.h"

/* %s, %.*s (use TEXT_ARG), %d, %u, %zu, %lld, %llu, %c; nothing else. */
void html_add(struct buffer *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What isn't UTF-8, and control characters, become U+FFFD. */
void html_text(struct buffer *page, sluice_text text);
/* A part of a path or of a query: percent-encoded. */
void html_word(struct buffer *page, sluice_text text);
/* 1234567 is 1,234,567. */
void html_count(struct buffer *page, uint64_t count);
/* 12345.60 is 12,345.60; what is no number stays as it is. */
void html_amount(struct buffer *page, sluice_text amount);

#endif
