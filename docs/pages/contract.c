/* contract.c - writes the page about the headers that plugins are written against, from the headers
 * themselves: what their comments say is said nowhere else.
 *
 *     contract md|man3 DIR INCLUDE-DIR */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "page.h"

enum { HEADER_MOST = 256 * 1024 };

static const char *const contract[] = {"base", "plugin", "option", "batch", "exchange",
                                       "host", "query",  "store",  NULL};
static const char *const helpers[] = {"text", "json", "amount", "identity", "buffer", "books", "utf8", NULL};

static void die(const char *what) {
    perror(what);
    exit(1);
}

static char *read_header(const char *dir, const char *name) {
    char path[1000];
    snprintf(path, sizeof path, "%s/sluice/%s.h", dir, name);
    FILE *in = fopen(path, "r");
    char *text = calloc(1, HEADER_MOST);
    if (!in || !text)
        die(path);
    size_t length = fread(text, 1, HEADER_MOST - 1, in);
    if (ferror(in) || fclose(in) != 0 || length == HEADER_MOST - 1)
        die(path);
    return text;
}

/* The comment that a header begins with, as paragraphs: an empty line, and a dash, begin one. */
static char *introduction(const char *header) {
    const char *at = strstr(header, " - "), *end = strstr(header, "*/");
    char *out = calloc(2, strlen(header) + 1), *to = out;
    if (!out || !at || !end)
        die("a header without a comment");
    for (at += 3; at < end;) {
        size_t length = strcspn(at, "\n");
        const char *next = at + length + 1;
        size_t shown = next > end ? (size_t)(end - at) : length;
        while (shown && at[shown - 1] == ' ')
            shown--;
        to = mempcpy(to, at, shown);
        next += strspn(next, " ");
        next += *next == '*' && next < end;
        next += *next == ' ';
        bool paragraph = *next == '\n' || strncmp(next, "  - ", 4) == 0;
        next += strspn(next, "\n") + (strncmp(next, "  - ", 4) == 0 ? 2 : 0);
        if (*next == ' ' && next[1] == '*')
            next += 2 + (next[2] == ' ');
        to = next < end ? stpcpy(to, paragraph ? "\n\n" : " ") : to;
        at = next + strspn(next, paragraph ? "" : " ");
    }
    return out;
}

/* What stands between the wrappings; of a helper without how it is done. */
static char *body(char *header) {
    static const char opening[] = "extern \"C\" {\n#endif\n\n";
    char *from = strstr(header, opening), *end = from ? strstr(from, "/* ---- how ") : NULL;
    if (!from)
        die("a header without its wrapping");
    from += sizeof opening - 1;
    for (char *next = end ? NULL : from; next && (next = strstr(next, "#ifdef __cplusplus")); next++)
        end = next;
    while (end > from && end[-1] == '\n')
        end--;
    *end = 0;
    return from;
}

static void put_header(struct page *page, const char *dir, const char *name) {
    char title[80];
    char *header = read_header(dir, name), *text = introduction(header);
    snprintf(title, sizeof title, "sluice/%s.h", name);
    page_subheading(page, title);
    page_text(page, text);
    page_code(page, body(header));
    free(text);
    free(header);
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fputs("contract: write: contract md|man3 DIR INCLUDE-DIR\n", stderr);
        return 64;
    }
    if (mkdir(argv[2], 0777) != 0 && access(argv[2], W_OK) != 0)
        die(argv[2]);
    struct page page = page_begin(argv[2], strcmp(argv[1], "md") != 0, "sluice-plugin", "3",
                                  "the contract between sluice and its plugins");
    page_heading(&page, "Synopsis");
    page_code(&page, "#include <sluice/plugin.h>\n\n"
                     "cc -shared -fPIC -fvisibility=hidden $(pkg-config --cflags sluice-1) -o NAME.so *.c");
    page_heading(&page, "Description");
    page_text(
        &page,
        "A plugin is a shared object that exports one function, made by SLUICE_PLUGIN, which gives constant "
        "data: components and their callbacks. `sluice new plugin NAME` writes one to begin with; "
        "docs/write-a-plugin.md explains how to write one. These are the headers.");
    page_heading(&page, "The contract");
    for (size_t i = 0; contract[i]; i++)
        put_header(&page, argv[3], contract[i]);
    page_heading(&page, "Helpers");
    page_text(&page,
              "Not a part of the contract: inline functions, each header to be included where it is of use.");
    for (size_t i = 0; helpers[i]; i++)
        put_header(&page, argv[3], helpers[i]);
    page_heading(&page, "See also");
    page_link(&page, "sluice-new", "1", "sluice-new", "begin a plugin");
    page_link(&page, "sluice-plugins", "1", "sluice-plugins",
              "list plugins, show one, replay recorded calls");
    page_link(&page, "sluice-sandbox", "1", "sluice-sandbox", "a local provider");
    page_end(&page);
    return 0;
}
