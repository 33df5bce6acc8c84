/* page.h - a page of the reference, written as Markdown or as a manual page. */
#ifndef TOOLS_PAGE_H
#define TOOLS_PAGE_H

#include <stdbool.h>
#include <stdio.h>

struct page {
    FILE *out;
    bool man;
    bool fresh; /* a heading was the last */
};

/* Opens DIR/`name`.`suffix`; ends the program when it can't. `section`: of a manual page, "1". */
struct page page_begin(const char *dir, bool man, const char *name, const char *section, const char *summary);
void page_end(struct page *page);

void page_heading(struct page *page, const char *text);
void page_subheading(struct page *page, const char *text);
/* Paragraphs, an empty line between them. */
void page_text(struct page *page, const char *text);
/* As it stands. */
void page_code(struct page *page, const char *text);
/* A term, what there is to know of it in a few words, a sentence, an example. All but the term may be NULL. */
void page_item(struct page *page, const char *term, const char *facts, const char *help, const char *example);
/* Another page of the reference; `file` is its Markdown, without the suffix. */
void page_link(struct page *page, const char *name, const char *section, const char *file, const char *help);

#endif
