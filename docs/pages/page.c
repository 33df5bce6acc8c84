#include "page.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* The date that manual pages carry; of the contents, not of the build, so that a build can be repeated. */
#define DATE "2026-11-23"

static void die(const char *what) {
    perror(what);
    exit(1);
}

/* troff takes a backslash for its own everywhere, and a dot or an apostrophe where a line begins. */
static void put_man(FILE *out, const char *text, bool quoted) {
    bool first = true;
    for (; *text; text++) {
        if (first && (*text == '.' || *text == '\''))
            fputs("\\&", out);
        if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '-')
            fputs("\\-", out);
        else if (*text == '"' && quoted)
            fputs("\\(dq", out);
        else
            fputc(*text, out);
        first = *text == '\n';
    }
}

/* Markdown would take these for its own; code between backticks stays as it is. */
static void put_markdown(FILE *out, const char *text) {
    bool code = false;
    for (; *text; text++) {
        code = *text == '`' ? !code : code;
        if (!code && strchr("*_<>|[]\\#", *text))
            fputc('\\', out);
        fputc(*text, out);
    }
}

static void put(struct page *page, const char *text) {
    if (page->man)
        put_man(page->out, text, false);
    else
        put_markdown(page->out, text);
}

/* A macro of man(7) with one argument. */
static void macro(struct page *page, const char *name, const char *argument) {
    fprintf(page->out, ".%s \"", name);
    put_man(page->out, argument, true);
    fputs("\"\n", page->out);
}

struct page page_begin(const char *dir, bool man, const char *name, const char *section, const char *summary) {
    char path[400];
    snprintf(path, sizeof path, "%s/%s.%s", dir, name, man ? section : "md");
    struct page page = {.out = fopen(path, "w"), .man = man};
    if (!page.out)
        die(path);
    if (!man) {
        fprintf(page.out, "<!-- Written by `make reference` from the tables of the program. -->\n# %s\n\n", name);
        page_text(&page, summary);
        return page;
    }
    fputs(".TH \"", page.out);
    for (const char *c = name; *c; c++)
        fputc(toupper((unsigned char)*c), page.out);
    fprintf(page.out, "\" \"%s\" \"" DATE "\" \"sluice " SLUICE_VERSION "\" \"sluice\"\n.SH NAME\n%s \\- ", section,
            name);
    put_man(page.out, summary, false);
    fputc('\n', page.out);
    return page;
}

void page_end(struct page *page) {
    if (ferror(page->out) || fclose(page->out) != 0)
        die("a page");
}

void page_heading(struct page *page, const char *text) {
    page->fresh = true;
    if (!page->man) {
        fprintf(page->out, "\n## %s\n\n", text);
        return;
    }
    fputs(".SH \"", page->out);
    for (; *text; text++)
        fputc(toupper((unsigned char)*text), page->out);
    fputs("\"\n", page->out);
}

void page_subheading(struct page *page, const char *text) {
    page->fresh = true;
    if (page->man)
        macro(page, "SS", text);
    else
        fprintf(page->out, "\n### %s\n\n", text);
}

/* man(7) wants none between a heading and its first paragraph. */
static void paragraph_begin(struct page *page) {
    if (page->man && !page->fresh)
        fputs(".PP\n", page->out);
    page->fresh = false;
}

void page_text(struct page *page, const char *text) {
    while (*text) {
        const char *end = strstr(text, "\n\n");
        size_t length = end ? (size_t)(end - text) : strlen(text);
        char *paragraph = strndup(text, length);
        if (!paragraph)
            die("a page");
        paragraph_begin(page);
        put(page, paragraph);
        fputs(page->man ? "\n" : "\n\n", page->out);
        free(paragraph);
        text += length + (end ? 2 : 0);
    }
}

void page_code(struct page *page, const char *text) {
    paragraph_begin(page);
    fputs(page->man ? ".nf\n.RS\n" : "```\n", page->out);
    if (page->man)
        put_man(page->out, text, false);
    else
        fputs(text, page->out);
    fputs(page->man ? "\n.RE\n.fi\n" : "\n```\n\n", page->out);
}

static void man_item(struct page *page, const char *term, const char *facts, const char *help,
                     const char *example) {
    fputs(".TP\n\\fB", page->out);
    put_man(page->out, term, false);
    fputs("\\fR", page->out);
    if (facts) {
        fputs(" (", page->out);
        put_man(page->out, facts, false);
        fputc(')', page->out);
    }
    fputc('\n', page->out);
    put_man(page->out, help ? help : "", false);
    if (example) {
        fputs("\n.br\nExample: ", page->out);
        put_man(page->out, example, false);
    }
    fputc('\n', page->out);
}

void page_item(struct page *page, const char *term, const char *facts, const char *help, const char *example) {
    page->fresh = false;
    if (page->man) {
        man_item(page, term, facts, help, example);
        return;
    }
    fprintf(page->out, "- `%s`", term);
    if (facts) {
        fputs(" (", page->out);
        put_markdown(page->out, facts);
        fputc(')', page->out);
    }
    if (help) {
        fputs(": ", page->out);
        put_markdown(page->out, help);
    }
    if (example)
        fprintf(page->out, " Example: `%s`", example);
    fputc('\n', page->out);
}

void page_link(struct page *page, const char *name, const char *section, const char *file, const char *help) {
    if (page->man)
        fprintf(page->out, ".TP\n\\fB%s\\fR(%s)\n", name, section);
    else
        fprintf(page->out, "- [%s](%s.md): ", name, file);
    put(page, help);
    fputc('\n', page->out);
}
